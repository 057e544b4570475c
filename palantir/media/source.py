"""VP9 packets out of a WebM, Matroska, MP4 or IVF file. Nothing is decoded here."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self

import av
from av.container import InputContainer
from av.video.stream import VideoStream

from palantir.errors import MediaError
from palantir.media.colour import Colour
from palantir.media.container import VP9_CONTAINERS, open_input, read_each, video_stream
from palantir.media.facts import VideoFacts
from palantir.media.truncation import missing_bytes

__all__ = ["Packet", "VideoSource"]

# Clocks that count from 1970 or from the year 1, nanoseconds or 100 of them, are below; sums and
# differences of times, and times in a muxer's own units, stay within 64 bits.
_LATEST = 2**61  # time units
_LATEST_SECOND = 2**36  # 2177 years
_LONGEST = 2**40  # time units that a frame lasts: 18 minutes of nanoseconds


@dataclass(frozen=True, slots=True)
class Packet:
    """One packet of the VP9 track, as the container holds it.

    A packet may carry several coded frames (a superframe) and may show none: the number of
    packets is neither the number of coded nor of shown frames.
    """

    index: int
    data: bytes
    pts: int  # in the source's time base; filled in where missing or beyond 2^61 units or 2^36 s
    duration: int  # in the source's time base, above 0; that of the frame rate where missing
    key: bool  # the container's flag


class VideoSource:
    """The VP9 track of a file, read packet by packet.

    `width` and `height` are the container's; a stream that changes its size does so in its frames.
    `frame_count` is an estimate, None if unknown. Nothing stays open between calls, so the `with`
    form is there for the reader's sake.

    Raises MediaError, in one line that names the file, if it is unreadable, holds no video track
    or a track that is not VP9.
    """

    path: Path
    width: int
    height: int
    frame_rate: Fraction
    time_base: Fraction
    colour: Colour
    has_audio: bool
    frame_count: int | None

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        name = str(self.path)
        with open_input(path, VP9_CONTAINERS) as container:
            facts = VideoFacts.of(container, video_stream(container, name), name)
        if facts.codec != "vp9":
            raise MediaError(f"{name}: the video track is {facts.codec}, not VP9")
        self.width, self.height = facts.width, facts.height
        self.frame_rate, self.time_base = facts.frame_rate, facts.time_base
        self.colour, self.has_audio = facts.colour, facts.has_audio
        self.frame_count = facts.frame_count

    def packets(self) -> Iterator[Packet]:
        """Yield the packets of the track in file order; every call starts at the beginning.

        A damaged or truncated file yields every complete packet and then raises MediaError with
        the number of the packet that could not be read. A WebM file is known to be truncated by
        the size in its header; one recorded live has no size there and simply ends.
        """
        pts, index = 0, 0
        latest = min(_LATEST, int(_LATEST_SECOND / self.time_base))
        frame = max(1, round(1 / (self.frame_rate * self.time_base)))
        with open_input(self.path, VP9_CONTAINERS) as container:
            for raw in self._demux(container):
                pts = pts if raw.pts is None or abs(raw.pts) > latest else raw.pts
                told = raw.duration or 0
                duration = told if 0 < told <= _LONGEST else frame
                yield Packet(index, bytes(raw), pts, duration, raw.is_keyframe)
                pts, index = pts + duration, index + 1
        missing = missing_bytes(self.path)
        if missing:
            raise MediaError(
                f"{self.path}: truncated at packet {index}: {missing} bytes are missing"
            )

    def _demux(self, container: InputContainer) -> Iterator[av.Packet[VideoStream]]:
        name = str(self.path)
        packets = container.demux(video_stream(container, name))
        for index, packet in enumerate(read_each(packets, name, "packet")):
            if packet.is_corrupt:
                raise MediaError(f"{name}: truncated at packet {index}")
            if packet.size:  # FFmpeg ends a track with an empty packet
                yield packet

    def sha256(self) -> bytes:
        """SHA-256 of the bytes of all packets, concatenated in order: 32 bytes.

        It does not depend on the container, times or other tracks. Raises as `packets` does.
        """
        digest = hashlib.sha256()
        for packet in self.packets():
            digest.update(packet.data)
        return digest.digest()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        return None
