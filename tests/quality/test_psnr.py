from __future__ import annotations

import math

import numpy as np
import pytest

from palantir.media import Planes
from palantir.quality import PSNR_CAP, mean_squared_error, psnr, psnr_y, psnr_yuv


def flat(y: int, u: int, v: int) -> Planes:
    return (
        np.full((32, 48), y, np.uint8),
        np.full((16, 24), u, np.uint8),
        np.full((16, 24), v, np.uint8),
    )


@pytest.mark.parametrize("difference", [1, 5, 255])
def test_a_constant_difference_has_a_closed_form(difference: int) -> None:
    assert psnr_y(flat(0, 9, 9), flat(difference, 0, 0)) == pytest.approx(
        20 * math.log10(255 / difference)
    )


def test_equal_pictures_reach_the_cap() -> None:
    picture = flat(1, 2, 3)
    assert psnr_y(picture, picture) == psnr_yuv(picture, picture) == PSNR_CAP == 100


def test_no_error_is_so_small_that_it_exceeds_the_cap() -> None:
    assert psnr(1e-12) == PSNR_CAP


def test_the_error_is_symmetric_and_does_not_wrap_around() -> None:
    black, white = np.zeros((4, 4), np.uint8), np.full((4, 4), 255, np.uint8)
    assert mean_squared_error(black, white) == mean_squared_error(white, black) == 255**2


@pytest.mark.parametrize("shape", [(99, 1920), (3, 66_051), (2, 66_052), (2, 140_001), (9, 1)])
def test_the_error_is_exact_at_any_size(shape: tuple[int, int]) -> None:
    black, white = np.zeros(shape, np.uint8), np.full(shape, 255, np.uint8)
    assert mean_squared_error(black, white) == 255**2
    one, two = np.random.default_rng(1).integers(0, 256, (2, *shape), np.uint8)
    squares = [(int(a) - int(b)) ** 2 for a, b in zip(one.flat, two.flat, strict=True)]
    assert mean_squared_error(one, two) == sum(squares) / one.size


def test_the_planes_weigh_six_to_one_to_one() -> None:
    error = (6 * 2**2 + 4**2 + 8**2) / 8
    assert psnr_yuv(flat(10, 20, 30), flat(12, 24, 38)) == pytest.approx(
        10 * math.log10(255**2 / error)
    )


def test_planes_of_other_shapes_are_refused() -> None:
    with pytest.raises(ValueError, match="planes"):
        mean_squared_error(np.zeros((4, 4), np.uint8), np.zeros((4, 5), np.uint8))
