"""What a container says about its video track."""

from __future__ import annotations

import os
from dataclasses import dataclass
from fractions import Fraction

import av
from av.container import InputContainer
from av.video.stream import VideoStream

from palantir.errors import MediaError
from palantir.media.colour import Colour
from palantir.media.container import ANY_CONTAINERS, frame_rate_of, open_input, video_stream

__all__ = ["VideoFacts", "probe"]


@dataclass(frozen=True)
class VideoFacts:
    """The facts of a video track. Times are in seconds, sizes in luma pixels.

    `codec` is FFmpeg's name; `frame_count` an estimate, None where nothing is known.
    """

    codec: str
    width: int
    height: int
    frame_rate: Fraction
    time_base: Fraction
    colour: Colour
    frame_count: int | None
    has_audio: bool

    @classmethod
    def of(cls, container: InputContainer, stream: VideoStream, name: str) -> VideoFacts:
        """Describe an open track; MediaError if FFmpeg does not know its codec."""
        context = stream.codec_context
        if context is None or not stream.width or not stream.height:
            raise MediaError(f"{name}: the video track is of an unknown codec or has no size")
        rate = frame_rate_of(stream)
        count = stream.frames
        if not count and container.duration:
            count = round(Fraction(container.duration, av.time_base) * rate)
        return cls(
            codec=context.name,
            width=stream.width,
            height=stream.height,
            frame_rate=rate,
            time_base=stream.time_base or 1 / rate,
            colour=Colour.from_tags(context.colorspace, context.color_range, stream.height),
            frame_count=count or None,
            has_audio=bool(container.streams.audio),
        )


def probe(path: str | os.PathLike[str]) -> VideoFacts:
    """Read the facts of a video file; raises MediaError if it is unreadable or has no video."""
    name = os.fspath(path)
    with open_input(path, ANY_CONTAINERS) as container:
        return VideoFacts.of(container, video_stream(container, name), name)
