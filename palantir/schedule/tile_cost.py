"""How many anchors so many pixels through the network pay for: halo and merged tiles included."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from palantir.errors import ScheduleError
from palantir.schedule.allowance import Part, patch_areas
from palantir.tiles import MergedTiles

__all__ = ["check_halo", "most_within", "prefix_within"]

_LARGEST_HALO = 65536  # LR pixels: more than a frame has


def check_halo(halo: object, whose: str) -> None:
    """Raises ScheduleError where it is no number of LR pixels that tiles can have around them."""
    if isinstance(halo, bool) or not isinstance(halo, int) or not 0 <= halo <= _LARGEST_HALO:
        raise ScheduleError(f"{whose}: a halo of {halo!r} pixels is none, 0 to {_LARGEST_HALO}")


def most_within(pixels: int, parts: Sequence[Part]) -> list[int]:
    """For each part, how many of its patches `pixels` LR pixels pay for, as if without halo."""
    areas = (np.cumsum(np.sort(patch_areas(frames.sizes, grid))) for frames, grid in parts)
    return [int(np.searchsorted(area, pixels, "right")) for area in areas]


def prefix_within(
    pixels: int,
    halo: int,
    parts: Sequence[Part],
    part: NDArray[np.int64],
    order: NDArray[np.int64],
) -> int:
    """How many picks of an order, from the first, `pixels` LR pixels pay for.

    halo    LR pixels of surroundings that tiles have
    order   pick `k` is node `order[k]` of part `part[k]`
    """
    sizes = [frames.sizes for frames, _ in parts]
    tiles: dict[tuple[int, int], MergedTiles] = {}
    for count, (index, node) in enumerate(zip(part.tolist(), order.tolist(), strict=True)):
        grid = parts[index][1]
        t, patch = divmod(node, grid.count)
        if (index, t) not in tiles:
            width, height = sizes[index][t]
            tiles[index, t] = MergedTiles(grid, width, height, halo)
        pixels -= tiles[index, t].add(patch)
        if pixels < 0:
            return count
    return len(order)
