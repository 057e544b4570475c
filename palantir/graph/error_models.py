"""Error models: what one coded frame's trace says of the error that its patches raise and pass on.

An error model is a function from a coded frame and a patch grid to `PatchErrors`; those that are
here are of docs/method.md (error models). Another takes a function of this signature and nothing
else: pass it as `error_model` to whatever builds a graph. It is called with a stream's frames in
decode order and may remember what it likes of them; `ERROR_MODELS` makes a new one by name for each
graph.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from numbers import Real
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from palantir.errors import ScheduleError
from palantir.grid import PatchGrid

if TYPE_CHECKING:
    from palantir.codec import CodedFrame

__all__ = [
    "ERROR_MODELS",
    "DetailModel",
    "ErrorModel",
    "PatchErrors",
    "check_errors",
    "check_unaided",
    "error_model_name",
    "error_model_of",
    "errors_of",
    "paper",
    "without_missing",
]


class PatchErrors(NamedTuple):
    """Texture and reference weights of one coded frame's patches.

    `patch` to `weight` are columns of one table of edges; edges between the same two add up.
    """

    texture: NDArray[np.float64]  # [P], error that arises in a patch if it is reused, >= 0
    patch: NDArray[np.int32]  # [E], dependent patch of this frame
    reference: NDArray[np.int32]  # [E], coded-frame index, below this frame's
    source: NDArray[np.int32]  # [E], patch of the reference
    weight: NDArray[np.float64]  # [E], share of the source's error that lands in the patch, >= 0
    # [P], error without any anchors, where no frame before can change it; above 0; of all frames
    # or of none
    unaided: NDArray[np.float64] | None = None


_FADE = 2.0  # of detail reuse, where nothing else is asked for
_LONGEST_NAME = 256  # that a profile can hold

ErrorModel = Callable[["CodedFrame", PatchGrid], PatchErrors]


def paper(frame: CodedFrame, grid: PatchGrid) -> PatchErrors:
    """Texture complexity and pixels referred to, of reuse that carries SR pixels.

    Source: docs/method.md, error graph; paper, sections 4.2 and 4.3.
    """
    edges = frame.native.weights(grid.rows, grid.columns)
    return PatchErrors(frame.native.texture(grid.rows, grid.columns), *edges[:4])


class DetailModel:
    """Detail that an anchor can bring and references do not, of detail reuse.

    Error is energy of fine detail that is missing, in squared grey levels of 8-bit LR luma. One
    model serves one stream: it remembers the energies of frames that a later one can refer to.
    How much a patch has, and loses on the way, `weigh` says; where in the patch it is, LR tells.
    A frame that it has not seen can bring nothing: no anchor of it is known.

    fade  of the confidence in detail, grey levels above 0

    Raises ScheduleError for any other fade.

    Source: docs/method.md, error models.
    """

    def __init__(self, fade: float = _FADE) -> None:
        self._fade = _checked_fade(fade)
        self._grid: PatchGrid | None = None
        self._worths: dict[int, NDArray[np.float64]] = {}
        self._packet = -1
        self._before: set[int] = set()  # in the slots when the packet came, which may come again
        self._after: set[int] = set()

    @property
    def name(self) -> str:
        """With the fade, where it is not the default."""
        return "detail" if self._fade == _FADE else f"detail:{self._fade!r}"

    @property
    def remembered(self) -> Collection[int]:
        """Coded frames that the next one can refer to."""
        return self._worths.keys()

    def __call__(self, frame: CodedFrame, grid: PatchGrid) -> PatchErrors:
        """Of the next coded frame, which `grid` fits; references have the same grid.

        Raises ScheduleError where one has another.
        """
        energy, missing, *edges, brought = frame.native.detail(grid.rows, grid.columns, self._fade)
        patch, reference, source = edges
        worth, lost = self.weigh(frame, grid, energy, missing)
        kept = energy - missing
        brought *= np.divide(worth - lost, kept, out=np.zeros(grid.count), where=kept > 0)[patch]
        known = np.isin(reference, [*self._worths])
        if grid != self._grid:
            if known.any():
                raise ScheduleError(
                    f"coded frame {frame.index} has {grid} patches, "
                    f"frame {reference[known][0]}, to which it refers, has {self._grid}"
                )
            self._grid, self._worths = grid, {}
        lost = lost + np.bincount(patch[~known], brought[~known], grid.count)
        patch, reference, source = patch[known], reference[known], source[known]
        there = np.ones(len(source))
        for index in np.unique(reference).tolist():
            of_it = reference == index
            there[of_it] = self._worths[index][source[of_it]]
        self._keep(frame, worth)
        return PatchErrors(lost, patch, reference, source, brought[known] / there, worth)

    def weigh(
        self,
        frame: CodedFrame,
        grid: PatchGrid,
        energy: NDArray[np.float64],
        missing: NDArray[np.float64],
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """[P] each: what an anchor could win, above 0, and what of it no reference brings.

        energy   of the fine detail that LR shows
        missing  of it, what references do not bring by the confidence in the prediction
        """
        return energy, missing

    def _keep(self, frame: CodedFrame, worth: NDArray[np.float64]) -> None:
        """What this packet's frames, if they come again, and later ones can refer to."""
        if frame.packet != self._packet:
            self._packet, self._before = frame.packet, self._after
        self._after = set(frame.slots)
        self._worths[frame.index] = worth
        kept = self._before | self._after
        self._worths = {i: self._worths[i] for i in self._worths if i in kept}


ERROR_MODELS: Mapping[str, Callable[[], ErrorModel]] = {
    "detail": DetailModel,
    "paper": lambda: paper,
}


def error_model_of(model: str | ErrorModel) -> ErrorModel:
    """A new error model of that name, or the function itself.

    "detail:4" is `detail` with a fade of 4. Raises ScheduleError for a name that is not in
    ERROR_MODELS, and for a class.
    """
    if isinstance(model, type):
        raise ScheduleError(f"error model {model.__qualname__} is a class: give one of its objects")
    if callable(model):
        return model
    name, colon, fade = str(model).partition(":")
    if name == "detail" and colon:
        return DetailModel(_number(fade))
    if name not in ERROR_MODELS or colon:
        raise ScheduleError(f"error model {model!r} is none of: {', '.join(ERROR_MODELS)}")
    return ERROR_MODELS[name]()


def _checked_fade(fade: Any) -> float:
    number = isinstance(fade, Real) and not isinstance(fade, bool)
    with suppress(OverflowError):  # of an int that no float can hold
        if number and 0 < (levels := float(fade)) < math.inf:
            return levels
    raise ScheduleError(f"fade {fade!r} is not a number of grey levels above 0")


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise ScheduleError(f"fade {text!r} is not a number of grey levels above 0") from None


def error_model_name(model: ErrorModel) -> str:
    """As profiles keep it: what `error_model_of` takes, or a function's own name and module."""
    if model is paper:
        return "paper"
    if isinstance(model, DetailModel) and "name" in vars(type(model)):  # its own, not inherited
        return model.name
    named = model if hasattr(model, "__qualname__") else type(model)
    return f"{named.__module__}.{named.__qualname__}"[-_LONGEST_NAME:]


def errors_of(model: ErrorModel, frame: CodedFrame, grid: PatchGrid) -> PatchErrors:
    """What the model gives a coded frame, copied: it may fill the same arrays for the next one.

    Raises ScheduleError where that is no PatchErrors, or a column is not of numbers; patches and
    coded frames are whole ones.
    """
    errors: object = model(frame, grid)
    where = f"the error model gives coded frame {frame.index}"
    if not isinstance(errors, PatchErrors):
        raise ScheduleError(f"{where} {type(errors).__name__}, not PatchErrors")
    given = errors._asdict()
    if errors.unaided is None:
        del given["unaided"]
    return PatchErrors(**{name: _array(name, column, where) for name, column in given.items()})


_WHOLE = ("patch", "reference", "source")


def _array(name: str, column: object, where: str) -> NDArray[Any]:
    what = "errors without anchors" if name == "unaided" else f"a column {name}"
    try:
        values = np.asarray(column)
    except ValueError:
        raise ScheduleError(f"{where} {what} that is no array") from None
    if values.size and values.dtype.kind not in ("biu" if name in _WHOLE else "biuf"):
        kind = "whole numbers" if name in _WHOLE else "numbers"
        raise ScheduleError(f"{where} {what} of {values.dtype}, not of {kind}")
    return values.astype(np.int64 if name in _WHOLE else np.float64)


def check_errors(errors: PatchErrors, frame: CodedFrame, grid: PatchGrid) -> None:
    """Raise ScheduleError where columns differ in length or an edge's end is no earlier patch.

    Values are for the graph to check.
    """
    by_patch = [column for column in (errors.texture, errors.unaided) if column is not None]
    by_edge: list[NDArray[Any]] = [errors.patch, errors.reference, errors.source, errors.weight]
    if any(column.ndim != 1 for column in (*by_patch, *by_edge)):
        raise ScheduleError(f"the error model gives coded frame {frame.index} what is no column")
    patches, edges = [len(column) for column in by_patch], [len(column) for column in by_edge]
    lengths = [*patches[:1], *edges, *patches[1:]]
    if set(patches) != {grid.count} or len(set(edges)) != 1:
        raise ScheduleError(
            f"the error model gives coded frame {frame.index} columns of lengths {lengths} "
            f"for {grid.count} patches"
        )
    _check_range("patch", errors.patch, frame.index, grid.count)
    _check_range("reference", errors.reference, frame.index, frame.index)
    _check_range("source", errors.source, frame.index, grid.count)


def check_unaided(
    errors: PatchErrors, frame: CodedFrame, grid: PatchGrid, given: bool | None
) -> bool:
    """Whether there is `unaided`, a column of the patches; `given` says so of the frames before.

    Raises ScheduleError where it is another column, has a value that is not finite or not above 0,
    or is given for some frames only.
    """
    given_now = errors.unaided is not None
    what = "errors without anchors" if given_now else "no errors without anchors"
    where = f"the error model gives coded frame {frame.index} {what}"
    if given is not None and given_now != given:
        raise ScheduleError(f"{where}, unlike the frames before")
    if errors.unaided is None:
        return False
    if errors.unaided.shape != (grid.count,):
        raise ScheduleError(f"{where} of shape {errors.unaided.shape} for {grid.count} patches")
    wrong = ~(np.isfinite(errors.unaided) & (errors.unaided > 0))
    if wrong.any():
        patch = int(np.argmax(wrong))
        raise ScheduleError(f"{where}, {errors.unaided[patch]:g} in patch {patch}")
    return True


def without_missing(
    errors: PatchErrors, came: Mapping[int, NDArray[np.float64] | None]
) -> PatchErrors:
    """The same without edges to coded frames that are not in `came`.

    Of a patch that loses some, what no other edge brings of its `unaided` is missing: a frame that
    never came has no anchors. Where the model gives no `unaided`, nothing is known of it.

    errors  have passed `check_errors`
    came    `unaided` of the frames that came, by their index
    """
    known = np.isin(errors.reference, [*came])
    if known.all():
        return errors
    texture = errors.texture
    if errors.unaided is not None:
        lost = np.bincount(errors.patch[~known], minlength=len(texture)) > 0
        missing = errors.unaided - _brought(errors, came)
        texture = np.where(lost, np.maximum(texture, missing), texture)
    return errors._replace(
        texture=texture,
        patch=errors.patch[known],
        reference=errors.reference[known],
        source=errors.source[known],
        weight=errors.weight[known],
    )


def _brought(
    errors: PatchErrors, came: Mapping[int, NDArray[np.float64] | None]
) -> NDArray[np.float64]:
    """By how much references without anchors leave each patch without detail."""
    there = np.zeros(len(errors.weight))
    for index, unaided in came.items():
        if unaided is not None:
            of_it = errors.reference == index
            there[of_it] = unaided[errors.source[of_it]]
    brought = np.bincount(errors.patch, errors.weight * there, len(errors.texture))
    return np.asarray(brought, np.float64)


def _check_range(name: str, column: NDArray[np.int32], frame: int, stop: int) -> None:
    wrong = column[(column < 0) | (column >= stop)]
    if len(wrong):
        raise ScheduleError(
            f"the error model gives coded frame {frame} an edge with {name} {wrong[0]} "
            f"where there are {stop}"
        )
