"""Keys' kernel at centred phases, edges repeated."""

from __future__ import annotations

import numpy as np
import pytest

from palantir.train.bicubic import upscale_luma, upscale_matrix


@pytest.mark.parametrize("scale", [1, 2, 3, 4])
def test_constant_pictures_stay_constant(scale: int) -> None:
    np.testing.assert_allclose(upscale_matrix(9, scale).sum(axis=1), 1)


def test_scale_one_is_the_identity() -> None:
    np.testing.assert_array_equal(upscale_matrix(7, 1), np.eye(7))


def test_middle_phase_by_hand() -> None:
    # Scale 3, output 16 lies on source 5; scale 2, output 10 at source 4.75, between 3, 4, 5, 6.
    assert upscale_matrix(12, 3)[16, 5] == 1
    a, row = -0.75, upscale_matrix(12, 2)[10]
    near = [((a + 2) * x - (a + 3)) * x**2 + 1 for x in (0.75, 0.25)]
    far = [a * x**3 - 5 * a * x**2 + 8 * a * x - 4 * a for x in (1.75, 1.25)]
    np.testing.assert_allclose(row[3:7], [far[0], near[0], near[1], far[1]])


def test_mirrored_pictures_give_mirrored_results() -> None:
    luma = np.random.default_rng(0).integers(0, 256, (6, 8), dtype=np.uint8)
    upscaled = upscale_luma(luma, 4)
    np.testing.assert_allclose(upscale_luma(luma[:, ::-1], 4), upscaled[:, ::-1])
    assert upscaled.shape == (24, 32)
