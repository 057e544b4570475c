from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from palantir.errors import ScheduleError
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
    assert budget.value == value
    assert type(budget.value) is type(value)
    assert Budget.parse(budget) is budget


def test_numpy_numbers_become_plain_ones() -> None:
    int64: Any = np.int64(3)
    assert type(Budget.parse(int64).value) is int
    assert type(Budget.parse(np.float64(0.5)).value) is float


@pytest.mark.parametrize(
    "value",
    [0, -1, 0.0, -0.1, 1.01, 12.0, float("nan"), float("inf"), True, None, "", "%", "0", "0%",
     "101%", "-5%", "five", "1e-2", "nan", "5 percent", (1,)],
)  # fmt: skip
def test_anything_else_is_refused_in_one_line(value: object) -> None:
    with pytest.raises(ScheduleError, match=r"^budget .*$"):
        Budget.parse(value)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("value", "patches", "count"),
    [(0.05, 900, 45), (0.05, 30, 2), (0.05, 10, 1), (0.05, 29, 1), (0.05, 1, 1), (0.01, 15, 1),
     (0.285, 100, 29), (1.0, 7, 7), (12, 900, 12), (12, 5, 5), (0.05, 0, 0)],
)  # fmt: skip
def test_shares_round_halves_up_to_at_least_one(
    value: float | int, patches: int, count: int
) -> None:
    assert Budget(value).count(patches) == count


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.05, "5%"), (1.0, "100%"), (0.1, "10%"), (1 / 60, "1.6667%"), (100, "100")],
)
def test_budgets_print_as_they_are_asked_for(value: float | int, text: str) -> None:
    assert str(Budget(value)) == text
