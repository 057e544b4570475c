"""Selection on a live stream: anchors for each scheduling interval as soon as it has been decoded.

Nothing is forgotten at an interval's border. The errors left in the eight reference slots are
inputs of the next interval, and, with `tail`, what they will cost after it counts too
(docs/method.md, live intervals).
"""

from __future__ import annotations

import math
import time
from fractions import Fraction
from numbers import Rational, Real
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from palantir import _core
from palantir.errors import ScheduleError
from palantir.graph.construct import frame_row
from palantir.graph.error_models import (
    ErrorModel,
    PatchErrors,
    check_unaided,
    error_model_name,
    error_model_of,
    errors_of,
    without_missing,
)
from palantir.graph.frames import FrameRow
from palantir.graph.intervals import Interval
from palantir.grid import MOST_PATCHES, PatchGrid
from palantir.schedule.allowance import Allowance, Extent
from palantir.schedule.budget import Budget
from palantir.schedule.live_record import LiveInterval, LiveRecord, check_finite
from palantir.schedule.network_budget import NetworkBudget

if TYPE_CHECKING:
    from palantir.codec import CodedFrame, DecodedPacket

__all__ = ["LiveScheduler"]


class LiveScheduler:
    """Takes a stream packet by packet and gives the anchors of each interval as it closes.

    budget       share of the patch area, number of anchors, CostShare or NetworkBudget, for each
                 interval
    interval     a number of coded frames, a time ("200ms") or "gop" (from key frame to key frame);
                 it may begin anywhere in a GoP
    grid         patches of a frame; None takes the default for the first frame's size
    tail         also count what an error left in a reference slot is likely to cost after the
                 interval's end, as learned from earlier GoPs of the stream (docs/method.md)
    deadline     seconds of wall time that selection may take in an interval; past it the picks
                 found so far are returned and the interval is marked. None: no limit
    error_model  a name in ERROR_MODELS, or a function like them; across an interval's border, and
                 anywhere if it gives `unaided`, only what it takes from frames in the reference
                 slots counts
    time_base    seconds per unit of the packets' times (`VideoSource.time_base`); intervals and
                 budgets in time need it

    One thread at a time may use it, and many of them may run at once: the GIL is free while our own
    error models measure, and during selection but for intervals of at most 64 patches, which take
    microseconds. The picks are those of `select(..., selector="adjoint")` on the same intervals;
    with no tail and no deadline they are the same nodes in the same order, except that an interval
    does not know yet which of its frames packets after its end will display.

    Raises ScheduleError for an unusable budget, interval, grid, deadline, error model or time base.

    >>> source = VideoSource("segment.webm")                             # doctest: +SKIP
    >>> live = LiveScheduler("5%", "200ms", time_base=source.time_base)  # doctest: +SKIP
    >>> for packet in decode_packets(source):                            # doctest: +SKIP
    ...     for interval in live.push(packet):
    ...         interval.index, interval.anchors
    >>> live.flush()                                                     # doctest: +SKIP
    """

    def __init__(
        self,
        budget: Allowance | float | int | str = 0.05,
        interval: Interval | int | str = 2,
        grid: PatchGrid | tuple[int, int] | str | None = None,
        *,
        tail: bool = False,
        deadline: float | None = None,
        error_model: str | ErrorModel = "detail",
        time_base: Fraction | None = None,
    ) -> None:
        self.budget = Budget.parse(budget)
        self.interval = Interval.parse(interval)
        self.grid = None if grid is None else PatchGrid.parse(grid)
        self.tail = tail
        self.deadline = _above_0("deadline", math.inf if deadline is None else deadline)
        self._error_model = error_model_of(error_model)
        self._model_name = error_model_name(self._error_model)
        self._time_base = self._fraction(time_base)
        self._rows: dict[int, FrameRow] = {}  # of the open interval, by coded-frame index
        self._last = (0, -1)  # packet and index of the newest frame
        self._gives_unaided: bool | None = None
        self._unaided: dict[int, NDArray[np.float64]] = {}  # of the frames in the slots
        self._past: list[LiveInterval] = []  # closed, not yet recorded
        self._selector: _core.LiveSelector | None = None

    def push(self, packet: DecodedPacket) -> list[LiveInterval]:
        """Take the next decoded packet; returns the intervals that close with it, mostly none.

        An interval of so many frames closes with its last one. The end of a GoP and of a stretch
        of time show only when the next frame comes. Packets may be missing: what is taken from
        frames that never came, or were left out, counts as free of error, by the error model
        "detail" as detail that is missing; so all is right from the next key frame.

        Raises ScheduleError where the grid does not fit a frame, the error model's result is
        unusable, or the packet is older than the last or of negative duration; it is then left out.
        Also where errors grow beyond every number: the interval has no anchors to offer then, and
        the stream goes on.
        """
        displayed, duration = packet.displayed, self._seconds(packet)
        checked = self._checked(packet)
        closed = []
        for index, row, frame in checked:
            if index == displayed:
                row.duration, displayed = duration, None
            if self._rows and self._ends_before(row):
                closed.append(self._close())
            self._add(index, row, frame)
        if displayed is not None:
            self._show_again(displayed, duration)
        if self.interval.frames is not None and len(self._rows) >= self.interval.frames:
            closed.append(self._close())
        check_finite(closed)
        return closed

    def flush(self) -> list[LiveInterval]:
        """Close the open interval, if it has a frame: the stream is over, or cannot wait.

        Raises ScheduleError where errors grow beyond every number.
        """
        closed = [self._close()] if self._rows else []
        check_finite(closed)
        return closed

    def record(self) -> LiveRecord:
        """All intervals closed since the last call, for a cache profile; then forgotten.

        Memory grows by some bytes a patch until it is called. Raises ScheduleError if there are
        none, and where errors have grown beyond every number.
        """
        past, self._past = self._past, []
        if not past or self.grid is None:
            raise ScheduleError("no interval has been closed since the last record")
        parameters: dict[str, bool | int | float | str] = {
            "interval": self.interval.frames or str(self.interval),
            "live": True,
            "tail": self.tail,
            "error_model": self._model_name,
            **self.budget.parameters,
        }
        if self.deadline < math.inf:
            parameters["deadline_ms"] = 1000 * self.deadline
            parameters["deadline_passed"] = sum(not interval.complete for interval in past)
        return LiveRecord.of(past, self.grid, self.budget, parameters)

    def _fraction(self, time_base: Fraction | None) -> Fraction:
        if time_base is None:
            if self.interval.microseconds is not None or isinstance(self.budget, NetworkBudget):
                raise ScheduleError(
                    f"interval {self.interval}, budget {self.budget}: time needs a time_base, the "
                    "seconds per unit of the packets' times"
                )
            return Fraction(1, 25)  # of no consequence
        seconds = _above_0("time base", time_base)
        if math.isinf(seconds):
            raise ScheduleError(f"time base {time_base!r} is not a finite time")
        return Fraction(time_base) if isinstance(time_base, Rational) else Fraction(seconds)

    def _seconds(self, packet: DecodedPacket) -> float:
        """For which the packet's frame is displayed."""
        units = packet.packet.duration
        if units < 0:
            raise ScheduleError(f"packet {packet.packet.index} has a duration of {units} units")
        return units * self._time_base.numerator / self._time_base.denominator

    def _checked(self, packet: DecodedPacket) -> list[tuple[int, FrameRow, _core.LiveFrame]]:
        """Index and facts of the packet's frames, once all of them are known to be usable."""
        grid, (last_packet, last_index) = self.grid, self._last
        unaided, given = self._unaided, self._gives_unaided
        result = []
        for frame in packet.frames:
            index, row = frame.index, frame_row(frame, self._time_base)
            if row.packet < last_packet or index <= last_index:
                raise ScheduleError(
                    f"coded frame {index} in packet {row.packet} does not follow coded "
                    f"frame {last_index} in packet {last_packet}"
                )
            grid = (grid or PatchGrid.default(row.width, row.height)).fit(row.width, row.height)
            errors = errors_of(self._error_model, frame, grid)
            native = _native(frame, grid, errors)
            given = check_unaided(errors, frame, grid, given)
            if errors.unaided is not None:
                if (complete := without_missing(errors, unaided)) is not errors:
                    native = _native(frame, grid, complete)
                known = {**unaided, index: errors.unaided}
                unaided = {i: known[i] for i in frame.slots if i in known}
            result.append((index, row, native))
            last_packet, last_index = row.packet, index
        self.grid, self._last = grid, (last_packet, last_index)
        self._unaided, self._gives_unaided = unaided, given
        return result

    def _ends_before(self, row: FrameRow) -> bool:
        assert self.grid is not None
        if (len(self._rows) + 1) * self.grid.count > MOST_PATCHES:  # nor could a profile hold it
            return True
        elapsed = row.time - next(iter(self._rows.values())).time
        return self.interval.ends_before(row.key, len(self._rows), elapsed)

    def _add(self, index: int, row: FrameRow, frame: _core.LiveFrame) -> None:
        assert self.grid is not None
        if self._selector is None:
            self._selector = _core.LiveSelector(self.grid.count, self.tail)
        self._selector.push(frame)
        self._rows[index] = row

    def _show_again(self, index: int, duration: float) -> None:
        """Coded frame `index`, of an earlier packet, is displayed now."""
        if self._selector is None:
            return  # a frame from before the first that came
        added = self._selector.show(index)
        if index in self._rows:
            self._rows[index].shown = True
            self._rows[index].duration += duration
            return
        for place in reversed(range(len(self._past))):
            if next(iter(self._past[place].rows)) <= index:
                self._past[place] = self._past[place].displayed_later(index, *added)
                return

    def _close(self) -> LiveInterval:
        assert self._selector is not None
        assert self.grid is not None
        frames = Extent.of(self._rows.values())
        begin = time.perf_counter()
        wanted = self.budget.most(frames, self.grid)
        order, gain, _ = self._selector.select(wanted, self.deadline)
        complete = len(order) == wanted
        kept = self.budget.prefix(order, frames, self.grid)
        order, gain = order[:kept], gain[:kept]
        seconds = time.perf_counter() - begin
        objective, untouched = self._selector.settle(order)
        closed = LiveInterval(
            rows=self._rows,
            grid=self.grid,
            order=order,
            gain=gain,
            objective=objective,
            untouched=untouched,
            complete=complete,
            seconds=seconds,
        )
        self._rows = {}
        self._past.append(closed)
        return closed


def _native(frame: CodedFrame, grid: PatchGrid, errors: PatchErrors) -> _core.LiveFrame:
    """Raises ScheduleError where the error model's result is unusable."""
    native = frame.native
    try:
        return _core.LiveFrame(
            native.index, native.shown, native.key, frame.slots, grid.count, *errors[:5]
        )
    except ValueError as error:
        raise ScheduleError(f"the error model gives coded frame {native.index} {error}") from None


def _above_0(name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, Real) or not float(value) > 0:
        raise ScheduleError(f"{name} {value!r} is not a time above 0 seconds")
    return float(value)
