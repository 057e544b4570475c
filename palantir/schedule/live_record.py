"""What a `LiveScheduler` hands out: closed intervals, and records of them for cache profiles."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from palantir.errors import ScheduleError
from palantir.graph.frames import FrameRow, FrameTable
from palantir.grid import PatchGrid
from palantir.schedule.allowance import Allowance

__all__ = ["LiveInterval", "LiveRecord", "check_finite"]


@dataclass(frozen=True, eq=False)
class LiveInterval:
    """The anchors of one scheduling interval, and what was known of its frames when it closed.

    rows       what is known of each of its `n` frames, by coded-frame index, in decode order
    grid       the `P` patches of a frame
    order      int64 [K], picks in order; node `v = t*P + p`, `t` counting from 0
    gain       float64 [K], drop of the objective by each pick, the tail included
    objective  sum of the errors of its shown frames, with these and all earlier anchors
    untouched  the same without any anchor, here or earlier
    complete   False where the deadline passed: `order` is then what was found until then
    seconds    that selection took

    Arrays of frames and patches are made when they are first asked for.
    """

    rows: Mapping[int, FrameRow]
    grid: PatchGrid
    order: NDArray[np.int64]
    gain: NDArray[np.float64]
    objective: float
    untouched: float
    complete: bool
    seconds: float

    @cached_property
    def index(self) -> NDArray[np.int64]:
        """Coded-frame indices, int64 [n]."""
        return np.array(list(self.rows), np.int64)

    @cached_property
    def frames(self) -> FrameTable:
        """The table of its frames; references to frames before the interval are -1."""
        place = {index: t for t, index in enumerate(self.rows)}
        return FrameTable.from_rows([
            replace(row, references=tuple(place.get(index, -1) for index in row.references))
            for row in self.rows.values()
        ])  # fmt: skip

    @cached_property
    def anchors(self) -> NDArray[np.bool_]:
        """Bool [n, P]."""
        anchors = np.zeros((len(self.rows), self.grid.count), np.bool_)
        anchors.reshape(-1)[self.order] = True
        return anchors

    def displayed_later(self, index: int, objective: float, untouched: float) -> LiveInterval:
        """The same, now that a packet after its end displays coded frame `index` of it.

        objective, untouched  what the frame adds to them: 0 where it had been shown before
        """
        return replace(
            self,
            rows={i: replace(row, shown=row.shown or i == index) for i, row in self.rows.items()},
            objective=self.objective + objective,
            untouched=self.untouched + untouched,
        )


@dataclass(frozen=True, eq=False)
class LiveRecord:
    """Successive intervals of one stream, as a cache profile needs them (`CacheProfile.from_live`).

    lr_size     (width, height) of the first frame
    grid        the `P` patches of a frame
    anchors     bool [T, P]
    packet      int64 [T], counted from the packet of the first frame
    shown       bool [T], as far as it is known by now
    budget      as asked for
    parameters  what else decided the outcome; `deadline_passed` counts the incomplete intervals
    objective   sum of the errors of the shown frames
    untouched   the same without any anchor
    """

    lr_size: tuple[int, int]
    grid: PatchGrid
    anchors: NDArray[np.bool_]
    packet: NDArray[np.int64]
    shown: NDArray[np.bool_]
    budget: Allowance
    parameters: Mapping[str, bool | int | float | str]
    objective: float
    untouched: float

    @classmethod
    def of(
        cls,
        intervals: Sequence[LiveInterval],
        grid: PatchGrid,
        budget: Allowance,
        parameters: Mapping[str, bool | int | float | str],
    ) -> LiveRecord:
        """The record of `intervals`, one or more. Raises ScheduleError as `check_finite` does."""
        check_finite(intervals)
        rows = [row for interval in intervals for row in interval.rows.values()]
        packet = np.array([row.packet for row in rows], np.int64)
        return cls(
            lr_size=(rows[0].width, rows[0].height),
            grid=grid,
            anchors=np.concatenate([interval.anchors for interval in intervals]),
            packet=packet - packet[0],
            shown=np.array([row.shown for row in rows], np.bool_),
            budget=budget,
            parameters=parameters,
            objective=math.fsum(interval.objective for interval in intervals),
            untouched=math.fsum(interval.untouched for interval in intervals),
        )


def check_finite(intervals: Sequence[LiveInterval]) -> None:
    """Raise ScheduleError where errors, or gains, grew beyond every number."""
    for interval in intervals:
        sums = math.isfinite(interval.objective) and math.isfinite(interval.untouched)
        if not (sums and np.isfinite(interval.gain).all()):
            raise ScheduleError(
                f"from coded frame {next(iter(interval.rows))} on, errors grow beyond every number"
            )
