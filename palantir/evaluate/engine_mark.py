"""A mark of what the enhancing engine does, so that results of another one are not taken for its.

A version number would have to be thought of whenever pictures change. Instead the first frames of
the stream itself are enhanced, with anchors and detail drawn by lot, and the result is hashed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from itertools import islice

import numpy as np

from palantir.codec import decode_packets
from palantir.enhance import Enhancer
from palantir.enhance.inference import AnchorDetail, FrameAnchors, FrameDetail, plane_area
from palantir.evaluate.comparison import plain_planes
from palantir.evaluate.material import Material
from palantir.evaluate.question import reuse_mode
from palantir.grid import PatchGrid
from palantir.models.filter_bank import FilterBank

__all__ = ["enhancing_mark", "upscaling_mark"]

_PACKETS = 20
_ANCHORS = 0.1  # share of the patches
_LARGEST = 200  # of the detail; fixed point


class _Lots:
    """Detail drawn by lot, the same for the same frame."""

    def __init__(self, scale: int, filters: FilterBank | None) -> None:
        self.scale, self.filters = scale, filters

    def run(self, frames: Sequence[FrameAnchors]) -> list[FrameDetail]:
        """Noise for each tile."""
        return [FrameDetail(list(self._details(anchors)), 0) for anchors in frames]

    def _details(self, anchors: FrameAnchors) -> Sequence[AnchorDetail]:
        lots = np.random.default_rng(anchors.coded)
        details = []
        for tile in anchors.tiles:
            planes = []
            for p in range(3):
                rows, columns = plane_area(tile, p, self.scale)
                size = rows.stop - rows.start, columns.stop - columns.start
                planes.append(lots.integers(-_LARGEST, _LARGEST, size, np.int16))
            details.append(AnchorDetail(tile, (planes[0], planes[1], planes[2])))
        return details


def enhancing_mark(material: Material, reuse: str, filters: FilterBank | None = None) -> str:
    """Of decoding, reuse in a mode and rendering with filters, as far as the first packets show."""
    grid = PatchGrid.square(material.source.width, material.source.height, 3)
    mode, fade = reuse_mode(reuse)
    enhancer = Enhancer(
        _Lots(material.scale, filters), grid, reuse=mode, fade=fade, colour=material.source.colour,
        name=str(material.lr),
    )  # fmt: skip
    digest, lots = hashlib.sha256(), np.random.default_rng(0)
    packets = decode_packets(material.source, full=enhancer.needs_full_trace)
    for packet in islice(packets, _PACKETS):
        anchors = lots.random((len(packet.frames), grid.count)) < _ANCHORS
        frame = enhancer.process(packet, anchors)
        for plane in frame.planes if frame else ():
            digest.update(plane.tobytes())
    packets.close()
    return digest.hexdigest()[:8]


def upscaling_mark(material: Material, kernel: str) -> str:
    """Of decoding and plain upscaling."""
    digest = hashlib.sha256()
    packets = decode_packets(material.source, full=False)
    first = next(packets)
    for plane in plain_planes(first.frames[0], material.scale, kernel):
        digest.update(plane.tobytes())
    packets.close()
    return digest.hexdigest()[:8]
