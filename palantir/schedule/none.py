"""No anchor at all: plain upscaling, the lower end of every comparison."""

from __future__ import annotations

import numpy as np

from palantir.graph.error_graph import ErrorGraph
from palantir.schedule.frame_order import picks_of_nodes
from palantir.schedule.selection import Picks

__all__ = ["select"]


def select(graph: ErrorGraph, count: int) -> Picks:
    """Picks nothing, whatever `count` is."""
    return picks_of_nodes(graph, np.zeros(0, np.int64))
