from __future__ import annotations

import numpy as np
import pytest

from palantir import _core
from palantir.errors import ScheduleError
from palantir.schedule import Budget, Selection
from palantir.schedule.selection import TIE_TOLERANCE, first_of_best


def selection() -> Selection:
    return Selection(
        np.array([5, 0, 3]), np.array([3.0, 2.0, 1.0]), np.array([9.0, 6.0, 4.0, 3.0]),
        "adjoint", Budget(3),
    )  # fmt: skip


def test_the_smallest_index_wins_among_gains_that_differ_by_rounding() -> None:
    assert first_of_best(np.array([1.0, 2.0 - 1e-12, 2.0, 2.0])) == 1
    assert first_of_best(np.array([1.0, 2.0 - 1e-8, 2.0])) == 2
    assert first_of_best(np.array([0.0, 0.0])) == 0
    assert first_of_best(np.array([-1e-18, 0.0])) == 1


def test_native_selectors_use_the_same_tolerance() -> None:
    assert _core.TIE_TOLERANCE == TIE_TOLERANCE


def test_a_prefix_is_the_choice_for_a_smaller_budget() -> None:
    part = selection().prefix(1)
    assert part.order.tolist() == [5]
    assert part.gain.tolist() == [3]
    assert part.total.tolist() == [9, 6]
    assert len(selection().prefix(0)) == 0
    with pytest.raises(ScheduleError, match="a selection of 3 anchors has no first 4"):
        selection().prefix(4)
    with pytest.raises(ScheduleError, match="no first -1"):
        selection().prefix(-1)


def test_anchors_by_frame_are_row_major() -> None:
    assert selection().anchors_by_frame(3, 2).tolist() == [
        [True, False], [False, True], [False, True],
    ]  # fmt: skip
    with pytest.raises(ScheduleError, match="outside 1 frames of 5 patches"):
        selection().anchors_by_frame(1, 5)
