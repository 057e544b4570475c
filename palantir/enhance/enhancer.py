"""The SR-enhanced decoder (docs/method.md): coded frames and anchors in, SR frames out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from palantir import _core
from palantir.codec import CodedFrame, DecodedPacket
from palantir.enhance.colour import colour_of
from palantir.enhance.frame import SRFrame
from palantir.enhance.inference import (
    AnchorDetail,
    AnchorInference,
    AnchorSource,
    FrameAnchors,
    FrameDetail,
)
from palantir.enhance.network_input import check_format
from palantir.enhance.reuse import DetailReuse, EnhancedFrame, PaperReuse, Reuse
from palantir.errors import ModelError, UnsupportedError
from palantir.grid import PatchGrid
from palantir.media.colour import Colour
from palantir.media.pictures import crop_planes
from palantir.models import SRNetwork
from palantir.profile import REUSE_PARAMETERS
from palantir.tiles import merge_anchors

__all__ = ["Anchors", "Enhancer", "InferredPacket", "NetworkCost"]

_NOTHING = FrameDetail([], 0)
Anchors: TypeAlias = NDArray[np.uint8] | NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class NetworkCost:
    """LR pixels that went through the network, those of per-frame SR, and those of the light one.

    `share` is the network cost: halo and merged tiles included, 1 is per-frame SR; a pixel of the
    light network counts `light_price`.
    """

    inferred: int
    total: int
    light: int = 0
    light_price: float = 1.0

    @property
    def share(self) -> float:
        """Network cost; 0 before the first frame."""
        return (self.inferred + self.light * self.light_price) / self.total if self.total else 0.0


@dataclass(frozen=True, slots=True)
class InferredPacket:
    """A decoded packet and what the network made of its anchors.

    details   of each coded frame, the detail of its merged anchors
    anchors   of each coded frame, how many patches
    inferred  LR pixels that went through the network, halo included
    light     those that went through the light network
    """

    packet: DecodedPacket
    details: tuple[list[AnchorDetail], ...]
    anchors: tuple[int, ...]
    inferred: int
    light: int = 0


class Enhancer:
    """Enhances the coded frames of one stream, in decode order, invisible ones too.

    `process` does it all; `infer` and `reuse` are its halves, which may run in two threads, each
    in decode order, with `infer` ahead.

    network  or another source of its results; None: no anchors are possible, every patch is reused.
             Detail reuse upscales by its `filters`, if it has any, where there is no detail; the
             paper's reuse does not, and those of `light` are never used
    grid     patches that anchors count
    light    a second, lighter network of the same scale, for the patches that name it
    light_price  what an LR pixel costs in it, in LR pixels of the network
    reuse    "detail" or "paper" (docs/method.md)
    scale    of the output where there is no network; else the network's
    fade     of detail reuse, grey levels above 0; None takes the default
    colour   for streams that carry no tags of their own; None takes limited BT.601 or BT.709 by
             the frame's height
    name     of the stream, for error messages
    threads  that share out a frame's rows or blocks in reuse; frames do not depend on them
    """

    def __init__(
        self,
        network: SRNetwork | AnchorSource | None,
        grid: PatchGrid,
        *,
        light: SRNetwork | AnchorSource | None = None,
        light_price: float = 1.0,
        reuse: str = "detail",
        scale: int = 4,
        fade: float | None = None,
        colour: Colour | None = None,
        name: str = "stream",
        threads: _core.Threads | int = 1,
    ) -> None:
        if reuse not in ("detail", "paper"):
            raise UnsupportedError(f"reuse mode {reuse!r} is neither detail nor paper")
        fade = float(REUSE_PARAMETERS["detail"]["fade"]) if fade is None else fade
        if not fade > 0:
            raise UnsupportedError(f"fade must be above 0 grey levels, not {fade}")
        self.scale = network.scale if network else scale
        if self.scale not in (1, 2, 3, 4):
            raise ModelError(f"scale must be 1, 2, 3 or 4, not {self.scale}")
        if light and light.scale != self.scale:
            raise ModelError(
                f"the light network enlarges {light.scale} times, the other {self.scale} times"
            )
        self._inference, self._light = _source(network), _source(light)
        self._reuse: Reuse = (
            DetailReuse(self.scale, fade, threads, getattr(network, "filters", None))
            if reuse == "detail"
            else PaperReuse(self.scale, threads)
        )
        self._grid, self._colour, self._name = grid, colour, name
        self._slots: dict[int, EnhancedFrame] = {}  # by coded index: what the slots still hold
        self._origin: dict[int, tuple[CodedFrame, int]] = {}  # the frame, its number of anchors
        self._shown = 0
        self._cost = NetworkCost(0, 0, 0, light_price)

    @property
    def cost(self) -> NetworkCost:
        """Of the frames enhanced so far."""
        return self._cost

    @property
    def needs_full_trace(self) -> bool:
        """Whether coded frames must be of a `Decoder` with `full=True`."""
        return isinstance(self._reuse, PaperReuse)

    def process(self, packet: DecodedPacket, anchors: Anchors) -> SRFrame | None:
        """Enhance a packet's frames; the SR frame it displays, or None.

        anchors  uint8 or bool [frames of this packet, P]: 1 for the network, 2 for the light one

        Raises UnsupportedError for frames that are not 8-bit 4:2:0, ScheduleError where the grid
        does not fit, ModelError where anchors are asked for without their network, ValueError where
        frames lack the trace that reuse needs (`needs_full_trace`).
        """
        return self.reuse(self.infer(packet, anchors))

    def infer(self, packet: DecodedPacket, anchors: Anchors) -> InferredPacket:
        """The network's part of `process`, with its arguments and errors."""
        return self.infer_together([(packet, anchors)])[0]

    def infer_together(
        self, packets: Sequence[tuple[DecodedPacket, Anchors]]
    ) -> list[InferredPacket]:
        """`infer` of packets in decode order, with anchors of one size in the same batches."""
        frames = [
            (frame, patches)
            for packet, anchors in packets
            for frame, patches in zip(packet.frames, anchors, strict=True)
        ]
        large = iter(self._run(self._inference, 1, frames))
        with_light = any(np.any(patches == 2) for _, patches in frames)
        light = iter(self._run(self._light, 2, frames) if with_light else [_NOTHING] * len(frames))
        inferred = []
        for packet, anchors in packets:
            ones = [next(large) for _ in packet.frames]
            others = [next(light) for _ in packet.frames]
            details = (one.anchors + two.anchors for one, two in zip(ones, others, strict=True))
            counts = tuple(int(np.count_nonzero(patches)) for patches in anchors)
            inferred.append(InferredPacket(
                packet, tuple(details), counts,
                sum(detail.pixels for detail in ones), sum(detail.pixels for detail in others),
            ))  # fmt: skip
        return inferred

    def _run(
        self, source: AnchorSource | None, tier: int, frames: Sequence[tuple[CodedFrame, Anchors]]
    ) -> list[FrameDetail]:
        """Detail of the patches of one network."""
        asked = [self._anchors(frame, patches == tier) for frame, patches in frames]
        if source is not None:
            return source.run(asked)
        if any(anchors.tiles for anchors in asked):
            which = "a network" if tier == 1 else "a light network beside the other"
            raise ModelError(f"{self._name}: anchor patches need {which}")
        return [_NOTHING] * len(asked)

    def reuse(self, inferred: InferredPacket) -> SRFrame | None:
        """The rest of `process`."""
        packet, displayed = inferred.packet, None
        total = sum(frame.width * frame.height for frame in packet.frames)
        self._cost = replace(
            self._cost,
            inferred=self._cost.inferred + inferred.inferred,
            total=self._cost.total + total,
            light=self._cost.light + inferred.light,
        )
        for frame, details, count in zip(
            packet.frames, inferred.details, inferred.anchors, strict=True
        ):
            references = {i: self._slots[i] for i in set(frame.references) if i in self._slots}
            self._slots[frame.index] = self._reuse.enhance(frame, references, details)
            self._origin[frame.index] = (frame, count)
            if packet.displayed == frame.index:
                displayed = self._display(frame.index, packet.packet.pts)
            self._forget(frame)
        if displayed is None and packet.displayed in self._origin:  # not of a lost packet
            displayed = self._display(packet.displayed, packet.packet.pts)
        return displayed

    def _anchors(self, frame: CodedFrame, patches: NDArray[np.bool_]) -> FrameAnchors:
        check_format(frame, self._name)
        tiles = merge_anchors(
            patches, self._grid.fit(frame.width, frame.height), frame.width, frame.height
        )
        return FrameAnchors(frame.native.planes, tiles, colour_of(frame, self._colour), frame.index)

    def _forget(self, frame: CodedFrame) -> None:
        """Drop what no reference slot holds any more."""
        kept = set(frame.slots)
        for index in [i for i in self._slots if i not in kept]:
            del self._slots[index], self._origin[index]

    def _display(self, index: int, pts: int) -> SRFrame:
        frame, anchors = self._origin[index]
        width, height = frame.width * self.scale, frame.height * self.scale
        planes = crop_planes(self._slots[index].render(), width, height)  # chroma of odd sizes
        self._shown += 1
        return SRFrame(planes, pts, self._shown - 1, index, anchors, colour_of(frame, self._colour))


def _source(network: SRNetwork | AnchorSource | None) -> AnchorSource | None:
    return AnchorInference(network) if isinstance(network, SRNetwork) else network
