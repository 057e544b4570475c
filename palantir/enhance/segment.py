"""`palantir.enhance`: a segment, its cache profile and a network to an iterator of SR frames."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from typing import TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from palantir import _core
from palantir.codec import DecodedPacket, OnDamage, decode_packets
from palantir.enhance.ahead import ahead
from palantir.enhance.enhancer import Anchors, Enhancer, InferredPacket, NetworkCost
from palantir.enhance.frame import SRFrame
from palantir.enhance.inference import AnchorSource
from palantir.errors import ModelError, ProfileError
from palantir.media.source import VideoSource
from palantir.models import SRNetwork, shipped_model
from palantir.profile import CacheProfile

__all__ = ["Enhancement", "enhance"]

PathLike = str | os.PathLike[str]
Item = TypeVar("Item")
_Asked: TypeAlias = tuple[DecodedPacket, Anchors]  # with the anchors of its frames

LOOK_AHEAD = 4


class _AnchorTable:
    """The profile's anchors, handed out packet by packet and checked against the stream."""

    def __init__(self, profile: CacheProfile, name: str) -> None:
        self._profile, self._name, self._next = profile, name, 0

    def of(self, packet: DecodedPacket) -> NDArray[np.uint8]:
        """Anchors of the packet's coded frames by network, uint8 [frames, P].

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
        return self._profile.tiers(rows)


class Enhancement(Iterator[SRFrame]):
    """The displayed frames of one segment, in order, as they are enhanced.

    profile  the cache profile it follows
    source   the segment
    """

    def __init__(
        self,
        source: VideoSource,
        profile: CacheProfile,
        enhancer: Enhancer,
        packets: Generator[DecodedPacket, None, None],
        look_ahead: int,
    ) -> None:
        self.source, self.profile = source, profile
        self._enhancer = enhancer
        self._frames = _enhanced(packets, source, profile, enhancer, look_ahead)

    def __next__(self) -> SRFrame:
        return next(self._frames)

    @property
    def cost(self) -> NetworkCost:
        """Network cost of the frames enhanced so far."""
        return self._enhancer.cost

    def close(self) -> None:
        """End it, and the threads that work ahead; also done when it is dropped."""
        self._frames.close()


# Not methods: an `Enhancement` that its own generator knew would be dropped late.
def _enhanced(
    packets: Generator[DecodedPacket, None, None],
    source: VideoSource,
    profile: CacheProfile,
    enhancer: Enhancer,
    look_ahead: int,
) -> Generator[SRFrame, None, None]:
    asked = _with_anchors(packets, source, profile)
    inferred = _inferred(asked, enhancer, max(look_ahead, 1))
    with closing(ahead(inferred, look_ahead) if look_ahead else inferred) as ready:
        for packet in ready:
            frame = enhancer.reuse(packet)
            if frame is not None:
                yield frame


def _with_anchors(
    packets: Generator[DecodedPacket, None, None], source: VideoSource, profile: CacheProfile
) -> Generator[_Asked, None, None]:
    anchors = _AnchorTable(profile, str(source.path))
    with closing(packets):
        for packet in packets:
            yield packet, anchors.of(packet)


def _inferred(
    asked: Generator[_Asked, None, None], enhancer: Enhancer, together: int
) -> Generator[InferredPacket, None, None]:
    """Packets through the network, `together` at a time; frames and errors as if one by one."""
    with closing(asked):
        for group in _in_groups(asked, together):
            try:
                made = iter(enhancer.infer_together(group))
            except Exception:
                if len(group) == 1:
                    raise
                made = (enhancer.infer(*one) for one in group)  # up to the one at fault
            yield from made


def _in_groups(items: Iterator[Item], size: int) -> Generator[list[Item], None, None]:
    """Lists of `size` items, the last may be shorter; what `items` raises comes after the last."""
    group: list[Item] = []
    try:
        for item in items:
            group.append(item)
            if len(group) == size:
                yield group
                group = []
    except Exception:
        if group:
            yield group
        raise
    if group:
        yield group


def enhance(
    segment: VideoSource | PathLike,
    profile: CacheProfile | PathLike,
    model: SRNetwork | AnchorSource | PathLike | None = None,
    *,
    light_model: SRNetwork | AnchorSource | PathLike | None = None,
    reuse: str | None = None,
    threads: int = 1,
    look_ahead: int = LOOK_AHEAD,
    model_threads: int = 0,
    providers: Sequence[str] = ("cpu",),
    max_size: tuple[int, int] | None = None,
    on_damage: OnDamage | None = None,
) -> Enhancement:
    """Decode and super-resolve a segment; iterate over the result for its displayed frames.

    segment        VP9 file
    profile        its cache profile, or the path of one
    model          an SR network, another source of its results, or the path of an ONNX file; None
                   takes the shipped x4 network
    light_model    the light network, likewise, of a profile that was made for two
    reuse          "detail" or "paper"; None takes the profile's
    threads        1..64 for decoding and reuse, besides the network's. With more than one, decoding
                   and the network work ahead of reuse, and half the threads decode, the rest share
                   out the rows of a frame in reuse, with those of decoding while it is as far
                   ahead as it may be. Frames do not depend on it
    look_ahead     packets that either may be ahead then, and whose anchors go through the network
                   together; 0 for the least delay: decoding and reuse then take turns, each with
                   all threads
    model_threads  of ONNX Runtime, 0 for one a core
    providers      ONNX Runtime's execution providers, as `SRNetwork.load` takes them; like
                   model_threads for a model given by its path
    max_size       (width, height) of the largest LR frame to take; None: the build's limit
    on_damage      called, in the decoding thread, with the error of each packet that cannot be
                   decoded and so displays nothing; None raises the first such error
                   (docs/live-input.md)

    Raises ProfileError (damaged, of another segment, or for two networks where one is given),
    MediaError and ModelError at once, and ValueError for `threads` or `look_ahead` out of range;
    iterating raises MediaError, BitstreamError and UnsupportedError (not 8-bit 4:2:0).
    """
    source = segment if isinstance(segment, VideoSource) else VideoSource(segment)
    known = profile if isinstance(profile, CacheProfile) else CacheProfile.load(profile)
    known.check_segment(source.sha256(), "" if known is profile else str(profile))
    if known.light is not None and light_model is None:
        name = "" if known is profile else str(profile)
        raise ProfileError(
            f"profile {name}".rstrip() + ": made for two networks, and no light one is given"
        )
    decoding, reusing, look_ahead = _shared_out(threads, look_ahead)
    reusers = _core.Threads(reusing, threads)

    def loaded(one: SRNetwork | AnchorSource | PathLike) -> SRNetwork | AnchorSource:
        if isinstance(one, (str, os.PathLike)):
            return SRNetwork.load(one, providers, threads=model_threads)
        if not isinstance(one, (SRNetwork, AnchorSource)):
            raise ModelError(f"{one!r} is neither a network nor the path of one")
        return one

    network = loaded(shipped_model() if model is None else model)
    light = None if light_model is None else loaded(light_model)
    enhancer = Enhancer(
        network,
        known.grid,
        light=light,
        light_price=_price(light, network),
        reuse=reuse or known.reuse,
        fade=_fade(known),
        colour=source.colour,
        name=str(source.path),
        threads=reusers,
    )
    packets = decode_packets(
        source,
        threads=decoding,
        full=enhancer.needs_full_trace,
        max_size=max_size,
        on_damage=on_damage,
    )
    if look_ahead:
        packets = ahead(packets, look_ahead, lambda more: reusers.lend(more * decoding))
    return Enhancement(source, known, enhancer, packets, look_ahead)


def _shared_out(threads: int, look_ahead: int) -> tuple[int, int, int]:
    """Threads of decoding and of reuse, and packets that they may be ahead (0: they take turns)."""
    if not isinstance(threads, int) or not 1 <= threads <= 64:
        raise ValueError(f"threads is {threads!r}; 1 to 64 are possible")
    if not isinstance(look_ahead, int) or look_ahead < 0:
        raise ValueError(f"look_ahead is {look_ahead!r}; 0 or more packets are possible")
    if threads == 1 or look_ahead == 0:
        return threads, threads, 0
    return threads // 2, threads - threads // 2, look_ahead


def _price(light: SRNetwork | AnchorSource | None, large: SRNetwork | AnchorSource) -> float:
    """What a pixel of the light network costs, in pixels of the large one; 1 if not known."""
    light_macs, macs = (
        one.macs_per_pixel if isinstance(one, SRNetwork) else None for one in (light, large)
    )
    return light_macs / macs if light_macs and macs else 1.0


def _fade(profile: CacheProfile) -> float | None:
    value = profile.reuse_parameters.get("fade")
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not value > 0:
        raise ProfileError(f"the profile's fade is {value!r}, not a number of grey levels above 0")
    return float(value)
