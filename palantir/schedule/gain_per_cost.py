"""Greedy by exact gain per pixel that the network computes: for budgets of network cost."""

from __future__ import annotations

import numpy as np

from palantir.errors import ScheduleError
from palantir.graph.error_graph import ErrorGraph
from palantir.schedule.frame_order import picks_of_nodes
from palantir.schedule.rectangles import Rectangles, Tier
from palantir.schedule.selection import Picks

__all__ = ["select"]


def select(graph: ErrorGraph, count: int, *, halo: int = 4) -> Picks:
    """See `palantir.schedule.selection.Selector`; picks are rectangles of patches.

    halo  LR pixels of surroundings that the network's tiles have. Below 0: ScheduleError

    Raises ScheduleError, too, where there are too many rectangles to hold.
    """
    if halo < 0:
        raise ScheduleError(f"selector gain-per-cost: a halo of {halo} pixels is none")
    count = min(count, graph.nodes)
    rectangles = Rectangles(graph, [Tier(halo, 1)])
    order: list[int] = []
    while len(order) < count:
        move = rectangles.pick((graph.errors(order) * graph.influence(order))[None])
        if move is None:
            break
        order += move.nodes
    if len(order) < count:  # of no gain, but asked for
        left = np.setdiff1d(np.arange(graph.nodes), order)
        order += left[: count - len(order)].tolist()
    return picks_of_nodes(graph, np.array(order[:count], np.int64))
