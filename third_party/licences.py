"""The licence of pybind11, whose headers are compiled into the extension."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

__all__ = ["LicenceError", "place_pybind11_licence"]

_TARGET = Path(__file__).parent / "pybind11" / "licences" / "LICENSE"


class LicenceError(Exception):
    """A licence that must travel with what is built cannot be had."""


def place_pybind11_licence(target: Path = _TARGET) -> None:
    """Copy it to `target` from the pybind11 that is installed for the build.

    It travels in wheels and sdists beside libvpx's. Where the installed pybind11 carries none, as
    packages of a system may, what is at `target` stays; raises LicenceError if nothing is.
    """
    found = _installed()
    if found is not None:
        _write_if_other(target, found)
    elif not target.is_file():
        raise LicenceError(f"the installed one has no LICENSE: put it at {target}, or use pip's")


def _installed() -> bytes | None:
    try:
        files = distribution("pybind11").files or []
    except PackageNotFoundError:
        return None
    paths = [Path(str(path.locate())) for path in files if path.name == "LICENSE"]
    return next((path.read_bytes() for path in paths if path.is_file()), None)


def _write_if_other(target: Path, content: bytes) -> None:
    if not target.is_file() or target.read_bytes() != content:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
