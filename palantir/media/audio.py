"""Audio beside the video: packets copied as they are, or coded anew as Opus."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any, Protocol

import av
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer, OutputContainer

from palantir.errors import MediaError
from palantir.media.clock import SteadyClock
from palantir.media.container import read_each

__all__ = ["AudioCopy", "AudioTrack", "OpusTrack"]

_LATEST = 2**61  # time units: with what is added to times they stay within 64 bits
_LONGEST = 2**40  # time units of one packet
_OPUS_RATE = 48_000
_OPUS_TICK = Fraction(1, _OPUS_RATE)
_OPUS_BITS_PER_SECOND = 96_000


class AudioTrack(Protocol):
    """Audio that is handed over in step with the video, so that nothing piles up in the muxer."""

    def until(self, time: Fraction | None) -> Iterator[av.Packet[Any]]:
        """Yield the packets that start at or before `time` seconds; last, with None, the rest."""


class AudioCopy:
    """All audio tracks of an open file, packet by packet and byte by byte; times always rise.

    Where the `picture` begins below 0 and is moved, so is the audio; its first frame must have been
    given to its clock before packets are asked for.

    Raises MediaError if the output's container does not hold the codec.
    """

    def __init__(
        self,
        source: InputContainer,
        output: OutputContainer,
        name: str,
        picture: SteadyClock | None = None,
    ) -> None:
        tracks = source.streams.audio
        for track in tracks:
            codec = track.codec_context.codec.canonical_name
            if codec not in output.supported_codecs:
                raise MediaError(
                    f"{name}: this container cannot hold {codec} audio; "
                    "choose a name that ends in .mkv"
                )
        self._tracks = {track.index: output.add_stream_from_template(track) for track in tracks}
        self._clocks = {
            track.index: SteadyClock(track.time_base or Fraction(1)) for track in tracks
        }
        self._packets = read_each(source.demux(tuple(tracks)), name, "audio packet")
        self._picture, self._begun = picture, False
        self._ahead: av.Packet[Any] | None = None

    def until(self, time: Fraction | None) -> Iterator[av.Packet[Any]]:
        """Yield the source's packets up to `time`, assigned to the output's tracks."""
        if not self._begun:
            self._begun, self._ahead = True, self._read()
        while (packet := self._ahead) is not None:
            if time is not None and _start(packet) > time:
                return
            self._ahead = self._read()
            packet.stream = self._tracks[packet.stream_index]
            yield packet

    def _read(self) -> av.Packet[Any] | None:
        """Read the next packet with content; FFmpeg ends a track with an empty one."""
        packet = next((packet for packet in self._packets if packet.size), None)
        if packet is not None and packet.pts is not None:
            clock = self._clocks[packet.stream_index]
            opening = self._picture.opening if self._picture else Fraction(0)
            time = packet.pts + round(opening / (packet.time_base or 1))
            time = min(max(time, -_LATEST), _LATEST)
            packet.pts = packet.dts = clock.moved(time, min(packet.duration or 0, _LONGEST))
        return packet


class OpusTrack:
    """The first audio track of an open file, coded as Opus at 96 kbit/s.

    `start` and `duration` in seconds take a part of it, whose times then begin at 0.
    """

    def __init__(
        self,
        source: InputContainer,
        output: OutputContainer,
        name: str,
        start: Fraction = Fraction(0),
        duration: Fraction | None = None,
    ) -> None:
        track = source.streams.audio[0]
        stream = output.add_stream("libopus", rate=_OPUS_RATE)
        assert isinstance(stream, AudioStream)
        stream.codec_context.layout = track.codec_context.layout
        stream.bit_rate = _OPUS_BITS_PER_SECOND
        self._stream = stream
        self._start, self._duration = start, duration
        self._frames = read_each(source.decode(track), name, "audio frame")
        self._ahead = next(self._frames, None)

    def until(self, time: Fraction | None) -> Iterator[av.Packet[Any]]:
        """Yield the Opus packets that the frames up to `time` make complete."""
        while (frame := self._ahead) is not None:
            begins = _start(frame) - self._start
            if self._duration is not None and begins >= self._duration:
                break
            if time is not None and begins > time:
                return
            self._ahead = next(self._frames, None)
            if begins >= 0:
                frame.time_base, frame.pts = _OPUS_TICK, round(begins / _OPUS_TICK)
                yield from self._stream.encode(frame)
        if time is None:
            yield from self._stream.encode(None)


def _start(item: av.Packet[Any] | AudioFrame) -> Fraction:
    """The time in seconds; untimed audio counts as the beginning."""
    return Fraction(0) if item.pts is None or not item.time_base else item.pts * item.time_base
