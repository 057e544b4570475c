"""`palantir.enhance`: a segment, its cache profile and a network to an iterator of SR frames."""

from __future__ import annotations

import os
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from palantir.codec import DecodedPacket, decode_packets
from palantir.enhance.enhancer import Enhancer, NetworkCost
from palantir.enhance.frame import SRFrame
from palantir.errors import ProfileError
from palantir.media.source import VideoSource
from palantir.models import SRNetwork
from palantir.profile import CacheProfile

__all__ = ["Enhancement", "enhance"]

PathLike = str | os.PathLike[str]


class _AnchorTable:
    """The profile's anchors, handed out packet by packet and checked against the stream."""

    def __init__(self, profile: CacheProfile, name: str) -> None:
        self._profile, self._name, self._next = profile, name, 0

    def of(self, packet: DecodedPacket) -> NDArray[np.bool_]:
        """Anchors of the packet's coded frames, bool [frames, P].

        Raises ProfileError where the stream has more coded frames than the profile, or has them
        in other packets.
        """
        stop = self._next + len(packet.frames)
        known = len(self._profile.packet)
        if stop > known:
            raise ProfileError(f"{self._name}: the profile ends after {known} coded frames")
        rows = slice(self._next, stop)
        if np.any(self._profile.packet[rows] != packet.packet.index):
            raise ProfileError(
                f"{self._name}: coded frame {self._next} lies in packet {packet.packet.index}, "
                f"not in {self._profile.packet[self._next]} as the profile says"
            )
        self._next = stop
        return self._profile.anchors[rows]


class Enhancement(Iterator[SRFrame]):
    """The displayed frames of one segment, in order, as they are enhanced.

    profile  the cache profile it follows
    source   the segment
    """

    def __init__(
        self, source: VideoSource, profile: CacheProfile, enhancer: Enhancer, threads: int
    ) -> None:
        self.source, self.profile = source, profile
        self._enhancer = enhancer
        self._frames = self._run(threads)

    def __next__(self) -> SRFrame:
        return next(self._frames)

    @property
    def cost(self) -> NetworkCost:
        """Network cost of the frames enhanced so far."""
        return self._enhancer.cost

    def _run(self, threads: int) -> Iterator[SRFrame]:
        anchors = _AnchorTable(self.profile, str(self.source.path))
        for packet in decode_packets(self.source, threads=threads):
            frame = self._enhancer.process(packet, anchors.of(packet))
            if frame is not None:
                yield frame


def enhance(
    segment: VideoSource | PathLike,
    profile: CacheProfile | PathLike,
    model: SRNetwork | PathLike | None = None,
    *,
    reuse: str | None = None,
    threads: int = 1,
    model_threads: int = 0,
) -> Enhancement:
    """Decode and super-resolve a segment; iterate over the result for its displayed frames.

    segment        VP9 file
    profile        its cache profile, or the path of one
    model          an SR network or the path of an ONNX file; None takes the shipped x4 network
    reuse          "detail" or "paper"; None takes the profile's
    threads        of the VP9 decoder
    model_threads  of ONNX Runtime, 0 for one a core

    Raises ProfileError (damaged, or of another segment), MediaError and ModelError at once;
    iterating raises MediaError, BitstreamError and UnsupportedError (not 8-bit 4:2:0).
    """
    source = segment if isinstance(segment, VideoSource) else VideoSource(segment)
    known = profile if isinstance(profile, CacheProfile) else CacheProfile.load(profile)
    known.check_segment(source.sha256(), "" if known is profile else str(profile))
    network = (
        model if isinstance(model, SRNetwork) else SRNetwork.load(model, threads=model_threads)
    )
    enhancer = Enhancer(
        network,
        known.grid,
        reuse=reuse or known.reuse,
        fade=_fade(known),
        colour=source.colour,
        name=str(source.path),
    )
    return Enhancement(source, known, enhancer, threads)


def _fade(profile: CacheProfile) -> float | None:
    value = profile.reuse_parameters.get("fade")
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not value > 0:
        raise ProfileError(f"the profile's fade is {value!r}, not a number of grey levels above 0")
    return float(value)
