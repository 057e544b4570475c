"""The paper's vanilla greedy: every candidate set is evaluated in full, patch after patch.

This is the reference by which faster selectors are judged. It knows nothing of influences: what
a pick gains is the objective without it less the objective with it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from palantir.graph.error_graph import ErrorGraph
from palantir.schedule.selection import Picks, first_of_best

__all__ = ["select"]

_SETS_AT_ONCE = 512  # holds memory down; each set is a column and is evaluated by itself


def select(graph: ErrorGraph, count: int) -> Picks:
    """Picks `count` anchors (0..N) of `graph` greedily; each pick costs `O(N * edges)`."""
    anchor = np.zeros(graph.nodes, np.bool_)
    order: list[int] = []
    total = [float(_objectives(graph, anchor[:, None])[0])]
    for _ in range(count):
        candidates = np.flatnonzero(~anchor)
        totals = _objectives_with(graph, anchor, candidates)
        best = first_of_best(total[-1] - totals)
        order.append(int(candidates[best]))
        total.append(float(totals[best]))
        anchor[order[-1]] = True
    return Picks(np.array(order, np.int64), -np.diff(total), np.array(total))


def _objectives_with(
    graph: ErrorGraph, anchor: NDArray[np.bool_], candidates: NDArray[np.int64]
) -> NDArray[np.float64]:
    """The objective of the set `anchor` plus one candidate, for every candidate."""
    totals = np.empty(len(candidates))
    for first in range(0, len(candidates), _SETS_AT_ONCE):
        part = candidates[first : first + _SETS_AT_ONCE]
        sets = np.repeat(anchor[:, None], len(part), axis=1)
        sets[part, np.arange(len(part))] = True
        totals[first : first + len(part)] = _objectives(graph, sets)
    return totals


def _objectives(graph: ErrorGraph, sets: NDArray[np.bool_]) -> NDArray[np.float64]:
    """The objective of every column of `sets` (bool [N, sets]), by the definition of the error."""
    row_start, reference, weight, texture, shown = graph.arrays
    error = np.zeros(sets.shape)
    for node in range(graph.nodes):
        edges = slice(row_start[node], row_start[node + 1])
        reused = texture[node] + weight[edges] @ error[reference[edges]]
        error[node] = np.where(sets[node], 0.0, reused)
    objective: NDArray[np.float64] = shown.astype(np.float64) @ error
    return objective
