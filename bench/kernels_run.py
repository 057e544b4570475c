"""What `bench.kernels` counts, in a process of its own: a few frames decoded, traced and enhanced.

`python -m bench.kernels_run CLIP PROFILE PACKETS`; prints the pixels of the SR frames as JSON.
"""

from __future__ import annotations

import json
import sys
from itertools import islice
from typing import cast

import numpy as np
from numpy.typing import NDArray

from palantir import _core
from palantir.codec import decode_packets
from palantir.enhance import Enhancer
from palantir.enhance.inference import AnchorInference
from palantir.grid import PatchGrid
from palantir.media import VideoSource
from palantir.models import SRNetwork
from palantir.profile import CacheProfile


class _Noise:
    """In place of a network, which is not counted: any pixels cost the same."""

    scale, output, range, takes_batches = 4, "picture", "limited", True

    def __init__(self, colour: str) -> None:
        self.colour = colour

    def run(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        count, channels, height, width = batch.shape
        shape = (count, channels, height * self.scale, width * self.scale)
        return np.random.default_rng(0).random(shape, dtype=np.float32)


def _enhancer(reuse: str, colour: str, grid: PatchGrid) -> Enhancer:
    network = AnchorInference(cast("SRNetwork", _Noise(colour)), halo=4)
    return Enhancer(network, grid, reuse=reuse)


def _main(clip: str, path: str, packets: int) -> None:
    profile = CacheProfile.load(path)
    grid, first, pixels = profile.grid, 0, 0
    enhancers = [_enhancer("detail", "rgb", grid), _enhancer("paper", "luma", grid)]
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
