"""What `bench.kernels` counts, in a process of its own: a few frames decoded, traced and enhanced.

`python -m bench.kernels_run CLIP PROFILE PACKETS`; prints the pixels of the SR frames as JSON.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from itertools import islice

import numpy as np

from palantir import _core
from palantir.codec import decode_packets
from palantir.enhance import Enhancer
from palantir.enhance.inference import AnchorDetail, FrameAnchors, FrameDetail, plane_area
from palantir.media import VideoSource
from palantir.profile import CacheProfile
from palantir.tiles import Tile

_SCALE = 4


class _Noise:
    """In place of a network, which is not counted: detail of any values costs the same."""

    scale = _SCALE

    def run(self, frames: Sequence[FrameAnchors]) -> list[FrameDetail]:
        random = np.random.default_rng(0)
        return [
            FrameDetail([self._detail(tile, random) for tile in anchors.tiles], 0)
            for anchors in frames
        ]

    def _detail(self, tile: Tile, random: np.random.Generator) -> AnchorDetail:
        areas = (plane_area(tile, p, _SCALE) for p in range(3))
        y, u, v = (
            random.integers(-500, 500, (rows.stop - rows.start, columns.stop - columns.start),
                            np.int16)
            for rows, columns in areas
        )  # fmt: skip
        return AnchorDetail(tile, (y, u, v))


def _main(clip: str, path: str, packets: int) -> None:
    profile = CacheProfile.load(path)
    grid, first, pixels = profile.grid, 0, 0
    enhancers = [Enhancer(_Noise(), grid, reuse=reuse) for reuse in ("detail", "paper")]
    for packet in islice(decode_packets(VideoSource(clip)), packets):
        anchors = profile.anchors[first : first + len(packet.frames)]
        first += len(packet.frames)
        for frame in packet.frames:
            frame.native.texture(grid.rows, grid.columns)
            frame.native.weights(grid.rows, grid.columns)
        for enhancer in enhancers:
            shown = enhancer.process(packet, anchors)
        if shown is not None:
            pixels += shown.planes[0].size
    print(json.dumps({"level": _core.simd_level(), "coded": first, "pixels": pixels}))


if __name__ == "__main__":
    _main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
