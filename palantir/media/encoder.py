"""Frames through an FFmpeg encoder into a container, in step with the source's audio."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import av
from av.container import OutputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from palantir.errors import MediaError
from palantir.media.audio import AudioTrack
from palantir.media.colour import Colour

__all__ = ["EncoderSettings", "StreamWriter"]

_EVEN_SIZES_ONLY = ("libx264", "libx265")


@dataclass(frozen=True)
class EncoderSettings:
    """What an encoder is asked for; `options` are FFmpeg's, `time_base` the unit of frame times.

    Without a `bit_rate` (bit/s) the options decide the quality.
    Raises MediaError if FFmpeg lacks the encoder or the encoder cannot take an odd size.
    """

    codec: str
    width: int
    height: int
    frame_rate: Fraction
    time_base: Fraction
    colour: Colour
    options: Mapping[str, str] = field(default_factory=dict)
    bit_rate: int = 0
    gop: int | None = None

    def __post_init__(self) -> None:
        if self.codec not in av.codecs_available:
            raise MediaError(f"FFmpeg has no encoder {self.codec!r} here")
        if self.codec in _EVEN_SIZES_ONLY and (self.width % 2 or self.height % 2):
            raise MediaError(
                f"{self.codec} takes only even sizes, not {self.width}x{self.height}; "
                "choose a name that ends in .webm or .y4m"
            )


class StreamWriter:
    """One encoded video track; `audio`, set before the first frame, follows the video's time."""

    def __init__(self, output: OutputContainer, settings: EncoderSettings) -> None:
        self.audio: AudioTrack | None = None
        self._output = output
        self._time_base = settings.time_base
        self._stream = _add_stream(output, settings)

    def write(self, frame: VideoFrame, pts: int) -> None:
        """Encode one frame and mux what is ready; `pts` in the settings' time base."""
        frame.pts, frame.time_base = pts, self._time_base
        self._mux(self._stream.encode(frame))

    def finish(self) -> None:
        """Mux what the encoder still holds, and the rest of the audio."""
        self._mux(self._stream.encode(None))
        self._mux_audio(None)

    def _mux(self, packets: Iterable[av.Packet[Any]]) -> None:
        for packet in packets:
            if packet.dts is not None:
                self._mux_audio(packet.dts * packet.time_base)
            self._output.mux(packet)

    def _mux_audio(self, until: Fraction | None) -> None:
        if self.audio is not None:
            for packet in self.audio.until(until):
                self._output.mux(packet)


def _add_stream(output: OutputContainer, settings: EncoderSettings) -> VideoStream:
    stream = output.add_stream(
        settings.codec, rate=settings.frame_rate, options=dict(settings.options)
    )
    if not isinstance(stream, VideoStream):
        raise MediaError(f"{settings.codec} is no video encoder")
    stream.width, stream.height, stream.pix_fmt = settings.width, settings.height, "yuv420p"
    context = stream.codec_context
    context.time_base = stream.time_base = settings.time_base
    if settings.bit_rate:
        context.bit_rate = settings.bit_rate
    if settings.gop is not None:
        context.gop_size = settings.gop
    for tag, value in settings.colour.tags.items():
        setattr(context, tag, value)
    return stream
