"""The paper's intra- and inter-set parallelism: a batch of candidate sets, frame after frame.

Each coded frame is one product of `torch.sparse`: its weights by a dense matrix whose columns are
the errors under each candidate set.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from palantir.errors import ScheduleError
from palantir.graph.error_graph import ErrorGraph
from palantir.schedule.frame_products import FrameProducts, Sweep
from palantir.schedule.selection import Picks

__all__ = ["select"]


def select(
    graph: ErrorGraph, count: int, *, dtype: str = "float64", batch: int | None = None
) -> Picks:
    """Picks `count` anchors (0..N) of `graph`, in the order of `sequential` where `dtype` allows.

    dtype  "float64", or "float32", which may order near ties differently
    batch  candidate sets side by side, at least 1; memory is `2 * N * batch` values. By default
           between 32 and 512, as many as make a million values: fastest where measured

    Threads are torch's own (`torch.set_num_threads`): one is fastest for frames of few patches, and
    several on a busy machine need OMP_WAIT_POLICY=PASSIVE. Raises ScheduleError without torch, for
    another dtype, where the errors do not fit it, or for another batch.
    """
    if batch is None:
        batch = min(max(2**20 // max(graph.nodes, 1), 32), 512)
    elif not isinstance(batch, int) or isinstance(batch, bool) or batch < 1:
        raise ScheduleError(f"batch {batch!r} is not a number of candidate sets, at least 1")
    products = FrameProducts(graph, dtype, "spmm")
    blocks = max(math.ceil(graph.nodes / batch), 1)
    sweep = Sweep(products, max(math.ceil(graph.nodes / blocks), 1))
    start = float(sweep.objectives()[0])

    def evaluate(
        anchor: NDArray[np.uint8], candidates: NDArray[np.int64], totals: NDArray[np.float64]
    ) -> None:
        columns = np.arange(len(candidates))
        sweep.keep[np.flatnonzero(anchor)] = 0
        sweep.keep[candidates, columns] = 0
        totals[:] = sweep.objectives()[: len(candidates)].numpy()
        sweep.keep[candidates, columns] = 1

    return products.pick(count, start, evaluate, sweep.keep.shape[1])
