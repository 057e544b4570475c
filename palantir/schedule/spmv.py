"""The paper's intra-set parallelism: all patches of a frame at once, one candidate set at a time.

Each coded frame is one sparse matrix-vector product of `torch.sparse`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from palantir.graph.error_graph import ErrorGraph
from palantir.schedule.frame_products import FrameProducts, Sweep
from palantir.schedule.selection import Picks

__all__ = ["select"]

_SETS_AT_ONCE = 64


def select(graph: ErrorGraph, count: int, *, dtype: str = "float64") -> Picks:
    """Picks `count` anchors (0..N) of `graph`, in the order of `sequential` where `dtype` allows.

    dtype  "float64", or "float32", which may order near ties differently

    Threads are torch's own (`torch.set_num_threads`): one is fastest for frames of few patches, and
    several on a busy machine need OMP_WAIT_POLICY=PASSIVE. Raises ScheduleError without torch, for
    another dtype, or where the errors do not fit it.
    """
    products = FrameProducts(graph, dtype, "spmv")
    sweep = Sweep(products)
    start = float(sweep.objectives())

    def evaluate(
        anchor: NDArray[np.uint8], candidates: NDArray[np.int64], totals: NDArray[np.float64]
    ) -> None:
        sweep.keep.copy_(products.tensor(1 - anchor))
        for place, node in enumerate(candidates.tolist()):
            sweep.keep[node] = 0
            totals[place] = float(sweep.objectives())
            sweep.keep[node] = 1

    return products.pick(count, start, evaluate, _SETS_AT_ONCE)
