"""Output times that always rise, whatever the source's clock does (docs/live-input.md)."""

from __future__ import annotations

from fractions import Fraction

__all__ = ["SteadyClock"]

_BACK = 1  # seconds: steps back by less are jitter
_AHEAD = 3600  # seconds: steps ahead by less are true gaps


class SteadyClock:
    """Moves the times of one track's items, given one after another.

    Where a time is a second or more before the last one, or an hour or more after it, the clock
    has jumped: that item follows the last one directly, and all after it are moved as much. A
    time that repeats, or goes back by less, becomes one unit after the last, and moves no other.

    unit       seconds per unit of the times
    from_zero  a first time below 0 becomes 0, and moves all others
    """

    def __init__(self, unit: Fraction, *, from_zero: bool = False) -> None:
        self._unit = unit
        self._from_zero = from_zero
        self._shift = 0
        self._opening = 0  # what the first item was moved by
        self._end = 0  # of the last item
        self._last: int | None = None

    @property
    def opening(self) -> Fraction:
        """Seconds that `from_zero` moves the first item by; 0 before it was given."""
        return self._opening * self._unit

    def moved(self, time: int, duration: int) -> int:
        """The output time of the next item; `duration` counts where the clock jumps after it."""
        time += self._shift
        if self._last is None:
            if self._from_zero and time < 0:
                self._shift = self._opening = -time
                time = 0
        else:
            step = (time - self._last) * self._unit
            if step <= -_BACK or step >= _AHEAD:
                self._shift += self._end - time
                time = self._end
            time = max(time, self._last + 1)
        self._last, self._end = time, time + max(1, duration)
        return time
