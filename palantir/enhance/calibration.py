"""Patches of a stream as a network sees them: what quantisation is calibrated on."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from palantir.codec import decode_packets
from palantir.enhance.inference import halo_of
from palantir.enhance.network_input import check_format, network_input
from palantir.errors import MediaError
from palantir.grid import PatchGrid
from palantir.media import VideoSource
from palantir.models import SRNetwork
from palantir.tiles import Tile, with_halo

__all__ = ["patch_tiles", "stream_patches"]

_Kept = tuple[float, int, NDArray[np.float32]]  # minus its lot, its number, the patch


def stream_patches(
    source: VideoSource,
    network: SRNetwork,
    count: int,
    *,
    seed: int = 0,
    progress: Callable[[int], None] = lambda done: None,
) -> list[NDArray[np.float32]]:
    """So many patches of the paper's size with their halo, drawn by lot from all coded frames.

    In one pass and in bounded memory; float32 [1, c, h, w] each, in the order of the stream. All
    patches where there are fewer. `progress` hears how many packets are read.

    Raises MediaError and BitstreamError where the stream is unreadable or holds no frame,
    UnsupportedError where it is not 8-bit 4:2:0, ModelError where the network's halo is not known.
    """
    halo = halo_of(network)
    lots = np.random.default_rng(seed)
    kept: list[_Kept] = []
    number = 0
    for packet in decode_packets(source):
        for frame in packet.frames:
            check_format(frame, str(source.path))
            grid = PatchGrid.square(frame.width, frame.height, 3)
            for tile in patch_tiles(grid, frame.width, frame.height):
                lot = lots.random()
                if len(kept) < count or lot < -kept[0][0]:
                    area = with_halo(tile, halo, frame.width, frame.height)
                    patch = network_input(frame.native.planes, area, source.colour, network)
                    put = heapq.heappush if len(kept) < count else heapq.heapreplace
                    put(kept, (-lot, number, patch))
                number += 1
        progress(packet.packet.index + 1)
    if not kept:
        raise MediaError(f"{source.path}: holds no frame")
    return [patch for _, _, patch in sorted(kept, key=lambda one: one[1])]


def patch_tiles(grid: PatchGrid, width: int, height: int) -> list[Tile]:
    """A frame's patches, each by itself."""
    columns, rows = grid.column_edges(width).tolist(), grid.row_edges(height).tolist()
    return [
        Tile(left, top, right, bottom)
        for top, bottom in pairwise(rows)
        for left, right in pairwise(columns)
    ]
