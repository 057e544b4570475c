"""Scheduling intervals: the coded frames whose anchors are chosen together."""

from __future__ import annotations

import re
from dataclasses import dataclass

from palantir.errors import ScheduleError
from palantir.graph.frames import FrameTable

__all__ = ["LONGEST", "Interval"]

LONGEST = 3600  # a minute of 60 frames/s: bounds memory where key frames or the clock fail to come
_MICROSECONDS = 1_000_000


@dataclass(frozen=True, slots=True)
class Interval:
    """How long a scheduling interval lasts, by the rule `ends_before`; at least one coded frame.

    frames        so many coded frames, 1 or more
    microseconds  instead: so much time, 1 or more; also where time goes back before its beginning
    Neither: from one key frame to the next.
    The last two have at most LONGEST coded frames, whatever clock and encoder do.
    """

    frames: int | None = None
    microseconds: int | None = None

    def __post_init__(self) -> None:
        given = [n for n in (self.frames, self.microseconds) if n is not None]
        if given and (len(given) > 1 or given[0] < 1):
            raise ScheduleError(f"interval {self} is not one length of at least 1")

    @classmethod
    def parse(cls, value: Interval | int | str) -> Interval:
        """An interval from an interval, a number of frames, or text ("gop", "12", "200ms").

        Raises ScheduleError for anything else.
        """
        if isinstance(value, Interval):
            return value
        if isinstance(value, int) and not isinstance(value, bool):
            return cls(frames=value)
        text = value.strip() if isinstance(value, str) else ""
        match = re.fullmatch(r"gop|([0-9]{1,9})|([0-9]{1,9}(?:\.[0-9]{1,3})?)ms", text)
        if match is None:
            raise ScheduleError(
                f"interval {value!r} is neither gop nor a number of frames nor a time like 200ms"
            )
        frames, milliseconds = match.groups()
        if frames:
            return cls(frames=int(frames))
        return cls(microseconds=round(1000 * float(milliseconds))) if milliseconds else cls()

    def __str__(self) -> str:
        if self.microseconds is not None:
            return f"{self.microseconds / 1000:.15g}ms"
        return "gop" if self.frames is None else str(self.frames)

    def ends_before(self, key: bool, frames: int, elapsed: float) -> bool:
        """Whether an interval of `frames` coded frames so far (1 or more) ends before the next one.

        key      the next coded frame is a key frame
        elapsed  seconds from the time of the interval's first frame to that of the next frame
        """
        if self.frames is not None:
            return frames >= self.frames
        if frames >= LONGEST:
            return True
        if self.microseconds is not None:
            passed = round(elapsed * _MICROSECONDS)  # 0.24 - 0.04 < 0.2
            return passed < 0 or passed >= self.microseconds
        return key

    def starts(self, table: FrameTable) -> list[int]:
        """The first coded frame of every interval of `table`."""
        starts = [0] if len(table) else []
        keys, times = table.key.tolist(), table.time.tolist()
        for t in range(1, len(table)):
            if self.ends_before(keys[t], t - starts[-1], times[t] - times[starts[-1]]):
                starts.append(t)
        return starts
