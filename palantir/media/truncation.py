"""Whether a Matroska or WebM file is shorter than its own header says.

FFmpeg ends such a file quietly, as if it were complete. Element sizes are those of EBML
(RFC 8794, section 4 and 6); a live recording declares an unknown size, and passes.
"""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

__all__ = ["missing_bytes"]

_EBML_HEADER = 0x1A45DFA3
_SEGMENT = 0x18538067


def missing_bytes(path: Path) -> int:
    """Bytes that a Matroska file's first segment declares and the file lacks.

    0 for complete files, for those of unknown size, and for anything that is not Matroska.
    """
    with path.open("rb") as file:
        if _read_id(file) != _EBML_HEADER:
            return 0
        header = _read_size(file)
        if header is None:
            return 0
        file.seek(header, 1)
        if _read_id(file) != _SEGMENT:
            return 0
        size = _read_size(file)
        return 0 if size is None else max(0, file.tell() + size - path.stat().st_size)


def _read_id(file: BinaryIO) -> int:
    return int.from_bytes(file.read(4))


def _read_size(file: BinaryIO) -> int | None:
    """Read a variable-size integer; None if it is absent, malformed or means "unknown"."""
    first = file.read(1)
    if not first or not first[0]:
        return None
    length = 9 - first[0].bit_length()
    rest = file.read(length - 1)
    unknown = (1 << 7 * length) - 1
    value = int.from_bytes(first + rest) & unknown
    return None if len(rest) < length - 1 or value == unknown else value
