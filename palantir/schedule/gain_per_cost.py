"""Greedy by exact gain per pixel that the network computes: for budgets of network cost.

A patch alone costs its halo too, while a whole frame has none: on a frame of 320x180 pixels, one
of 64x60 and a halo of 21 pixels 2.8 times its area. So candidates are rectangles of patches, up to
whole frames: of 1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48 and 64 patches and of all, each way. No edge
joins patches of one frame, so a rectangle's gain is exactly the sum of its patches' gains
(docs/method.md, exact gains), and the next pick is the one with the largest gain per cost.

A rectangle's cost is that of its one tile with its halo, less what the tiles within it have cost
that are run already. Its patches follow each other so that every beginning is compact: from its
best patch outwards in a row, then row by row. Candidates that tie (palantir/schedule/selection.py)
come by frame, then by rows (how many, then the first of them), then by columns.
"""

from __future__ import annotations

from palantir import _core
from palantir.graph.error_graph import ErrorGraph
from palantir.schedule.selection import Picks
from palantir.schedule.tile_cost import check_halo

__all__ = ["select"]


def select(graph: ErrorGraph, count: int, *, halo: int = 4) -> Picks:
    """See `palantir.schedule.selection.Selector`; picks are rectangles of patches.

    halo  LR pixels of surroundings that the network's tiles have

    Raises ScheduleError for a halo that is none or a grid that does not fit a frame.
    """
    check_halo(halo, "selector gain-per-cost")
    return Picks(*_core.select_gain_per_cost(*graph.arrays, *graph.layout, halo, count))
