"""Every patch an anchor: per-frame SR, the upper end of every comparison.

Example: two frames of two patches give 0, 1, 2, 3.
"""

from __future__ import annotations

import numpy as np

from palantir.graph.error_graph import ErrorGraph
from palantir.schedule.frame_order import picks_of_nodes
from palantir.schedule.selection import Picks

__all__ = ["select"]


def select(graph: ErrorGraph, count: int) -> Picks:
    """Picks every node of `graph` in index order, whatever `count` is."""
    return picks_of_nodes(graph, np.arange(graph.nodes))
