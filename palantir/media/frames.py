"""Decoded pictures of any video file (the HR original, an output to be measured)."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from palantir.errors import MediaError
from palantir.media.container import ANY_CONTAINERS, open_input, read_each, video_stream
from palantir.media.pictures import Planes, to_planes
from palantir.media.truncation import missing_bytes

__all__ = ["decode_frames", "frame_times", "open_video", "read_frames"]


def read_frames(path: str | os.PathLike[str]) -> Iterator[Planes]:
    """Yield each displayed picture as (Y, U, V), uint8, 4:2:0, arrays of the caller's own.

    Any codec and container of FFmpeg's common ones; other pixel formats are converted to 8-bit
    4:2:0. Raises MediaError, with the frame's number, where decoding fails, and after the last
    frame of a file that is truncated (`missing_bytes`).
    """
    with open_video(path) as (container, stream):
        for frame in decode_frames(container, stream, os.fspath(path)):
            yield to_planes(frame)


def frame_times(path: str | os.PathLike[str]) -> list[float]:
    """When each picture is displayed, seconds after the first, by the packets alone.

    Empty where a packet has no time. Raises MediaError for a file that cannot be read.
    """
    name = os.fspath(path)
    with open_input(path, ANY_CONTAINERS) as container:
        stream = video_stream(container, name)
        packets = read_each(container.demux(stream), name, "packet")
        times = [one.pts for one in packets if one.size and not one.is_discard]
        unit = stream.time_base
    told = sorted(time for time in times if time is not None)
    if not told or len(told) < len(times) or unit is None:
        return []
    return [float((time - told[0]) * unit) for time in told]


@contextlib.contextmanager
def open_video(path: str | os.PathLike[str]) -> Iterator[tuple[InputContainer, VideoStream]]:
    """Yield a file's container and its video track, with threaded decoding."""
    with open_input(path, ANY_CONTAINERS, once=True) as container:
        stream = video_stream(container, os.fspath(path))
        stream.thread_type = "AUTO"
        yield container, stream


def decode_frames(
    container: InputContainer, stream: VideoStream, name: str
) -> Iterator[VideoFrame]:
    """Yield the track's frames in display order; MediaError with the frame's number on failure.

    name  path of the file, which is truncated where it ends before its own headers say
    """
    count = 0
    for frame in read_each(container.decode(stream), name, "frame"):
        yield frame
        count += 1
    if missing := missing_bytes(Path(name)):
        raise MediaError(f"{name}: truncated at frame {count}: {missing} bytes are missing")
