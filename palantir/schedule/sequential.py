"""The paper's vanilla greedy: every candidate set is evaluated in full, patch after patch.

This is the reference by which faster selectors are judged. It knows nothing of influences: what
a pick gains is the objective without it less the objective with it.

The module is installed compiled, by the types in `sequential.pxd`, and Python then prefers that
form; this file, loaded by its path, gives the same picks slowly.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from palantir.graph.error_graph import ErrorGraph
from palantir.schedule.greedy import pick_greedily
from palantir.schedule.selection import Picks

__all__ = ["select"]

_VISITS_AT_ONCE = 1 << 24  # of nodes and edges between two looks at signals: about 20 ms


def select(graph: ErrorGraph, count: int) -> Picks:
    """Picks `count` anchors (0..N) of `graph` greedily; each pick costs `O(N * (N + edges))`."""
    # Plain Python reads single items from a memoryview faster than from an array.
    row_start, reference, weight, texture, shown = (array.data for array in graph.arrays)
    error = np.empty(graph.nodes).data
    no_anchor = bytes(graph.nodes)
    start = _objective(row_start, reference, weight, texture, shown, no_anchor, error)

    def evaluate(
        anchor: NDArray[np.uint8], candidates: NDArray[np.int64], totals: NDArray[np.float64]
    ) -> None:
        _evaluate(
            row_start, reference, weight, texture, shown,
            anchor.data, candidates.data, totals.data, error,
        )  # fmt: skip

    visits = len(texture) + len(reference) + 1
    return pick_greedily(graph.nodes, count, start, evaluate, max(1, _VISITS_AT_ONCE // visits))


def _evaluate(
    row_start: Sequence[int],
    reference: Sequence[int],
    weight: Sequence[float],
    texture: Sequence[float],
    shown: Sequence[int],
    anchor: memoryview[Any],
    candidates: Sequence[int],
    totals: memoryview[Any],
    error: memoryview[Any],
) -> None:
    """The objective of `anchor` plus one candidate, to `totals`, for one candidate after another.

    `error` [N] is scratch.
    """
    for place in range(len(candidates)):
        anchor[candidates[place]] = 1
        totals[place] = _objective(row_start, reference, weight, texture, shown, anchor, error)
        anchor[candidates[place]] = 0


def _objective(
    row_start: Sequence[int],
    reference: Sequence[int],
    weight: Sequence[float],
    texture: Sequence[float],
    shown: Sequence[int],
    anchor: Sequence[int],
    error: memoryview[Any],
) -> float:
    """The objective of one anchor set, by the definition of the error; `error` [N] is scratch."""
    total = 0.0
    for node in range(len(texture)):
        reused = 0.0
        if not anchor[node]:
            reused = texture[node]
            for edge in range(row_start[node], row_start[node + 1]):
                reused += weight[edge] * error[reference[edge]]
        error[node] = reused
        if shown[node]:
            total += reused
    return total
