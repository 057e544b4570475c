from __future__ import annotations

from pathlib import Path

import pytest

from palantir.media.truncation import missing_bytes

EBML = bytes.fromhex("1a45dfa3 83 000000")
SEGMENT = bytes.fromhex("18538067")


@pytest.mark.parametrize(
    ("segment", "missing"),
    [
        (b"\x84" + b"....", 0),
        (b"\x84" + b"...", 1),
        (b"\x40\x64" + b"." * 40, 60),
        (b"\x01" + (1000).to_bytes(7) + b"." * 1000, 0),
        (b"\x01" + (1000).to_bytes(7) + b".", 999),
        (b"\xff" + b"...", 0),
        (b"\x01" + b"\xff" * 7 + b"...", 0),
        (b"\x01\x00", 0),
        (b"", 0),
    ],
)
def test_declared_and_real_size_are_compared(tmp_path: Path, segment: bytes, missing: int) -> None:
    path = tmp_path / "a.webm"
    path.write_bytes(EBML + SEGMENT + segment)
    assert missing_bytes(path) == missing


def test_other_formats_pass(tmp_path: Path) -> None:
    path = tmp_path / "a.ivf"
    path.write_bytes(b"DKIF" + bytes(28))
    assert missing_bytes(path) == 0
