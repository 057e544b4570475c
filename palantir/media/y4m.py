"""YUV4MPEG2 (Y4M): raw pictures with a text header, what pipes between video tools carry."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import sys
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import BinaryIO

from palantir.files import atomic_path
from palantir.media.colour import Colour
from palantir.media.pictures import Planes

__all__ = ["STANDARD_OUTPUT", "Y4MWriter", "open_raw"]

STANDARD_OUTPUT = "-"


class Y4MWriter:
    """Writes 8-bit 4:2:0 frames to an open binary file, which stays the caller's.

    Y4M has a constant frame rate: times are not kept. Chroma is declared as sited at the left,
    VP9's default; the range is in the X tag that FFmpeg reads; no tag exists for the matrix.
    """

    def __init__(
        self, file: BinaryIO, width: int, height: int, frame_rate: Fraction, colour: Colour
    ) -> None:
        self._file = file
        rate = f"{frame_rate.numerator}:{frame_rate.denominator}"
        levels = "FULL" if colour.full_range else "LIMITED"
        header = f"YUV4MPEG2 W{width} H{height} F{rate} Ip A1:1 C420mpeg2 XCOLORRANGE={levels}\n"
        file.write(header.encode("ascii"))

    def write(self, planes: Planes, pts: int) -> None:
        """Append one frame, whatever its time. Raises OSError as the file does."""
        del pts
        self._file.write(b"FRAME\n" + b"".join(plane.tobytes() for plane in planes))

    def finish(self) -> None:
        """Hand everything to the system."""
        self._file.flush()


@contextlib.contextmanager
def open_raw(target: str | os.PathLike[str] | BinaryIO) -> Iterator[BinaryIO]:
    """Yield a binary file for a path, "-" (standard output) or a file that is open already.

    Regular files get their name when the block ends normally; pipes and devices, and open files,
    take the bytes as they come. An open file is not closed. Raises OSError.
    """
    if not isinstance(target, (str, os.PathLike)):
        yield target
    elif os.fspath(target) == STANDARD_OUTPUT:
        if sys.stdout is None:  # closed by whoever started the process
            raise OSError(errno.EBADF, os.strerror(errno.EBADF))
        with _closing_quietly(os.fdopen(os.dup(sys.stdout.fileno()), "wb")) as file:
            yield file
    elif _is_special(Path(target)):
        with _closing_quietly(Path(target).open("wb")) as file:
            yield file
    else:
        with atomic_path(target) as temporary, _closing_quietly(temporary.open("wb")) as file:
            yield file


@contextlib.contextmanager
def _closing_quietly(file: BinaryIO) -> Iterator[BinaryIO]:
    """Close without a second error: after a failed write, close() tries that write again."""
    try:
        yield file
        file.flush()
    finally:
        with contextlib.suppress(OSError):
            file.close()


def _is_special(path: Path) -> bool:
    try:
        mode = path.stat().st_mode
    except OSError:
        return False
    return stat.S_ISFIFO(mode) or stat.S_ISCHR(mode)
