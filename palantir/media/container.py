"""Containers opened for reading and writing, with every failure worded as a MediaError."""

from __future__ import annotations

import contextlib
import io
import itertools
import os
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import BinaryIO, TypeVar

import av
from av.container import InputContainer, OutputContainer
from av.video.stream import VideoStream

from palantir.errors import MediaError
from palantir.files import atomic_path, open_regular

__all__ = [
    "ANY_CONTAINERS",
    "OUTPUT_FORMATS",
    "VP9_CONTAINERS",
    "frame_rate_of",
    "open_input",
    "open_output",
    "read_each",
    "reading_errors",
    "video_stream",
    "writing_errors",
]

VP9_CONTAINERS = "matroska,webm,mov,mp4,m4a,3gp,3g2,mj2,ivf"
ANY_CONTAINERS = f"{VP9_CONTAINERS},yuv4mpegpipe,avi,mpegts"
OUTPUT_FORMATS = {".mp4": "mp4", ".mkv": "matroska", ".webm": "webm"}
_Item = TypeVar("_Item")

_FALLBACK_RATE = Fraction(25)


@contextlib.contextmanager
def reading_errors(name: str) -> Iterator[None]:
    """Turn FFmpeg's and the system's errors into one MediaError line that starts with `name`."""
    try:
        yield
    except (av.FFmpegError, OSError) as error:
        raise MediaError(f"{name}: cannot read: {_reason(error)}") from error


@contextlib.contextmanager
def writing_errors(name: str) -> Iterator[None]:
    """Turn FFmpeg's and the system's errors into one MediaError line that starts with `name`."""
    try:
        yield
    except BrokenPipeError as error:
        raise MediaError(f"{name}: the reader closed the pipe") from error
    except (av.FFmpegError, OSError) as error:
        raise MediaError(f"{name}: cannot write: {_reason(error)}") from error


def read_each(items: Iterator[_Item], name: str, kind: str) -> Iterator[_Item]:
    """Yield FFmpeg's packets or frames; MediaError that says which `kind` and number failed."""
    for index in itertools.count():
        with reading_errors(f"{name}: {kind} {index}"):
            item = next(items, None)
        if item is None:
            return
        yield item


def open_input(path: str | os.PathLike[str], formats: str, *, once: bool = False) -> InputContainer:
    """Open a file whose container is one of `formats` (FFmpeg's names, comma-separated).

    Nothing but that file is ever read: playlists, which name other files, are no such format, and
    a name that looks like a URL stays a file name. A pipe or device can be read through but `once`;
    otherwise it is refused.
    """
    name = os.fspath(path)
    with reading_errors(name):
        if not once:
            open_regular(path).close()
        return av.open(
            f"file:{name}",
            "r",
            container_options={"format_whitelist": formats, "protocol_whitelist": "file"},
            metadata_errors="replace",
        )


def video_stream(container: InputContainer, name: str) -> VideoStream:
    """Return the first video track that is no cover picture; MediaError if there is none."""
    for stream in container.streams.video:
        if not stream.disposition & av.stream.Disposition.attached_pic:
            return stream
    raise MediaError(f"{name}: no video track")


def frame_rate_of(stream: VideoStream) -> Fraction:
    """Frames a second as the container says or FFmpeg guesses; 25 where neither knows."""
    for rate in (stream.average_rate, stream.guessed_rate, stream.base_rate):
        if rate:
            return rate
    return _FALLBACK_RATE


@contextlib.contextmanager
def open_output(target: str | os.PathLike[str]) -> Iterator[OutputContainer]:
    """Yield a container to mux into; it gets its final name when the block ends normally.

    The suffix chooses the format (`OUTPUT_FORMATS`). Raises MediaError if anything goes wrong, in
    the block too, and then leaves no file behind.
    """
    name = os.fspath(target)
    with writing_errors(name), atomic_path(target) as temporary, temporary.open("wb") as file:
        output = _OutputFile(file)
        try:
            container = av.open(output, "w", format=OUTPUT_FORMATS[Path(name).suffix.lower()])
            try:
                yield container
            except BaseException:
                with contextlib.suppress(av.FFmpegError, OSError):
                    container.close()
                raise
            container.close()
        except av.FFmpegError:
            if output.error is None:
                raise
        if output.error is not None:
            raise output.error
        file.flush()


class _OutputFile:
    """The file object that FFmpeg writes through.

    It keeps the first error of the file system, which FFmpeg may replace by a vaguer one or lose,
    and swallows what is written after it: a container can then always be closed.
    """

    def __init__(self, file: BinaryIO | io.BufferedWriter) -> None:
        self._file = file
        self.error: OSError | None = None

    def write(self, data: bytes) -> int:
        if self.error is None:
            try:
                self._file.write(data)
            except OSError as error:
                self.error = error
                raise
        return len(data)

    def seek(self, offset: int, whence: int = 0) -> int:
        return offset if self.error else self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()


def _reason(error: av.FFmpegError | OSError) -> str:
    return (error.strerror or str(error)).splitlines()[0]
