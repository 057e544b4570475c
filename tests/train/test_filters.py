"""Filters fitted to clips: known ones are found again, and their gain is what it is said to be."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from numpy.typing import NDArray

from palantir import _core
from palantir.errors import MediaError
from palantir.models.filter_bank import FilterBank
from palantir.train.dataset import HOLDOUT, ClipPair
from palantir.train.filters import EVERY, FittedFilters, fit_filters, gain, judged_filters
from tests.enhance import numpy_filters

Pictures = NDArray[np.uint8]
Weights = NDArray[np.int16]
MANY = 3000  # pixels of a class that tell its filter


def noisy(frames: int, seed: int = 1, size: tuple[int, int] = (160, 240)) -> Pictures:
    """LR pictures [f, h, w] with slopes of every direction, steeper to the right."""
    random = np.random.default_rng(seed)
    noise = random.standard_normal((frames, *size))
    soft = (
        noise + np.roll(noise, 1, 1) + np.roll(noise, 1, 2) + np.roll(noise, (1, 1), (1, 2))
    ) / 2
    return np.rint(125 + np.geomspace(6, 50, size[1]) * soft).clip(30, 225).astype(np.uint8)


def known(seed: int = 2, scale: int = 2, spread: int = 12) -> Weights:
    random = np.random.default_rng(seed)
    shape = (112, 24, scale, scale)
    return random.integers(-spread, spread, shape, endpoint=True).astype(np.int16)


def made_by(weights: Weights, lr: Pictures) -> ClipPair:
    """LR and what the filters make of it."""
    hr = [_core.compose(numpy_filters.upscale(picture, weights)) for picture in lr]
    return ClipPair("made", np.stack(hr)[:, None], lr[None, :, None])


def each_learnt_from(pair: ClipPair) -> ClipPair:
    """The same pictures, so slowly that none is left out."""
    return ClipPair(pair.name, pair.hr.repeat(EVERY, 0), pair.lr.repeat(EVERY, 1))


@pytest.fixture
def without_doubt(monkeypatch: pytest.MonkeyPatch) -> None:
    """Classes of few pixels are believed, too."""
    monkeypatch.setattr("palantir.train.filters.DOUBT", 0)


def occurring(lr: Pictures) -> NDArray[np.int64]:
    """How many pixels are of each class."""
    found = np.stack([numpy_filters.classes(picture) for picture in lr])
    return np.bincount(found.ravel(), minlength=112)


@pytest.mark.usefixtures("without_doubt")
@pytest.mark.parametrize("scale", [2, 3, 4])
def test_the_filters_that_made_hr_are_found_again(scale: int) -> None:
    weights, lr = known(scale=scale), noisy(10)
    often = occurring(lr) >= MANY
    assert often.sum() > 40
    fitted = fit_filters([each_learnt_from(made_by(weights, lr))])
    missed = abs(fitted.weights.astype(int) - weights)[often]
    assert (missed <= 1).mean() > 0.99
    assert missed.max() <= 5  # where slopes are so weak that HR's own rounding counts


def test_a_class_that_does_not_occur_gets_the_filter_of_all() -> None:
    one, lr = np.repeat(known()[:1], 112, axis=0), noisy(2)
    never = occurring(lr) == 0
    assert never.any()
    fitted = fit_filters([each_learnt_from(made_by(one, lr))])
    assert abs(fitted.weights.astype(int) - one)[never].max() <= 1


def test_a_class_that_hardly_occurs_is_drawn_to_the_filter_of_all() -> None:
    """Two classes follow filters of their own, which are taken the less the fewer they are."""
    lr, weights = noisy(10), np.repeat(known()[:1], 112, axis=0)
    counts = occurring(lr)
    rare, common = (int(np.abs(counts - count).argmin()) for count in (60, 6000))
    weights[[rare, common]] += 20
    fitted = fit_filters([each_learnt_from(made_by(weights, lr))]).weights.astype(int)
    taken = [(fitted[one] - (weights[one] - 20)).mean() / 20 for one in (rare, common)]
    assert 0 < taken[0] < 0.7 < 0.9 < taken[1] < 1.01, taken


@pytest.mark.usefixtures("without_doubt")
def test_a_pictures_error_counts_relative_to_that_of_repeated_pixels() -> None:
    lr, weak, strong = noisy(10), known(3, spread=12), known(4, spread=36)
    pairs = [made_by(weights, lr) for weights in (weak, strong)]
    repeated = lr.repeat(2, 1).repeat(2, 2).astype(int)
    errors = [((pair.hr[:, 0] - repeated) ** 2).mean(axis=(1, 2)) for pair in pairs]
    assert errors[1].mean() > 4 * errors[0].mean()
    share = np.mean(errors[1] / (errors[0] + errors[1]))
    expected = share * weak + (1 - share) * strong
    fitted = fit_filters([each_learnt_from(pair) for pair in pairs])
    often = occurring(lr) >= MANY
    assert abs(fitted.weights - expected)[often].mean() < 0.5
    assert abs((weak + strong) / 2 - expected)[often].mean() > 3  # if all counted alike


def test_every_fourth_frame_at_the_first_rate_is_learnt_from() -> None:
    pair = made_by(known(), noisy(EVERY + 1, size=(40, 48)))
    other = ClipPair("other", pair.hr.copy(), np.stack([pair.lr[0], 255 - pair.lr[0]]))
    other.hr[1:EVERY] = 0
    np.testing.assert_array_equal(fit_filters([other]).weights, fit_filters([pair]).weights)
    other.hr[EVERY] = 0
    assert (fit_filters([other]).weights != fit_filters([pair]).weights).any()


@pytest.mark.parametrize("scale", [2, 4])
def test_the_gain_is_the_difference_in_psnr(scale: int) -> None:
    lr, bank = noisy(2, size=(40, 48)), FilterBank(known(5, scale, spread=200))
    hr = np.random.default_rng(6).integers(0, 256, (2, 40 * scale, 48 * scale)).astype(np.uint8)
    won = []
    for low, high in zip(lr, hr, strict=True):
        filtered = _core.compose(numpy_filters.upscale(low, bank.weights))
        plain = _core.compose(_core.upscale(low, scale, "sharp"))
        errors = [np.mean((made.astype(float) - high) ** 2) for made in (filtered, plain)]
        won.append(10 * np.log10(errors[1] / errors[0]))
    pair = ClipPair("noise", hr[:, None], lr[None, :, None])
    assert gain(bank, pair) == pytest.approx(np.mean(won), abs=1e-9)


def test_filters_win_where_they_fit_and_are_not_kept_elsewhere() -> None:
    lr = noisy(HOLDOUT + 6 * EVERY, size=(60, 80))
    fitting, judging = made_by(known(), lr).split()
    filters = judged_filters([fitting], [judging])
    assert filters.kept
    assert filters.gain > 3
    sharp = [_core.compose(_core.upscale(picture, 2, "sharp")) for picture in lr[-HOLDOUT:]]
    other = ClipPair("sharp", np.stack(sharp)[:, None], lr[None, -HOLDOUT:, None])
    assert not judged_filters([fitting], [other]).kept
    assert not FittedFilters(filters.bank, 0.0).kept


def test_flat_pictures_teach_nothing_and_break_nothing() -> None:
    flat = np.full((HOLDOUT + 2, 1, 32, 32), 90, np.uint8)
    pair = ClipPair("flat", flat.repeat(4, 2).repeat(4, 3), flat[None])
    filters = judged_filters(*zip(pair.split(), strict=True))
    assert not filters.bank.weights.any()
    assert (filters.gain, filters.kept) == (0, False)


def test_weights_stay_within_their_bound() -> None:
    lr = np.random.default_rng(8).integers(127, 129, (1, 64, 64)).astype(np.uint8)
    hr = np.random.default_rng(9).integers(0, 2, (1, 256, 256)).astype(np.uint8) * 255
    bank = fit_filters([ClipPair("wild", hr[:, None], lr[None, :, None])])
    assert abs(bank.weights.astype(int)).max() == 4096


def test_a_clip_too_short_to_judge_by_is_refused() -> None:
    pair = made_by(known(), noisy(HOLDOUT, size=(16, 16)))
    with pytest.raises(MediaError, match="made: has 6 frames; more than 6 are needed"):
        pair.split()


def test_no_torch_is_needed() -> None:
    code = "import sys; sys.modules['torch'] = sys.modules['onnx'] = None; import palantir.{}"
    for name in ("train.filters", "cli.fit_filters"):
        subprocess.run([sys.executable, "-c", code.format(name)], check=True)
