"""Frames into an MP4, Matroska, WebM or Y4M file, or down a pipe, with the source's audio."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Protocol, Self

from palantir.errors import MediaError
from palantir.media.audio import AudioCopy
from palantir.media.clock import SteadyClock
from palantir.media.colour import Colour
from palantir.media.container import (
    OUTPUT_FORMATS,
    VP9_CONTAINERS,
    open_input,
    open_output,
    writing_errors,
)
from palantir.media.encoder import EncoderSettings, StreamWriter
from palantir.media.pictures import Planes, plane_shapes, to_frame
from palantir.media.source import VideoSource
from palantir.media.y4m import STANDARD_OUTPUT, Y4MWriter, open_raw

__all__ = ["VideoSink"]

_RAW_SUFFIX = ".y4m"
_STANDARD_OUTPUT_NAME = "standard output"
_DEFAULT_OPTIONS: Mapping[str, Mapping[str, str]] = {
    "libx264": {"preset": "veryfast"},
    "libvpx-vp9": {"deadline": "realtime", "cpu-used": "8", "row-mt": "1", "b": "0"},
}


class _Writer(Protocol):
    def write(self, planes: Planes, pts: int) -> None: ...


class VideoSink:
    """A video that is being written; it appears under its final name only when it is whole.

    `target` is a path that ends in .mp4, .mkv, .webm or .y4m; or an open binary file, or "-" for
    standard output, either of which gets Y4M. A .y4m path may name a pipe or a device.

    `time_base` is the unit of the times given to `write`. Output times are the same, whatever the
    spacing of the frames: exactly so in MP4, rounded to milliseconds in Matroska and WebM, and not
    kept in Y4M, which has a constant frame rate. Times that jump, stand still or go back are made
    to rise (`SteadyClock`). Matrix and range go to the output's tags.

    `codec` is the name of an FFmpeg encoder: by default libx264, in WebM libvpx-vp9. `crf` is its
    constant quality (lower is better), `options` its further options. `audio_from` names the
    source whose audio packets are copied; Y4M carries no audio.

    The target is opened on entering the `with` block. When the block ends with any exception, no
    new file is left. Raises MediaError in one line: unknown suffix, odd size with a codec that
    needs even ones, read-only folder, full disk, broken pipe, audio that the container cannot
    hold, a frame of another size, or no frame at all.
    """

    def __init__(
        self,
        target: str | os.PathLike[str] | BinaryIO,
        width: int,
        height: int,
        frame_rate: Fraction,
        time_base: Fraction,
        colour: Colour,
        *,
        audio_from: VideoSource | None = None,
        codec: str | None = None,
        crf: int = 17,
        options: Mapping[str, str] | None = None,
    ) -> None:
        self._name = name = _name_of(target)
        self._size = (width, height)
        self._frames = 0
        self._clock = SteadyClock(time_base, from_zero=True)  # MP4 would hide what is before
        self._frame = round(1 / (frame_rate * time_base))
        self._writer: _Writer | None = None
        self._output: AbstractContextManager[_Writer]
        raw = not isinstance(target, (str, os.PathLike)) or os.fspath(target) == STANDARD_OUTPUT
        suffix = _RAW_SUFFIX if raw else Path(name).suffix.lower()
        if suffix == _RAW_SUFFIX:
            self._output = _raw_output(target, width, height, frame_rate, colour)
        elif suffix in OUTPUT_FORMATS:
            codec = codec or ("libvpx-vp9" if suffix == ".webm" else "libx264")
            settings = EncoderSettings(
                codec, width, height, frame_rate, time_base, colour,
                {**_DEFAULT_OPTIONS.get(codec, {}), "crf": str(crf), **(options or {})},
            )  # fmt: skip
            self._output = _encoded_output(Path(name), settings, audio_from, self._clock)
        else:
            wanted = ", ".join((*OUTPUT_FORMATS, _RAW_SUFFIX))
            raise MediaError(f"{name}: unknown suffix {suffix!r}, want one of {wanted}")

    def write(self, planes: Planes, pts: int) -> None:
        """Append a frame: (Y, U, V), uint8, 4:2:0; `pts` is its time in units of `time_base`."""
        if self._writer is None:
            raise MediaError(f"{self._name}: the sink is not open")
        if tuple(plane.shape for plane in planes) != plane_shapes(*self._size):
            height, width = planes[0].shape
            wanted = "x".join(map(str, self._size))
            raise MediaError(
                f"{self._name}: frame {self._frames} is {width}x{height}, not 4:2:0 of {wanted}"
            )
        with writing_errors(self._name):
            self._writer.write(planes, self._clock.moved(pts, self._frame))
        self._frames += 1

    def __enter__(self) -> Self:
        with writing_errors(self._name):
            self._writer = self._output.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._writer = None
        if error is None and self._frames:
            with writing_errors(self._name):
                self._output.__exit__(None, None, None)
            return
        # The block's own error passes as it is, not as an error of this output.
        with contextlib.suppress(_AbandonedError, OSError):
            self._output.__exit__(_AbandonedError, _AbandonedError(), None)
        if error is None:
            raise MediaError(f"{self._name}: no frame was written")


class _AbandonedError(Exception):
    """Tells an output that it will not be finished."""


class _EncodedWriter:
    def __init__(self, stream: StreamWriter) -> None:
        self._stream = stream

    def write(self, planes: Planes, pts: int) -> None:
        self._stream.write(to_frame(planes), pts)


@contextlib.contextmanager
def _encoded_output(
    path: Path, settings: EncoderSettings, audio_from: VideoSource | None, clock: SteadyClock
) -> Iterator[_Writer]:
    with contextlib.ExitStack() as stack:
        output = stack.enter_context(open_output(path))
        stream = StreamWriter(output, settings)
        if audio_from is not None and audio_from.has_audio:
            source = stack.enter_context(open_input(audio_from.path, VP9_CONTAINERS))
            stream.audio = AudioCopy(source, output, str(path), clock)
        yield _EncodedWriter(stream)
        stream.finish()


@contextlib.contextmanager
def _raw_output(
    target: str | os.PathLike[str] | BinaryIO,
    width: int,
    height: int,
    frame_rate: Fraction,
    colour: Colour,
) -> Iterator[_Writer]:
    with open_raw(target) as file:
        writer = Y4MWriter(file, width, height, frame_rate, colour)
        yield writer
        writer.finish()


def _name_of(target: str | os.PathLike[str] | BinaryIO) -> str:
    if not isinstance(target, (str, os.PathLike)):
        return str(getattr(target, "name", "pipe"))
    name = os.fspath(target)
    return _STANDARD_OUTPUT_NAME if name == STANDARD_OUTPUT else name
