from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from palantir.errors import ScheduleError
from palantir.graph import FrameTable, PatchGrid
from palantir.schedule import Budget


@pytest.mark.parametrize(
    ("text", "value"),
    [("5%", 0.05), ("12", 12), ("0.05", 0.05), (".5", 0.5), ("100%", 1.0), ("1", 1), ("1.0", 1.0),
     (" 2.5 % ", 0.025), (0.05, 0.05), (12, 12), (1, 1), (1.0, 1.0)],
)  # fmt: skip
def test_shares_have_a_point_or_percent_and_counts_have_none(
    text: str | float, value: float | int
) -> None:
    budget = Budget.parse(text)
    assert isinstance(budget, Budget)
    assert budget.value == value
    assert type(budget.value) is type(value)
    assert Budget.parse(budget) is budget


def test_numpy_numbers_become_plain_ones() -> None:
    int64: Any = np.int64(3)
    assert type(Budget(int64).value) is int
    assert type(Budget(np.float64(0.5)).value) is float


@pytest.mark.parametrize(
    "value",
    [0, -1, 0.0, -0.1, 1.01, 12.0, float("nan"), float("inf"), True, None, "", "%", "0", "0%",
     "101%", "-5%", "five", "1e-2", "nan", "5 percent", (1,),
     "20GMAC/s", "MAC/s", "-1MAC/s", "20gmac/s", "20GMAC"],
)  # fmt: skip
def test_anything_else_is_refused_in_one_line(value: object) -> None:
    with pytest.raises(ScheduleError, match=r"^budget .*$"):
        Budget.parse(value)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("value", "patches", "count"),
    [(0.05, 900, 45), (0.05, 30, 2), (0.05, 10, 1), (0.05, 29, 1), (0.05, 1, 1), (0.01, 15, 1),
     (0.285, 100, 29), (1.0, 7, 7), (12, 900, 12), (12, 5, 5), (0.05, 0, 0)],
)  # fmt: skip
def test_of_equal_patches_shares_round_halves_up_to_at_least_one(
    value: float | int, patches: int, count: int
) -> None:
    frames = FrameTable.plain(64, 64, [True] * patches)
    budget, grid = Budget(value), PatchGrid(1, 1)
    assert budget.most(frames, grid) == count
    assert budget.prefix(np.arange(patches)[::-1], frames, grid) == count


def brute_force(share: float, areas: list[int], total: int) -> int:
    """The number of first areas whose sum is nearest to the share, the larger of two, 1 or more."""
    allowed = Fraction(str(share)) * total
    misses = [abs(sum(areas[:count]) - allowed) for count in range(1, len(areas) + 1)]
    return max(count for count, miss in enumerate(misses, 1) if miss == min(misses))


@given(
    st.integers(1, 100), st.integers(1, 4), st.integers(1, 5),
    st.lists(st.tuples(st.integers(5, 40), st.integers(4, 40)), min_size=1, max_size=6),
    st.randoms(),
)  # fmt: skip
def test_a_share_is_one_of_area(
    percent: int, rows: int, columns: int, sizes: list[tuple[int, int]], random: Random
) -> None:
    """Frames of any sizes, remainder patches larger than the rest, patches in any order."""
    grid = PatchGrid(rows, columns)
    frames = replace(
        FrameTable.plain(64, 64, [True] * len(sizes)),
        width=np.array([width for width, _ in sizes]),
        height=np.array([height for _, height in sizes]),
    )
    areas = [
        int(height) * int(width)
        for w, h in sizes
        for height in np.diff(grid.row_edges(h))
        for width in np.diff(grid.column_edges(w))
    ]
    total = sum(w * h for w, h in sizes)
    order = list(range(len(areas)))
    random.shuffle(order)
    budget = Budget(percent / 100)
    kept = budget.prefix(np.array(order), frames, grid)
    assert kept == brute_force(percent / 100, [areas[node] for node in order], total)
    assert kept <= budget.most(frames, grid) == brute_force(percent / 100, sorted(areas), total)


def test_a_short_order_is_kept_whole() -> None:
    frames, grid = FrameTable.plain(64, 64, [True] * 10), PatchGrid(2, 2)
    for budget in (Budget(0.5), Budget(20)):
        assert budget.prefix(np.arange(3), frames, grid) == 3
        assert budget.prefix(np.arange(0), frames, grid) == 0


def test_a_share_of_several_parts_is_one_of_their_area_together() -> None:
    large = (FrameTable.plain(80, 40, [True] * 5), PatchGrid(1, 2))  # 10 patches of 1600
    small = (FrameTable.plain(20, 20, [True] * 10), PatchGrid(1, 1))  # 10 patches of 400
    half = Budget(0.5)  # 10,000 pixels
    assert half.most_of([large, small]) == [6, 10]  # 9600, and no less near than 11,200; all
    part = np.array([0, 1, 0, 1, 0, 1, 0, 1, 0, 1])
    order = np.array([0, 0, 1, 1, 2, 2, 3, 3, 4, 4])
    assert half.prefix_of([large, small], part, order) == 10
    assert Budget(0.24).prefix_of([large, small], part, order) == 5  # 4800: 4000 or 5600
    assert Budget(0.23).prefix_of([large, small], part, order) == 4


def test_a_grid_that_does_not_fit_has_no_areas() -> None:
    with pytest.raises(ScheduleError, match="patch grid 65x1 does not fit a 64x64 frame"):
        Budget(0.5).most(FrameTable.plain(64, 64, [True]), PatchGrid(65, 1))


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.05, "5%"), (1.0, "100%"), (0.1, "10%"), (1 / 60, "1.6667%"), (100, "100")],
)
def test_budgets_print_as_they_are_asked_for(value: float | int, text: str) -> None:
    assert str(Budget(value)) == text
