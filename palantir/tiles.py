"""Anchor patches merged into the rectangles that go through the network."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from palantir import _core
from palantir.grid import PatchGrid

__all__ = ["MergedTiles", "Tile", "merge_anchors", "with_halo"]


class Tile(NamedTuple):
    """A rectangle of LR luma pixels, right and bottom exclusive."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def pixels(self) -> int:
        """Its area."""
        return (self.right - self.left) * (self.bottom - self.top)

    def relative_to(self, other: Tile) -> Tile:
        """The same rectangle, counted from the corner of `other`."""
        x, y = other.left, other.top
        return Tile(self.left - x, self.top - y, self.right - x, self.bottom - y)


def merge_anchors(
    anchors: NDArray[np.bool_], grid: PatchGrid, width: int, height: int
) -> list[Tile]:
    """Cover exactly the anchor patches (bool [P]) of one frame with few rectangles.

    Runs of anchors in a row become one tile; equal runs in successive rows become one tile.
    """
    if not anchors.any():
        return []
    columns, rows = grid.column_edges(width), grid.row_edges(height)
    open_runs: dict[tuple[int, int], int] = {}  # (first, stop) column -> first row
    tiles: list[Tile] = []
    patches = anchors.reshape(grid.rows, grid.columns)
    for row in range(grid.rows + 1):
        runs = _runs(patches[row]) if row < grid.rows else set()
        for run in sorted(set(open_runs) - runs):
            top = open_runs.pop(run)
            tiles.append(
                Tile(int(columns[run[0]]), int(rows[top]), int(columns[run[1]]), int(rows[row]))
            )
        for run in runs - set(open_runs):
            open_runs[run] = row
    return tiles


def _runs(row: NDArray[np.bool_]) -> set[tuple[int, int]]:
    padded = np.concatenate(([False], row, [False])).astype(np.int8)
    change = np.diff(padded)
    starts, stops = np.flatnonzero(change == 1), np.flatnonzero(change == -1)
    return {(int(a), int(b)) for a, b in zip(starts, stops, strict=True)}


def with_halo(tile: Tile, halo: int, width: int, height: int) -> Tile:
    """The tile grown to whole chroma pixels and by `halo` on all sides, cut to the frame."""
    return Tile(
        max((tile.left & ~1) - halo, 0),
        max((tile.top & ~1) - halo, 0),
        min(((tile.right + 1) & ~1) + halo, width),
        min(((tile.bottom + 1) & ~1) + halo, height),
    )


class MergedTiles:
    """The tiles of `merge_anchors` of one frame, with their halo, as anchors come one by one.

    halo  LR luma pixels of surroundings

    ValueError with a halo below 0, or a grid that does not fit the frame.
    """

    def __init__(self, grid: PatchGrid, width: int, height: int, halo: int) -> None:
        self._native = _core.MergedTiles(grid.rows, grid.columns, width, height, halo)

    def add(self, patch: int) -> int:
        """Make a patch an anchor; the luma pixels that all tiles have more now, halo included.

        Fewer than before where the patch joins tiles whose halos overlapped. Raises ValueError
        where it is no patch of the grid, or is an anchor already.
        """
        return self._native.add(patch)
