"""Error models: what one coded frame's trace says of the error that its patches raise and pass on.

An error model is a function from a coded frame and a patch grid to `PatchErrors`. `paper` is the
one of docs/method.md. Another takes a function of this signature and nothing else: pass it as
`error_model` to whatever builds a graph, or enter it in `ERROR_MODELS` to call it by name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from palantir.errors import ScheduleError
from palantir.grid import PatchGrid

if TYPE_CHECKING:
    from palantir.codec import CodedFrame

__all__ = ["ERROR_MODELS", "ErrorModel", "PatchErrors", "check_errors", "error_model_of", "paper"]


class PatchErrors(NamedTuple):
    """Texture and reference weights of one coded frame's patches.

    The last four are columns of one table of edges; edges between the same two patches add up.
    """

    texture: NDArray[np.float64]  # [P], error that arises in a patch if it is reused, >= 0
    patch: NDArray[np.int32]  # [E], dependent patch of this frame
    reference: NDArray[np.int32]  # [E], coded-frame index, below this frame's
    source: NDArray[np.int32]  # [E], patch of the reference
    weight: NDArray[np.float64]  # [E], share of the source's error that lands in the patch, >= 0


ErrorModel = Callable[["CodedFrame", PatchGrid], PatchErrors]


def paper(frame: CodedFrame, grid: PatchGrid) -> PatchErrors:
    """Texture complexity and pixels referred to (docs/method.md, error graph)."""
    edges = frame.native.weights(grid.rows, grid.columns)
    return PatchErrors(frame.native.texture(grid.rows, grid.columns), *edges[:4])


ERROR_MODELS: Mapping[str, ErrorModel] = {"paper": paper}


def error_model_of(model: str | ErrorModel) -> ErrorModel:
    """The error model of that name, or the function itself.

    Raises ScheduleError for a name that is not in ERROR_MODELS.
    """
    if callable(model):
        return model
    if model not in ERROR_MODELS:
        raise ScheduleError(f"error model {model!r} is none of: {', '.join(ERROR_MODELS)}")
    return ERROR_MODELS[model]


def check_errors(errors: PatchErrors, frame: CodedFrame, grid: PatchGrid) -> None:
    """Raise ScheduleError where columns differ in length or an edge's end is no earlier patch.

    Values are for the graph to check.
    """
    if any(column.ndim != 1 for column in errors):
        raise ScheduleError(f"the error model gives coded frame {frame.index} what is no column")
    lengths = [len(column) for column in errors]
    if lengths[0] != grid.count or len(set(lengths[1:])) != 1:
        raise ScheduleError(
            f"the error model gives coded frame {frame.index} columns of lengths {lengths} "
            f"for {grid.count} patches"
        )
    _check_range("patch", errors.patch, frame.index, grid.count)
    _check_range("reference", errors.reference, frame.index, frame.index)
    _check_range("source", errors.source, frame.index, grid.count)


def _check_range(name: str, column: NDArray[np.int32], frame: int, stop: int) -> None:
    wrong = column[(column < 0) | (column >= stop)]
    if len(wrong):
        raise ScheduleError(
            f"the error model gives coded frame {frame} an edge with {name} {wrong[0]} "
            f"where there are {stop}"
        )
