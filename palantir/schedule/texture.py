"""The patches of largest texture, as if no error ever travelled.

Ties go to the smallest index. In a later scheduling interval texture includes the errors that the
frames before it pass on (`ErrorGraph.between`).

Example: textures 2, 5, 5, 1 give 1, 2, 0, 3.
"""

from __future__ import annotations

import numpy as np

from palantir.graph.error_graph import ErrorGraph
from palantir.schedule.frame_order import picks_of_nodes
from palantir.schedule.selection import Picks

__all__ = ["select"]


def select(graph: ErrorGraph, count: int) -> Picks:
    """Picks the `count` (0..N) patches of `graph` with the largest texture."""
    return picks_of_nodes(graph, np.argsort(-graph.texture, kind="stable")[:count])
