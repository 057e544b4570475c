"""The data folder's streams; tests that need them are skipped where PALANTIR_DATA is unset."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

FOLDER = Path(os.environ.get("PALANTIR_DATA") or "/nonexistent")
VECTORS = sorted(
    path.name for path in (FOLDER / "vp9-vectors").glob("vp9*") if path.suffix != ".md5"
)
INVALID = sorted(path.name for path in (FOLDER / "vp9-invalid").glob("*") if path.suffix != ".res")
CLIPS = sorted((FOLDER / "video").glob("*.mp4"))  # H.264, HR
needs_data = pytest.mark.skipif(not VECTORS, reason="PALANTIR_DATA does not name the data folder")


def vector(name: str) -> Path:
    return FOLDER / "vp9-vectors" / name


def invalid(name: str) -> Path:
    return FOLDER / "vp9-invalid" / name
