"""Whether a Matroska, WebM or Y4M file is shorter than its own headers say.

FFmpeg ends such a file quietly, as if it were complete. Element sizes are those of EBML
(RFC 8794, section 4 and 6); a live recording declares an unknown size, and passes. Y4M's frames
have the size that its first line tells, each after a line of its own.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import BinaryIO

__all__ = ["missing_bytes"]

_EBML_HEADER = 0x1A45DFA3
_SEGMENT = 0x18538067
_Y4M, _FRAME = b"YUV4MPEG2 ", b"FRAME"
_LONGEST_LINE = 4096
_CHROMA = {"420": (2, 2), "422": (2, 1), "444": (1, 1), "411": (4, 1), "mono": (0, 0)}


def missing_bytes(path: Path) -> int:
    """Bytes that a file's own headers declare and the file lacks: of the segment, of a Y4M frame.

    0 for complete files, for those of unknown size, and for any other format. Nothing is read of
    pipes and devices.
    """
    if not path.is_file():
        return 0
    with path.open("rb") as file:
        beginning = file.read(len(_Y4M))
        file.seek(0)
        if beginning == _Y4M:
            return _missing_of_y4m(file, path.stat().st_size)
        return _missing_of_matroska(file, path.stat().st_size)


def _missing_of_matroska(file: BinaryIO, length: int) -> int:
    if _read_id(file) != _EBML_HEADER:
        return 0
    header = _read_size(file)
    if header is None:
        return 0
    file.seek(header, 1)
    if _read_id(file) != _SEGMENT:
        return 0
    size = _read_size(file)
    return 0 if size is None else max(0, file.tell() + size - length)


def _missing_of_y4m(file: BinaryIO, length: int) -> int:
    size = _frame_size(file.readline(_LONGEST_LINE).decode("ascii", "replace"))
    while size is not None and (line := file.readline(_LONGEST_LINE)):
        if not line.endswith(b"\n"):  # cut off within it, or no such line
            return size + 1 if _FRAME.startswith(line[: len(_FRAME)]) else 0
        file.seek(size, 1)
        if file.tell() > length:
            return file.tell() - length
    return 0


def _frame_size(header: str) -> int | None:
    """Bytes of a frame's samples; None where the format is none that FFmpeg reads."""
    found = re.fullmatch(r"YUV4MPEG2(?: \S+)*", header.rstrip("\n"))
    tags = {word[0]: word[1:] for word in header.split()[1:]} if found else {}
    colour = re.fullmatch(
        r"(420|422|444|411|mono)(?:jpeg|mpeg2|paldv)?(?:p?(9|1[0246]))?", tags.get("C", "420")
    )
    if colour is None or not all(tags.get(key, "").isdecimal() for key in "WH"):
        return None
    width, height = int(tags["W"]), int(tags["H"])
    across, down = _CHROMA[colour[1]]
    chroma = 0 if not across else 2 * -(-width // across) * -(-height // down)
    return (width * height + chroma) * (2 if colour[2] else 1)


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
