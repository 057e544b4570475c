"""Greedy selection by exact gains, `error[v] * influence[v]` (docs/method.md), in native code.

The same picks as `sequential`, without evaluating any candidate set.
"""

from __future__ import annotations

from palantir import _core
from palantir.graph.error_graph import ErrorGraph
from palantir.schedule.selection import Picks

__all__ = ["select"]


def select(graph: ErrorGraph, count: int) -> Picks:
    """Picks `count` anchors (0..N) of `graph` greedily; each pick costs at most `O(edges)`."""
    return Picks(*_core.select_adjoint(*graph.arrays, count))
