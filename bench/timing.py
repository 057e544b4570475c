"""Timing that holds on a noisy machine: several rounds in turn, medians, ratios within a round."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

import numpy as np

__all__ = ["Timing", "seconds_of", "side_by_side", "time_rounds"]

_FEWEST = 3  # rounds
_MOST = 200


@dataclass(frozen=True)
class Timing:
    """Wall time of several rounds, in seconds: median and quartiles."""

    median: float
    low: float
    high: float
    rounds: int

    def times(self, factor: float) -> Timing:
        """What `factor` times as much of the same work would take."""
        return Timing(self.median * factor, self.low * factor, self.high * factor, self.rounds)


def time_rounds(work: Callable[[], object], lasting: float = 1.0) -> Timing:
    """Time `work` after one warm-up, 3 to 200 times, until the rounds have lasted so long.

    Work whose warm-up lasts that long (seconds) is done no second time: the warm-up counts.
    """
    first = _time(work)
    if first >= lasting:
        return Timing(first, first, first, 1)
    times: list[float] = []
    while len(times) < _FEWEST or (len(times) < _MOST and sum(times) < lasting):
        times.append(_time(work))
    low, middle, high = np.quantile(times, (0.25, 0.5, 0.75)).tolist()
    return Timing(middle, low, high, len(times))


def seconds_of(work: Callable[[], object], rounds: int = 5) -> float:
    """Median wall time of `work` after one warm-up."""
    work()
    return median(_time(work) for _ in range(rounds))


def side_by_side(
    peer: Callable[[], object], work: Callable[[], object], rounds: int = 5
) -> tuple[float, float, float]:
    """Median seconds of both, run in turn, and the median of the rounds' ratios work/peer."""
    peer(), work()
    times = [(_time(peer), _time(work)) for _ in range(rounds)]
    return (
        median(a for a, _ in times),
        median(b for _, b in times),
        median(b / a for a, b in times),
    )


def _time(work: Callable[[], object]) -> float:
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin
