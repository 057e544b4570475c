"""Timing that holds on a noisy machine: several rounds in turn, medians, ratios within a round."""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import median

__all__ = ["seconds_of", "side_by_side"]


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
