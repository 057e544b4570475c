"""Rectangles of patches, up to whole frames, by exact gain per multiply-accumulate.

A patch alone costs its halo too: on a frame of 320x180 pixels, a patch of 64x60 and a halo of 21
pixels, 2.8 times its area, while a whole frame has no halo. So candidates are rectangles of
patches, up to whole frames, and the next pick is the rectangle with the largest gain per cost. No
edge joins patches of one frame, so a rectangle's gain is exactly the sum of its patches' gains
(docs/method.md, exact gains).

A rectangle's cost is that of its one tile with its halo, less what the tiles within it have cost
that are run already. Its patches follow each other so that every beginning is compact: from its
best patch outwards in a row, then row by row.

Patches may choose among several networks, the tiers, the best one last. A rectangle then brings all
its patches to one tier, and takes the place of tiles of lower tiers within it; one that holds a
patch of a higher tier is no candidate.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from palantir.errors import ScheduleError
from palantir.graph.error_graph import ErrorGraph
from palantir.schedule.selection import TIE_TOLERANCE
from palantir.tiles import Tile, with_halo

__all__ = ["Move", "Rectangles", "Tier"]

_MOST = 1 << 24  # rectangles of all frames and tiers: 128 MB for each of a few arrays
_SIDES = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64)  # patches; and the whole frame


class Tier(NamedTuple):
    """A network: LR pixels of halo around a tile, and what an LR pixel costs, 1 or more."""

    halo: int
    price: int


class Move(NamedTuple):
    """Nodes of one frame that go over to a tier (1 is the lowest), in a compact order."""

    nodes: list[int]
    tier: int


class Rectangles:
    """All candidates of all frames, and what of them is run already.

    tiers  from the lowest to the highest

    Raises ScheduleError where there are too many rectangles to hold.

    edges  int64 [4, R]: top, bottom, left, right of each rectangle, in patches
    alone  int64 [K, T, R]: what its tile with halo costs in each of the K tiers
    cost   float64 [K, T, R]: the same, less what the tiles within it cost that are run; infinite
           where a patch has a higher tier, or none a lower
    tier   int8 [T, rows, columns], of each patch; 0 where it is reused
    """

    def __init__(self, graph: ErrorGraph, tiers: Sequence[Tier]) -> None:
        self._grid = grid = graph.grid
        many = _count(grid.rows) * _count(grid.columns) * len(graph.frames) * len(tiers)
        if many > _MOST:
            raise ScheduleError(
                f"selector gain-per-cost: {grid} on {len(graph.frames)} coded frames has {many} "
                f"rectangles, {_MOST} at most; take larger patches or shorter intervals"
            )
        self._edges = np.array([
            (top, bottom, left, right)
            for top, bottom in _spans(grid.rows)
            for left, right in _spans(grid.columns)
        ]).T  # fmt: skip
        sizes = graph.frames.sizes
        self._alone = np.array([
            [by_size[size] for size in sizes]
            for by_size in ({size: self._costs(size, one) for size in set(sizes)} for one in tiers)
        ])  # fmt: skip
        self._cost = self._alone.astype(np.float64)
        self._tiles: list[list[tuple[int, int]]] = [[] for _ in sizes]  # rectangle, tier
        self._tier = np.zeros((len(sizes), grid.rows, grid.columns), np.int8)

    def _costs(self, size: tuple[int, int], tier: Tier) -> list[int]:
        rows, columns = self._grid.row_edges(size[1]), self._grid.column_edges(size[0])
        top, bottom, left, right = self._edges
        corners = zip(columns[left], rows[top], columns[right], rows[bottom], strict=True)
        tiles = (Tile(*map(int, corner)) for corner in corners)
        return [tier.price * with_halo(tile, tier.halo, *size).pixels for tile in tiles]

    @property
    def tier(self) -> NDArray[np.int8]:
        """Of each node, int8 [N]; 0 where it is reused."""
        return self._tier.ravel()

    def pick(self, gains: NDArray[np.float64]) -> Move | None:
        """Run the rectangle with the largest gain per cost: its nodes that go over to its tier.

        gains  float64 [K, N], what each node's going over to each tier gains

        None where nothing gains.
        """
        top, bottom, left, right = self._edges
        raised = np.arange(1, len(gains) + 1)[:, None] > self.tier
        patches = np.where(raised, gains, 0.0).reshape(-1, *self._tier.shape)
        sums = np.pad(patches, ((0, 0), (0, 0), (1, 0), (1, 0))).cumsum(2).cumsum(3)
        inside = sums[..., bottom, right] - sums[..., top, right]
        inside -= sums[..., bottom, left] - sums[..., top, left]
        ratio = inside / self._cost
        best = float(ratio.max())
        if not best > 0:
            return None
        tied = int(np.argmax(ratio.ravel() >= best * (1 - TIE_TOLERANCE)))
        k, t, place = (int(index) for index in np.unravel_index(tied, ratio.shape))
        return self._run(k, t, place, patches[k, t])

    def _run(self, k: int, t: int, place: int, gains: NDArray[np.float64]) -> Move:
        top, bottom, left, right = self._edges[:, place].tolist()
        inside, tiers = gains[top:bottom, left:right], self._tier[t, top:bottom, left:right]
        chosen = [
            (t * self._grid.rows + top + row) * self._grid.columns + left + column
            for row in _outwards(inside.sum(axis=1))
            for column in _outwards(inside[row])
            if tiers[row, column] <= k
        ]
        tiers[:] = k + 1
        within = self._within(self._edges[:, place], self._edges)
        self._tiles[t] = [tile for tile in self._tiles[t] if not within[tile[0]]] + [(place, k)]
        self._cost[:, t] = self._alone[:, t]
        for tile, at in self._tiles[t]:
            around = self._within(self._edges, self._edges[:, tile])
            self._cost[at:, t, around] -= self._alone[at, t, tile]
        np.maximum(self._cost[:, t], 1, out=self._cost[:, t])
        self._cost[:, t][self._barred(t)] = np.inf
        return Move(chosen, k + 1)

    def _barred(self, t: int) -> NDArray[np.bool_]:
        """Rectangles of a frame with a patch of a higher tier or none of a lower, bool [K, R]."""
        tiers = np.arange(1, len(self._alone) + 1)[:, None, None]
        result: NDArray[np.bool_] = self._any(self._tier[t] > tiers)
        result |= ~self._any(self._tier[t] < tiers)
        return result

    def _any(self, patches: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Which rectangles hold one of these patches of a frame: [K, rows, columns] to [K, R]."""
        top, bottom, left, right = self._edges
        count = np.pad(patches, ((0, 0), (1, 0), (1, 0))).cumsum(1).cumsum(2)
        inside = count[:, bottom, right] - count[:, top, right]
        result: NDArray[np.bool_] = inside > count[:, bottom, left] - count[:, top, left]
        return result

    @staticmethod
    def _within(outer: NDArray[np.int64], inner: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Whether rectangles lie within others; edges as above, one of them may be a single one."""
        rows = (outer[0] <= inner[0]) & (inner[1] <= outer[1])
        columns = (outer[2] <= inner[2]) & (inner[3] <= outer[3])
        result: NDArray[np.bool_] = rows & columns
        return result


def _count(length: int) -> int:
    return sum(1 for _ in _spans(length))


def _spans(length: int) -> Iterator[tuple[int, int]]:
    for side in sorted({*(side for side in _SIDES if side < length), length}):
        for start in range(length - side + 1):
            yield start, start + side


def _outwards(gain: NDArray[np.float64]) -> list[int]:
    """All places, from the best one on always to the better neighbour of those before."""
    first = int(np.argmax(gain))
    stop = first + 1
    order = [first]
    while len(order) < len(gain):
        before = gain[first - 1] if first else -np.inf
        if stop < len(gain) and gain[stop] > before:
            order.append(stop)
            stop += 1
        else:
            first -= 1
            order.append(first)
    return order
