"""An error graph cut by coded frame into sparse matrices, for the selectors that run on torch.

A patch takes error from earlier frames only. The errors of a whole frame therefore follow from
those of the frames before it in one product: of a matrix and a vector for one candidate set, of
two matrices for many sets side by side.
"""

from __future__ import annotations

import warnings
from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from palantir.errors import ScheduleError
from palantir.graph.error_graph import ErrorGraph
from palantir.schedule.greedy import Evaluate, pick_greedily
from palantir.schedule.selection import Picks

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["FrameProducts", "Sweep"]


class FrameProducts:
    """What each coded frame takes from the frames before it.

    dtype     "float64" or "float32", of all values
    selector  its name, for errors

    Raises ScheduleError without torch and for another dtype.
    """

    def __init__(self, graph: ErrorGraph, dtype: str, selector: str) -> None:
        if dtype not in ("float64", "float32"):
            raise ScheduleError(f"dtype {dtype!r} is neither 'float64' nor 'float32'")
        self.torch = _torch(selector)
        self.graph = graph
        self.dtype = np.dtype(dtype)
        self.shown = self.tensor(graph.arrays.shown)
        self.texture = self.tensor(graph.texture)
        patches = graph.grid.count
        self.frames = [slice(low, low + patches) for low in range(0, graph.nodes, patches)]
        self.weights = [self._weights(frame) for frame in self.frames]

    def tensor(self, values: NDArray[Any]) -> Tensor:
        """`values` in this dtype; infinite where they do not fit it."""
        with np.errstate(over="ignore"):
            return self.torch.from_numpy(np.asarray(values, self.dtype))

    def _weights(self, frame: slice) -> Tensor | None:
        """CSR `[P, nodes before frame]`; None where the frame takes nothing from others."""
        rows = self.graph.weights[frame, : frame.start]
        if not rows.nnz:
            return None
        index = (
            self.torch.from_numpy(part.astype(np.int32)) for part in (rows.indptr, rows.indices)
        )
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Sparse CSR tensor support is in beta", UserWarning)
            return self.torch.sparse_csr_tensor(
                *index, self.tensor(rows.data), size=rows.shape, check_invariants=True
            )

    def pick(self, count: int, start: float, evaluate: Evaluate, sets_at_once: int) -> Picks:
        """Picks greedily, `start` being the objective without anchors.

        Single precision decides the order only: what the picks bring is computed in double.
        Raises ScheduleError where the errors do not fit the dtype.
        """
        if not np.isfinite(start):
            raise ScheduleError(f"the graph's errors grow beyond {self.dtype}")
        picks = pick_greedily(self.graph.nodes, count, start, evaluate, sets_at_once)
        if self.dtype == np.float64:
            return picks
        total = self.graph.objectives(picks.order)
        return Picks(picks.order, -np.diff(total), total)


class Sweep:
    """The objective of one set (`sets` None), or of `sets` side by side, by a pass over the frames.

    keep  Tensor [N] or [N, sets]: 0 where a node is an anchor, else 1; the caller's to change
    """

    def __init__(self, products: FrameProducts, sets: int | None = None) -> None:
        torch, texture = products.torch, products.texture
        shape = [products.graph.nodes] if sets is None else [products.graph.nodes, sets]
        self.keep = torch.ones(shape, dtype=texture.dtype)
        self._errors = torch.zeros(shape, dtype=texture.dtype)
        self._shown = products.shown
        self._multiply_add = torch.addmv if sets is None else torch.addmm
        if sets is not None:
            texture = texture[:, None]
        self._steps = [
            (
                weights,
                texture[frame],
                self._errors[: frame.start],
                self._errors[frame],
                self.keep[frame],
            )
            for frame, weights in zip(products.frames, products.weights, strict=True)
        ]

    def objectives(self) -> Tensor:
        """The objective of each set, [] or [sets]."""
        for weights, texture, before, errors, keep in self._steps:
            if weights is None:
                errors.copy_(texture)
            else:
                self._multiply_add(texture, weights, before, out=errors)
            errors.mul_(keep)
        return self._shown @ self._errors


def _torch(selector: str) -> Any:
    try:
        return import_module("torch")
    except ModuleNotFoundError as error:
        if error.name != "torch":
            raise
        raise ScheduleError(
            f'selector {selector} needs torch: pip install "palantir-sr[torch]"'
        ) from None
