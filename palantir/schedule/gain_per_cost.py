"""Greedy by exact gain per pixel that the network computes: for budgets of network cost.

A patch alone costs its halo too: on a frame of 320x180 pixels, a patch of 64x60 and a halo of 21
pixels, 2.8 times its area, while a whole frame has no halo. So candidates are rectangles of
patches, up to whole frames, and the next pick is the rectangle with the largest gain per pixel. No
edge joins patches of one frame, so a rectangle's gain is exactly the sum of its patches' gains
(docs/method.md, exact gains).

A rectangle's cost is that of its one tile with its halo, less what the tiles within it have cost
that are run already. Its patches follow each other so that every beginning is compact: from its
best patch outwards in a row, then row by row.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from palantir.errors import ScheduleError
from palantir.graph.error_graph import ErrorGraph
from palantir.schedule.frame_order import picks_of_nodes
from palantir.schedule.selection import TIE_TOLERANCE, Picks
from palantir.tiles import Tile, with_halo

__all__ = ["select"]

_MOST = 1 << 24  # rectangles of all frames: 128 MB for each of a few arrays
_SIDES = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64)  # patches; and the whole frame


def select(graph: ErrorGraph, count: int, *, radius: int = 4) -> Picks:
    """See `palantir.schedule.selection.Selector`.

    radius  LR pixels of halo around a tile: the network's receptive field; by default that of the
            shipped x4 network. Below 0: ScheduleError

    Raises ScheduleError, too, where there are too many rectangles to hold.
    """
    if radius < 0:
        raise ScheduleError(f"selector gain-per-cost: a radius of {radius} pixels is none")
    count = min(count, graph.nodes)
    rectangles = _Rectangles(graph, radius)
    order: list[int] = []
    while len(order) < count:
        gains = graph.errors(order) * graph.influence(order)
        picked = rectangles.pick(gains.reshape(len(graph.frames), -1))
        if not picked:
            break
        order += picked
    if len(order) < count:  # of no gain, but asked for
        left = np.setdiff1d(np.arange(graph.nodes), order)
        order += left[: count - len(order)].tolist()
    return picks_of_nodes(graph, np.array(order[:count], np.int64))


class _Rectangles:
    """All candidates of all frames, and what of them is run already.

    edges  int64 [4, K]: top, bottom, left, right of each rectangle, in patches
    alone  int64 [T, K]: pixels of its tile with halo
    cost   int64 [T, K]: the same, less that of tiles within it that are run
    """

    def __init__(self, graph: ErrorGraph, radius: int) -> None:
        self._grid = grid = graph.grid
        many = _count(grid.rows) * _count(grid.columns) * len(graph.frames)
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
        by_size = {size: self._costs(size, radius) for size in set(graph.frames.sizes)}
        self._alone = np.array([by_size[size] for size in graph.frames.sizes])
        self._cost = self._alone.copy()
        self._tiles: list[list[int]] = [[] for _ in graph.frames.sizes]
        self._done = np.zeros((len(graph.frames), grid.rows, grid.columns), np.bool_)

    def _costs(self, size: tuple[int, int], radius: int) -> list[int]:
        rows, columns = self._grid.row_edges(size[1]), self._grid.column_edges(size[0])
        top, bottom, left, right = self._edges
        corners = zip(columns[left], rows[top], columns[right], rows[bottom], strict=True)
        tiles = (Tile(*map(int, corner)) for corner in corners)
        return [with_halo(tile, radius, *size).pixels for tile in tiles]

    def pick(self, gains: NDArray[np.float64]) -> list[int]:
        """Run the rectangle with the largest gain per pixel: its nodes that were not run before.

        gains  [T, P]; none where there is no gain
        """
        top, bottom, left, right = self._edges
        patches = gains.reshape(self._done.shape)
        sums = np.pad(patches, ((0, 0), (1, 0), (1, 0))).cumsum(1).cumsum(2)
        inside = sums[:, bottom, right] - sums[:, top, right]
        inside -= sums[:, bottom, left] - sums[:, top, left]
        ratio = (inside / self._cost).ravel()
        best = float(ratio.max())
        if not best > 0:
            return []
        tied = int(np.argmax(ratio >= best * (1 - TIE_TOLERANCE)))
        return self._run(*divmod(tied, len(top)), patches)

    def _run(self, t: int, place: int, gains: NDArray[np.float64]) -> list[int]:
        top, bottom, left, right = self._edges[:, place].tolist()
        inside, done = gains[t, top:bottom, left:right], self._done[t, top:bottom, left:right]
        chosen = [
            (t * self._grid.rows + top + row) * self._grid.columns + left + column
            for row in _outwards(inside.sum(axis=1))
            for column in _outwards(inside[row])
            if not done[row, column]
        ]
        done[:] = True
        within = self._within(self._edges[:, place], self._edges)
        self._tiles[t] = [tile for tile in self._tiles[t] if not within[tile]] + [place]
        self._cost[t] = self._alone[t]
        for tile in self._tiles[t]:
            around = self._within(self._edges, self._edges[:, tile])
            self._cost[t, around] -= self._alone[t, tile]
        np.maximum(self._cost[t], 1, out=self._cost[t])
        return chosen

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
