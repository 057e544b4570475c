"""Greedy selection by evaluating candidate sets, as the paper's three forms do it.

They differ in how the objectives of a block of candidate sets are computed, and in nothing else.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from palantir.schedule.selection import Picks, first_of_best

__all__ = ["Evaluate", "pick_greedily"]

# evaluate(anchor, candidates, totals) writes to totals[i] (float64) the objective of the set
# `anchor` (uint8 [N], 0 or 1) plus the node candidates[i] (int64, rising, none an anchor yet).
# It may use `anchor` as scratch, but leaves it as it was.
Evaluate = Callable[[NDArray[np.uint8], NDArray[np.int64], NDArray[np.float64]], None]


def pick_greedily(
    nodes: int, count: int, start: float, evaluate: Evaluate, sets_at_once: int
) -> Picks:
    """Picks `min(count, nodes)` anchors, each the one whose set has the smallest objective.

    start         the objective without anchors, computed as `evaluate` does
    sets_at_once  most candidates of one call of `evaluate`, at least 1

    Python code runs between two calls, and with it the handlers of signals, at which a compiled
    `evaluate` never looks.
    """
    anchor = np.zeros(nodes, np.uint8)
    order: list[int] = []
    total = [start]
    for _ in range(min(count, nodes)):
        candidates = np.flatnonzero(anchor == 0)
        totals = np.empty(len(candidates))
        for first in range(0, len(candidates), sets_at_once):
            block = slice(first, first + sets_at_once)
            evaluate(anchor, candidates[block], totals[block])
        best = first_of_best(total[-1] - totals)
        order.append(int(candidates[best]))
        total.append(float(totals[best]))
        anchor[order[-1]] = 1
    return Picks(np.array(order, np.int64), -np.diff(total), np.array(total))
