"""What a `LiveScheduler` hands out: closed intervals, and records of them for cache profiles."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from palantir.errors import ScheduleError
from palantir.graph.frames import FrameTable
from palantir.grid import PatchGrid
from palantir.schedule.allowance import Allowance

__all__ = ["LiveInterval", "LiveRecord", "check_finite"]


@dataclass(frozen=True, eq=False)
class LiveInterval:
    """The anchors of one scheduling interval, and what was known of its frames when it closed.

    index      int64 [n], coded-frame indices of its `n` frames
    frames     the table of them; references to frames before the interval are -1
    anchors    bool [n, P]
    order      int64 [K], picks in order; node `v = t*P + p`, `t` counting from 0
    gain       float64 [K], drop of the objective by each pick, the tail included
    objective  sum of the errors of its shown frames, with these and all earlier anchors
    untouched  the same without any anchor, here or earlier
    complete   False where the deadline passed: `order` is then what was found until then
    seconds    that selection took
    """

    index: NDArray[np.int64]
    frames: FrameTable
    anchors: NDArray[np.bool_]
    order: NDArray[np.int64]
    gain: NDArray[np.float64]
    objective: float
    untouched: float
    complete: bool
    seconds: float

    def displayed_later(self, index: int, objective: float, untouched: float) -> LiveInterval:
        """The same, now that a packet after its end displays coded frame `index` of it.

        objective, untouched  what the frame adds to them: 0 where it had been shown before
        """
        return replace(
            self,
            frames=replace(self.frames, shown=self.frames.shown | (self.index == index)),
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
        first = intervals[0].frames
        packet = np.concatenate([interval.frames.packet for interval in intervals])
        return cls(
            lr_size=(int(first.width[0]), int(first.height[0])),
            grid=grid,
            anchors=np.concatenate([interval.anchors for interval in intervals]),
            packet=packet - packet[0],
            shown=np.concatenate([interval.frames.shown for interval in intervals]),
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
                f"from coded frame {interval.index[0]} on, errors grow beyond every number"
            )
