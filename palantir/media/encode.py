"""HR to LR: the low-resolution VP9 stream that a live streamer would upload.

The recipe is the paper's: libvpx in real time at speed 5, alt-ref frames with 16 frames of
look-ahead, 1800 kbit/s at 854x480; with a centred scaler and colour tags on its input.
"""

from __future__ import annotations

import contextlib
import itertools
import os
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path

from av.video.frame import VideoFrame

from palantir.errors import MediaError
from palantir.media.audio import OpusTrack
from palantir.media.colour import Colour
from palantir.media.container import (
    ANY_CONTAINERS,
    OUTPUT_FORMATS,
    open_input,
    open_output,
    reading_errors,
)
from palantir.media.downscale import Downscaler
from palantir.media.encoder import EncoderSettings, StreamWriter
from palantir.media.facts import VideoFacts
from palantir.media.frames import decode_frames, open_video

__all__ = ["default_bitrate", "encode_lr"]

_UNTAGGED_HEIGHT = 720  # an untagged HR clip counts as high definition, whatever its height
_OPTIONS = {
    "deadline": "realtime",
    "cpu-used": "5",
    "auto-alt-ref": "1",
    "lag-in-frames": "16",
    "keyint_min": "0",
    "threads": "2",
}


def default_bitrate(width: int, height: int) -> float:
    """The recipe's bit rate in kbit/s for an LR size: 1800 at 854x480, in proportion to the area.

    Source: the paper's evaluation setup.
    """
    return 1800 * width * height / (854 * 480)


def encode_lr(
    hr_path: str | os.PathLike[str],
    lr_path: str | os.PathLike[str],
    scale: int = 4,
    bitrate: float | None = None,
    gop: int = 60,
    start: int = 0,
    frames: int | None = None,
    progress: Callable[[int, int | None], None] | None = None,
) -> int:
    """Encode an LR VP9 stream (.webm, .mkv or .mp4) from an HR clip; return its frame count.

    `bitrate` is in kbit/s, by default `default_bitrate`. `gop` is the largest distance of key
    frames. `start` and `frames` (counts of frames) take a part of the clip; with a `start` its
    times begin at 0. The first audio track is coded as Opus.
    `progress(done, total)` is called after each frame, `total` is None if unknown. The LR size is
    `lr_size`'s; matrix and range are the HR clip's where it is tagged, else BT.709 and limited.

    Raises MediaError: unreadable HR, no frame in the part asked for, an LR name with another
    suffix, or a target that cannot be written. Then no file is left.
    """
    name = os.fspath(hr_path)
    if Path(lr_path).suffix.lower() not in OUTPUT_FORMATS:
        raise MediaError(f"{os.fspath(lr_path)}: the name must end in {', '.join(OUTPUT_FORMATS)}")
    with open_video(hr_path) as (container, stream):
        facts = VideoFacts.of(container, stream, name)
        colour = Colour.from_tags(stream.colorspace, stream.color_range, _UNTAGGED_HEIGHT)
        scaler = Downscaler(stream, scale, colour)
        settings = _settings(facts, scaler.size, colour, bitrate, gop)
        pictures, origin = _part(decode_frames(container, stream, name), name, start, frames)
        length = None if frames is None else frames / facts.frame_rate
        with _lr_writer(hr_path, lr_path, settings, facts, origin, length) as writer:
            total = frames or (facts.frame_count and facts.frame_count - start)
            done = 0
            for done, picture in enumerate(pictures, 1):
                with reading_errors(name):
                    small = scaler.scale(picture)
                writer.write(small, _pts(picture) - origin)
                if progress is not None:
                    progress(done, total)
            writer.finish()
    return done


def _settings(
    facts: VideoFacts, size: tuple[int, int], colour: Colour, bitrate: float | None, gop: int
) -> EncoderSettings:
    width, height = size
    kilobits = default_bitrate(width, height) if bitrate is None else bitrate
    return EncoderSettings(
        "libvpx-vp9", width, height, facts.frame_rate, facts.time_base, colour,
        _OPTIONS, bit_rate=round(1000 * kilobits), gop=gop,
    )  # fmt: skip


def _part(
    pictures: Iterator[VideoFrame], name: str, start: int, frames: int | None
) -> tuple[Iterator[VideoFrame], int]:
    """Take the part of a clip; with it, the time that is its zero, in the track's time base."""
    part = itertools.islice(pictures, start, None if frames is None else start + frames)
    first = next(part, None)
    if first is None:
        raise MediaError(f"{name}: no frame {start} to begin with")
    return itertools.chain([first], part), _pts(first) if start else 0


@contextlib.contextmanager
def _lr_writer(
    hr_path: str | os.PathLike[str],
    lr_path: str | os.PathLike[str],
    settings: EncoderSettings,
    facts: VideoFacts,
    origin: int,
    length: Fraction | None,
) -> Iterator[StreamWriter]:
    with contextlib.ExitStack() as stack:
        output = stack.enter_context(open_output(lr_path))
        writer = StreamWriter(output, settings)
        if facts.has_audio:
            sound = stack.enter_context(open_input(hr_path, ANY_CONTAINERS))
            begin = origin * facts.time_base
            writer.audio = OpusTrack(sound, output, os.fspath(hr_path), begin, length)
        yield writer


def _pts(frame: VideoFrame) -> int:
    if frame.pts is None:
        raise MediaError("the HR clip has a frame without a time")
    return frame.pts
