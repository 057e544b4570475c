"""Quality against cost, read both ways."""

from __future__ import annotations

import pytest

from palantir.evaluate.curves import Curve

CURVE = Curve([0, 1, 2, 4], [30.0, 31.0, 30.5, 33.0])


@pytest.mark.parametrize(
    ("psnr", "cost"),
    [(29.0, 0.0), (30.0, 0.0), (30.5, 0.5), (31.0, 1.0), (32.0, 2.5), (33.0, 4.0), (33.01, None)],
)
def test_the_least_cost_of_a_quality(psnr: float, cost: float | None) -> None:
    assert CURVE.cost_at(psnr) == (None if cost is None else pytest.approx(cost))


@pytest.mark.parametrize(("cost", "psnr"), [(0, 30), (0.5, 30.5), (3, 31.75), (4, 33), (5, None)])
def test_quality_for_a_cost(cost: float, psnr: float | None) -> None:
    assert CURVE.psnr_at(cost) == (None if psnr is None else pytest.approx(psnr))
