"""Fitting U's taps, on pictures whose best taps are known."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("torch")

from palantir import _core
from palantir.train.bicubic import upscale_matrix
from palantir.train.dataset import ClipPair
from palantir.train.upscaler import TAPS, bicubic_taps, fit_taps, tap_matrix

ONE = 1 << _core.FRACTION_BITS


def mirrored(random: np.random.Generator, scale: int) -> np.ndarray:
    """Random taps that are mirrored in the middle of an LR sample and add up to 1."""
    taps = random.normal(0, 0.2, (scale, TAPS))
    if scale % 2:
        taps[scale // 2, -1] = 0
        taps[scale // 2, :-1] += taps[scale // 2, -2::-1]
    taps[:, TAPS // 2 - 1] += 1
    for phase in range(scale // 2):
        taps[scale - 1 - phase] = taps[phase][::-1]
    if scale % 2:
        middle = taps[scale // 2, :-1]
        taps[scale // 2, :-1] = (middle + middle[::-1]) / 2
    return np.asarray(taps / taps.sum(axis=1, keepdims=True))


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_the_taps_that_made_the_pictures_are_found(scale: int) -> None:
    random = np.random.default_rng(scale)
    wanted = mirrored(random, scale) * 0.3 + bicubic_taps(scale) * 0.7
    lr = random.integers(60, 190, (1, 1, 1, 40, 44)).astype(np.uint8)
    rows, columns = (tap_matrix(size, wanted) for size in lr.shape[3:])
    hr = np.clip(rows @ lr[0].astype(float) @ columns.T, 0, 255).round().astype(np.uint8)
    found = fit_taps([ClipPair("made", hr, lr)])
    np.testing.assert_allclose(found, wanted, atol=0.01)


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_bicubic_taps_are_those_of_training(scale: int) -> None:
    expected = upscale_matrix(15, scale)
    np.testing.assert_allclose(tap_matrix(15, bicubic_taps(scale)), expected, atol=1e-12)


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_the_engines_taps_are_mirrored_and_sharper_than_bicubic(scale: int) -> None:
    step = np.repeat(np.array([[60, 180]], np.uint8), 12, axis=1).repeat(6, axis=0)
    sharp = _core.upscale(step, scale, "sharp").astype(int)
    bicubic = _core.upscale(step, scale, "bicubic").astype(int)
    np.testing.assert_allclose(sharp + sharp[:, ::-1], 240 * ONE, atol=2)
    assert np.abs(np.diff(sharp, axis=1)).max() > np.abs(np.diff(bicubic, axis=1)).max()
    assert sharp.max() > bicubic.max()
