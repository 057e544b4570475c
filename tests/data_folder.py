"""The data folder that PALANTIR_DATA names; tests that need it are skipped where it is not set."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

_FOLDER = Path(os.environ.get("PALANTIR_DATA") or "/nonexistent")

VECTORS = sorted(
    path.name for path in (_FOLDER / "vp9-vectors").glob("vp9*") if path.suffix != ".md5"
)
INVALID = sorted(path.name for path in (_FOLDER / "vp9-invalid").glob("*") if path.suffix != ".res")
CLIPS = sorted((_FOLDER / "video").glob("*.mp4"))  # H.264, HR
SPAN = _FOLDER / "models" / "span-ch26-x4.onnx"  # RGB, 131 k parameters
VARIED = (  # compound prediction; odd sizes; 4:4:4; scaled references
    "vp90-2-11-size-351x288.webm",
    "vp90-2-02-size-66x10.webm",
    "vp91-2-04-yuv444.webm",
    "vp90-2-21-resize_inter_320x180_7_3-4.webm",
)

_skipped_without = pytest.mark.skipif(not VECTORS, reason="PALANTIR_DATA names no data folder")


def needs_data(test: Callable[..., None]) -> Callable[..., None]:
    """Mark a test that reads the data folder."""
    marked: Callable[..., None] = _skipped_without(pytest.mark.data(test))
    return marked


def vector(name: str) -> Path:
    return _FOLDER / "vp9-vectors" / name


def invalid(name: str) -> Path:
    return _FOLDER / "vp9-invalid" / name
