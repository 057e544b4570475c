"""The package as others see it: its names, its exceptions, and what importing it costs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import palantir
from palantir import errors
from tests.media.clips import make_clip

HEAVY = {"torch", "onnxruntime", "onnx", "rich"}


def modules_after(code: str, *arguments: str | Path) -> set[str]:
    """Top-level modules that a fresh interpreter has loaded once it has run `code`."""
    program = f"""
import sys
try:
    {code}
except SystemExit as end:
    assert end.code == 0, end.code
print("MODULES", *{{name.partition(".")[0] for name in sys.modules}})
"""
    done = subprocess.run(
        [sys.executable, "-c", program, *map(str, arguments)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return set(done.stdout.rpartition("MODULES")[2].split())


def test_importing_it_loads_no_runtime_and_no_array_library() -> None:
    loaded = modules_after("import palantir")
    assert not loaded & (HEAVY | {"numpy", "scipy", "av", "click"})


def test_importing_its_scheduling_loads_no_runtime() -> None:
    assert not modules_after("import palantir; palantir.select; palantir.ErrorGraph") & HEAVY
    assert not modules_after("import palantir.schedule") & HEAVY


@pytest.mark.parametrize("module", ["palantir", "palantir.schedule"])
def test_scheduling_a_segment_loads_no_runtime(tmp_path: Path, module: str) -> None:
    clip = make_clip(tmp_path / "clip.webm")
    words = [] if module == "palantir.schedule" else ["schedule"]
    code = f"import runpy; runpy.run_module({module!r}, run_name='__main__', alter_sys=True)"
    loaded = modules_after(code, *words, clip)
    assert {"numpy", "av", "cbor2"} <= loaded
    assert not loaded & HEAVY
    assert (tmp_path / "clip.pcp").exists()


def test_every_public_name_is_there() -> None:
    for name in palantir.__all__:
        assert getattr(palantir, name) is not None
    assert dir(palantir) == sorted(palantir.__all__)
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = palantir.nonsense


def test_every_error_is_a_palantir_error_and_drawn_in_the_tree() -> None:
    for name in errors.__all__:
        assert issubclass(getattr(errors, name), palantir.PalantirError)
        assert name in (errors.__doc__ or "")
        assert getattr(palantir, name) is getattr(errors, name)
