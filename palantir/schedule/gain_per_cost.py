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
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from palantir.graph.error_graph import ErrorGraph
from palantir.grid import PatchGrid
from palantir.schedule.frame_order import picks_of_nodes
from palantir.schedule.selection import TIE_TOLERANCE, Picks
from palantir.tiles import Tile, with_halo

__all__ = ["GainPerCost"]

_SIDES = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64)  # patches; and the whole frame

_Rectangle = tuple[int, int, int, int]  # rows top..bottom - 1, columns left..right - 1


@dataclass(frozen=True)
class GainPerCost:
    """Its `select` is a selector for a network of this receptive-field radius, in LR pixels."""

    radius: int

    def select(self, graph: ErrorGraph, count: int) -> Picks:
        """See `palantir.schedule.selection.Selector`."""
        shapes: dict[tuple[int, int], _Shapes] = {}
        frames = [_FrameRun(shapes.setdefault(size, _Shapes.of(graph.grid, size, self.radius)))
                  for size in graph.frames.sizes]  # fmt: skip
        order: list[int] = []
        patches = graph.grid.count
        while len(order) < count:
            gains = (graph.errors(order) * graph.influence(order)).reshape(len(frames), -1)
            ratios = [frame.best(gain) for frame, gain in zip(frames, gains, strict=True)]
            best = max(ratio for ratio, _ in ratios)
            if best <= 0:
                break
            t = next(t for t, (r, _) in enumerate(ratios) if r >= best * (1 - TIE_TOLERANCE))
            order += [t * patches + patch for patch in frames[t].run(ratios[t][1], gains[t])]
        if len(order) < count:  # of no gain, but asked for
            left = np.setdiff1d(np.arange(graph.nodes), order)
            order += left[: count - len(order)].tolist()
        return picks_of_nodes(graph, np.array(order[:count], np.int64))


@dataclass(frozen=True)
class _Shapes:
    """The rectangles of frames of one size.

    edges  int64 [K, 4]: top, bottom, left, right
    cost   float64 [K]: pixels with halo
    """

    grid: PatchGrid
    edges: NDArray[np.int64]
    cost: NDArray[np.float64]

    @classmethod
    def of(cls, grid: PatchGrid, size: tuple[int, int], radius: int) -> _Shapes:
        rows, columns = grid.row_edges(size[1]).tolist(), grid.column_edges(size[0]).tolist()
        edges = [
            (top, bottom, left, right)
            for top, bottom in _spans(grid.rows)
            for left, right in _spans(grid.columns)
        ]
        tiles = (Tile(columns[a], rows[t], columns[b], rows[u]) for t, u, a, b in edges)
        cost = [with_halo(tile, radius, *size).pixels for tile in tiles]
        return cls(grid, np.array(edges), np.array(cost, np.float64))


def _spans(length: int) -> Iterator[tuple[int, int]]:
    for side in sorted({*(side for side in _SIDES if side < length), length}):
        for start in range(length - side + 1):
            yield start, start + side


@dataclass
class _FrameRun:
    """What of a frame is run already.

    tiles  indices of rectangles, none within another
    done   patches
    """

    shapes: _Shapes
    tiles: list[int] = field(default_factory=list)
    done: set[int] = field(default_factory=set)
    _cost: NDArray[np.float64] | None = None

    def best(self, gain: NDArray[np.float64]) -> tuple[float, int]:
        """The largest gain per pixel of any rectangle, and which."""
        top, bottom, left, right = self.shapes.edges.T
        grid = self.shapes.grid
        sums = np.zeros((grid.rows + 1, grid.columns + 1))
        sums[1:, 1:] = gain.reshape(grid.rows, grid.columns).cumsum(0).cumsum(1)
        gains = sums[bottom, right] - sums[top, right] - sums[bottom, left] + sums[top, left]
        ratio = gains / (self.shapes.cost if self._cost is None else self._cost)
        place = int(np.argmax(ratio))
        return float(ratio[place]), place

    def run(self, place: int, gain: NDArray[np.float64]) -> list[int]:
        """Run a rectangle: its patches that were not run yet, in the order of picking."""
        top, bottom, left, right = self.shapes.edges[place].tolist()
        inside = gain.reshape(self.shapes.grid.rows, self.shapes.grid.columns)
        inside = inside[top:bottom, left:right]
        patches = (
            (top + row) * self.shapes.grid.columns + left + column
            for row in _outwards(inside.sum(axis=1))
            for column in _outwards(inside[row])
        )
        chosen = [patch for patch in patches if patch not in self.done]
        self.done.update(chosen)
        self.tiles = [tile for tile in self.tiles if not self._within(place)[tile]] + [place]
        self._cost = self.shapes.cost.copy()
        for tile in self.tiles:
            self._cost[self._around(tile)] -= self.shapes.cost[tile]
        np.maximum(self._cost, 1, out=self._cost)
        return chosen

    def _within(self, place: int) -> NDArray[np.bool_]:
        """Which rectangles lie within this one."""
        top, bottom, left, right = self.shapes.edges.T
        a, b, c, d = self.shapes.edges[place]
        within: NDArray[np.bool_] = (top >= a) & (bottom <= b) & (left >= c) & (right <= d)
        return within

    def _around(self, place: int) -> NDArray[np.bool_]:
        """Which rectangles this one lies within."""
        top, bottom, left, right = self.shapes.edges.T
        a, b, c, d = self.shapes.edges[place]
        around: NDArray[np.bool_] = (top <= a) & (bottom >= b) & (left <= c) & (right >= d)
        return around


def _outwards(gain: NDArray[np.float64]) -> list[int]:
    """All places, from the best one on always to the better neighbour of those before."""
    first = stop = int(np.argmax(gain))
    stop += 1
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
