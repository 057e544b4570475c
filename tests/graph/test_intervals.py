"""Scheduling intervals by key frames, by count and by time."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from palantir.errors import ScheduleError
from palantir.graph import FrameTable
from palantir.graph.intervals import LONGEST, Interval


def table(times: list[float], keys: list[bool] | None = None) -> FrameTable:
    plain = FrameTable.plain(64, 64, [True] * len(times), keys)
    return replace(plain, time=np.array(times))


@pytest.mark.parametrize(
    ("value", "interval", "text"),
    [
        ("gop", Interval(), "gop"),
        (12, Interval(frames=12), "12"),
        ("12", Interval(frames=12), "12"),
        ("200ms", Interval(microseconds=200_000), "200ms"),
        (" 33.4ms ", Interval(microseconds=33_400), "33.4ms"),
        ("0.001ms", Interval(microseconds=1), "0.001ms"),
        ("999999999ms", Interval(microseconds=999_999_999_000), "999999999ms"),
    ],
)
def test_an_interval_is_named_in_text_or_as_a_number(
    value: Any, interval: Interval, text: str
) -> None:
    assert Interval.parse(value) == interval
    assert str(interval) == text
    assert Interval.parse(interval) is interval
    assert Interval.parse(text) == interval


@pytest.mark.parametrize(
    "value",
    [0, -1, True, 1.5, None, "", "0", "0ms", "0.0001ms", "-1ms", "1s", "1e3ms", "ms", "GOP", "²",
     "9" * 10, "200 ms", "nanms"],
)  # fmt: skip
def test_other_values_are_refused_in_one_line(value: Any) -> None:
    with pytest.raises(ScheduleError, match=r"^interval [^\n]*$"):
        Interval.parse(value)


def test_a_time_and_a_number_of_frames_exclude_each_other() -> None:
    with pytest.raises(ScheduleError, match="interval"):
        Interval(frames=2, microseconds=2)


def test_a_timed_interval_ends_before_the_first_frame_that_is_so_much_later() -> None:
    times = table([0, 0.04, 0.19, 0.2, 0.39, 0.4, 0.61, 0.7])
    assert Interval.parse("200ms").starts(times) == [0, 3, 5, 6]


@pytest.mark.parametrize(("rate", "frames"), [(25, 5), (30, 6), (50, 10), (60, 12), (24, 5)])
def test_rounded_times_do_not_move_the_end(rate: int, frames: int) -> None:
    """0.24 - 0.04 is below 0.2 in binary; a whole number of frames of 200 ms stays whole."""
    for start in (0.0, 1e6 / 3):
        times = table([start + t / rate for t in range(4 * frames)])
        assert Interval.parse("200ms").starts(times) == [0, frames, 2 * frames, 3 * frames]


def test_frames_of_one_packet_stay_together_and_a_gap_makes_no_empty_interval() -> None:
    assert Interval.parse("40ms").starts(table([0, 0.04, 0.04, 0.08, 9, 9.04])) == [0, 1, 3, 4, 5]


def test_key_frames_start_gops_and_the_first_frame_does_too() -> None:
    keys = [False, True, False, False, True, True]
    assert Interval().starts(table([0.0] * 6, keys)) == [0, 1, 4, 5]


def test_no_frames_have_no_interval() -> None:
    assert Interval().starts(table([])) == []


def test_the_rule_can_be_asked_frame_by_frame() -> None:
    assert Interval(frames=3).ends_before(key=True, frames=2, elapsed=99) is False
    assert Interval(frames=3).ends_before(key=False, frames=3, elapsed=0) is True
    assert Interval(microseconds=40_000).ends_before(key=True, frames=9, elapsed=0.039) is False
    assert Interval(microseconds=40_000).ends_before(key=False, frames=1, elapsed=0.04) is True
    assert Interval().ends_before(key=False, frames=999, elapsed=999) is False
    assert Interval().ends_before(key=True, frames=1, elapsed=0) is True


def test_time_that_goes_back_before_the_beginning_ends_an_interval() -> None:
    times = table([10, 10.04, 10.08, 2, 2.04, 2.12, 2.08, 2.2])
    assert Interval.parse("200ms").starts(times) == [0, 3, 7]


@pytest.mark.parametrize("length", ["gop", "200ms"])
def test_neither_missing_key_frames_nor_a_stopped_clock_make_an_interval_endless(
    length: str,
) -> None:
    times = table([1.0] * (2 * LONGEST + 1), [True] + [False] * 2 * LONGEST)
    assert Interval.parse(length).starts(times) == [0, LONGEST, 2 * LONGEST]
    assert Interval(frames=LONGEST + 9).starts(times) == [0, LONGEST + 9]
