from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from palantir.errors import MediaError
from palantir.quality import ssim


def direct_ssim(x: NDArray[np.uint8], y: NDArray[np.uint8]) -> float:
    """The paper's formula, window by window, in double precision, with central moments."""
    grid = np.arange(-5, 6)
    weights = np.exp(-(grid[:, None] ** 2 + grid[None, :] ** 2) / (2 * 1.5**2))
    weights /= weights.sum()
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    values = []
    for row in range(x.shape[0] - 10):
        for column in range(x.shape[1] - 10):
            a = x[row : row + 11, column : column + 11].astype(float)
            b = y[row : row + 11, column : column + 11].astype(float)
            mean_a, mean_b = (weights * a).sum(), (weights * b).sum()
            variance_a = (weights * (a - mean_a) ** 2).sum()
            variance_b = (weights * (b - mean_b) ** 2).sum()
            covariance = (weights * (a - mean_a) * (b - mean_b)).sum()
            values.append(
                (2 * mean_a * mean_b + c1)
                * (2 * covariance + c2)
                / ((mean_a**2 + mean_b**2 + c1) * (variance_a + variance_b + c2))
            )
    return float(np.mean(values))


@pytest.mark.parametrize("strength", [0, 2, 10, 60])
@pytest.mark.parametrize("base", [20, 128, 250])
def test_equals_the_formula_evaluated_window_by_window(strength: int, base: int) -> None:
    random = np.random.default_rng(strength + base)
    ramp = base + np.arange(31)[:, None] - np.arange(26)[None, :] // 2
    x = np.clip(ramp, 0, 255).astype(np.uint8)
    y = np.clip(x + random.normal(0, strength, x.shape), 0, 255).astype(np.uint8)
    assert ssim(x, y) == pytest.approx(direct_ssim(x, y), abs=2e-5)


def test_equal_planes_give_one() -> None:
    plane = np.random.default_rng(1).integers(0, 256, (40, 30), dtype=np.uint8)
    assert ssim(plane, plane) == pytest.approx(1, abs=1e-6)


def test_two_flat_planes_leave_only_the_luminance_term() -> None:
    x, y = np.full((20, 20), 100, np.uint8), np.full((20, 20), 150, np.uint8)
    c1 = 2.55**2
    assert ssim(x, y) == pytest.approx((2 * 100 * 150 + c1) / (100**2 + 150**2 + c1), rel=1e-5)


def test_an_inverted_pattern_is_negative() -> None:
    x = np.random.default_rng(2).integers(0, 256, (40, 40), dtype=np.uint8)
    assert ssim(x, 255 - x) < 0


def test_unequal_or_tiny_planes_are_refused() -> None:
    with pytest.raises(ValueError, match=r"SSIM of planes of \(20, 20\) and \(20, 21\)"):
        ssim(np.zeros((20, 20), np.uint8), np.zeros((20, 21), np.uint8))
    tiny = np.zeros((10, 20), np.uint8)
    with pytest.raises(MediaError, match="SSIM needs 11x11 pixels, the frame is 20x10"):
        ssim(tiny, tiny)
