"""Times of one track made to rise."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import pytest

from palantir.media.clock import SteadyClock

MILLISECOND = Fraction(1, 1000)


def moved(times: Sequence[int], unit: Fraction = MILLISECOND, **settings: bool) -> list[int]:
    clock = SteadyClock(unit, **settings)
    return [clock.moved(time, 40) for time in times]


@pytest.mark.parametrize(
    ("times", "wanted"),
    [
        ([0, 40, 80], [0, 40, 80]),
        ([500, 540, 4000], [500, 540, 4000]),  # a gap
        ([0, 40, 3_600_039], [0, 40, 3_600_039]),
        ([0, 40, 40, 40, 80], [0, 40, 41, 42, 80]),  # repeated
        ([2000, 2040, 1041, 2080], [2000, 2040, 2041, 2080]),  # jitter
        ([2000, 2040, 1040, 1080, 1160], [2000, 2040, 2080, 2120, 2200]),  # a jump back
        ([0, 40, 3_600_040, 3_600_080], [0, 40, 80, 120]),  # a jump ahead
        ([5000, 0, 9_000_000, 40, 80], [5000, 5040, 5080, 5120, 5160]),  # one jump after another
        ([-40, 0, 40], [-40, 0, 40]),
    ],
)
def test_jumps_are_closed_up_and_gaps_kept(times: list[int], wanted: list[int]) -> None:
    assert moved(times) == wanted


def test_jumps_are_measured_in_seconds() -> None:
    assert moved([100, 76, 176], Fraction(1, 25)) == [100, 101, 176]
    assert moved([100, 75, 76], Fraction(1, 25)) == [100, 140, 141]


def test_a_beginning_below_0_becomes_0_on_request() -> None:
    assert moved([-80, -40, 0], from_zero=True) == [0, 40, 80]
    assert moved([80, -40], from_zero=True) == [80, 81]
    clock = SteadyClock(MILLISECOND, from_zero=True)
    assert clock.opening == 0
    for time in (-80, 0, -3000):  # the last is a jump
        clock.moved(time, 40)
        assert clock.opening == Fraction(80, 1000)


def test_items_without_a_duration_still_rise() -> None:
    clock = SteadyClock(MILLISECOND)
    assert [clock.moved(time, 0) for time in (9000, 0, 0)] == [9000, 9001, 9002]
