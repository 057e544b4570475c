"""`palantir doctor`: is everything here, and which?"""

from __future__ import annotations

import platform
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version

import click

from palantir.cli.options import json_option
from palantir.cli.printing import print_json

_Check = Callable[[], str]


def _python() -> str:
    return f"{platform.python_version()} on {platform.system()} {platform.machine()}"


def _core() -> str:
    from palantir import _core

    width, height = _core.size_limit()
    return f"libvpx {_core.libvpx_version()}, frames up to {width}x{height}"


def _simd() -> str:
    from palantir import _core

    return _core.simd_level()


def _network() -> str:
    from palantir.models import SRNetwork

    network = SRNetwork.load()
    return f"x{network.scale} {network.colour}, {network.macs_per_pixel} multiply-adds a pixel"


def _runtime() -> str:
    import onnxruntime

    return (
        f"{onnxruntime.__version__}, providers {', '.join(onnxruntime.get_available_providers())}"
    )


def _package(name: str) -> _Check:
    def check() -> str:
        __import__({"scipy": "scipy.sparse"}.get(name, name))
        return version(name)

    return check


_CHECKS: dict[str, _Check] = {
    "palantir": lambda: version("palantir-sr"),
    "python": _python,
    "native core": _core,
    "SIMD": _simd,
    "numpy": _package("numpy"),
    "scipy": _package("scipy"),
    "av": _package("av"),
    "cbor2": _package("cbor2"),
    "ONNX Runtime": _runtime,
    "shipped network": _network,
}
_OPTIONAL: dict[str, tuple[_Check, str]] = {
    "torch": (_package("torch"), "for training, spmv and spmm: pip install 'palantir-sr[torch]'"),
    "onnx": (_package("onnx"), "for palantir quantize: pip install 'palantir-sr[quantize]'"),
    "matplotlib": (_package("matplotlib"), "for plots: pip install 'palantir-sr[plots]'"),
}


@click.command("doctor")
@json_option
def command(as_json: bool) -> None:
    """Check the installation; exits 1 if something that palantir needs does not load."""
    findings: dict[str, dict[str, object]] = {}
    for name, check in _CHECKS.items():
        findings[name] = _run(check)
    for name, (check, purpose) in _OPTIONAL.items():
        findings[name] = _optional(name, check, purpose)
    if as_json:
        print_json(findings)
    else:
        for name, found in findings.items():
            click.echo(f"{'ok  ' if found['ok'] else 'FAIL'}  {name:16} {found['text']}")
    click.get_current_context().exit(0 if all(found["ok"] for found in findings.values()) else 1)


def _run(check: _Check) -> dict[str, object]:
    try:
        return {"ok": True, "text": check()}
    except Exception as error:  # the point is to put any failure to load into words
        reason = " ".join(str(error).split()) or "no reason given"
        return {"ok": False, "text": f"{type(error).__name__}: {reason}"}


def _optional(name: str, check: _Check, purpose: str) -> dict[str, object]:
    try:
        version(name)
    except PackageNotFoundError:
        return {"ok": True, "text": f"not installed ({purpose})"}
    return _run(check)
