"""Filters fitted to clips: known ones are found again, and their gain is what it is said to be."""

from __future__ import annotations

import subprocess
import sys
import weakref

import numpy as np
import pytest
from numpy.typing import NDArray

from palantir import _core
from palantir.errors import MediaError
from palantir.media import Plane
from palantir.models.filter_bank import FilterBank
from palantir.train.dataset import HOLDOUT
from palantir.train.filter_sums import STILL, FilterSums
from palantir.train.filters import EVERY, FilterFit, FittedFilters, gain
from tests.enhance import numpy_filters

Pictures = NDArray[np.uint8]
Weights = NDArray[np.int16]
Clip = list[tuple[Plane, Plane]]  # LR and HR of its frames
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


def made_by(weights: Weights, lr: Pictures) -> Clip:
    """LR and what the filters make of it."""
    return [(one, _core.compose(numpy_filters.upscale(one, weights))) for one in lr]


def learnt_from(*clips: Clip) -> NDArray[np.int64]:
    """Weights of filters fitted to every frame."""
    sums = FilterSums(len(clips[0][0][1]) // len(clips[0][0][0]))
    for clip in clips:
        for lr, hr in clip:
            sums.add(lr, hr)
    return sums.solve().weights.astype(np.int64)


def fitted(*clips: Clip) -> FittedFilters:
    """Filters fitted to x2 clips as they come by."""
    fit = FilterFit(2)
    for clip in clips:
        for lr, hr in clip:
            fit.add(lr, hr)
        fit.end_clip("made")
    return fit.judged()


@pytest.fixture
def without_doubt(monkeypatch: pytest.MonkeyPatch) -> None:
    """Classes of few pixels are believed, too."""
    monkeypatch.setattr("palantir.train.filter_sums.DOUBT", 0)


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
    missed = abs(learnt_from(made_by(weights, lr)) - weights)[often]
    assert (missed <= 1).mean() > 0.99
    assert missed.max() <= 5  # where slopes are so weak that HR's own rounding counts


def test_a_class_that_does_not_occur_gets_the_filter_of_all() -> None:
    one, lr = np.repeat(known()[:1], 112, axis=0), noisy(2)
    never = occurring(lr) == 0
    assert never.any()
    assert abs(learnt_from(made_by(one, lr)) - one)[never].max() <= 1


def test_a_class_that_hardly_occurs_is_drawn_to_the_filter_of_all() -> None:
    """Two classes follow filters of their own, which are taken the less the fewer they are."""
    lr, weights = noisy(10), np.repeat(known()[:1], 112, axis=0)
    counts = occurring(lr)
    rare, common = (int(np.abs(counts - count).argmin()) for count in (12, 6000))
    weights[[rare, common]] += 20
    found = learnt_from(made_by(weights, lr))
    taken = [(found[one] - (weights[one] - 20)).mean() / 20 for one in (rare, common)]
    assert 0 < taken[0] < 0.7 < 0.9 < taken[1] < 1.01, taken


@pytest.mark.usefixtures("without_doubt")
def test_a_pictures_error_counts_relative_to_that_of_repeated_pixels() -> None:
    lr, weak, strong = noisy(10), known(3, spread=12), known(4, spread=36)
    clips = [made_by(weights, lr) for weights in (weak, strong)]
    repeated = lr.repeat(2, 1).repeat(2, 2).astype(int)
    errors = [
        ((np.stack([hr for _, hr in clip]) - repeated) ** 2).mean(axis=(1, 2)) for clip in clips
    ]
    assert errors[1].mean() > 4 * errors[0].mean()
    share = np.mean(errors[1] / (errors[0] + errors[1]))
    expected = share * weak + (1 - share) * strong
    often = occurring(lr) >= MANY
    assert abs(learnt_from(*clips) - expected)[often].mean() < 0.5
    assert abs((weak + strong) / 2 - expected)[often].mean() > 3  # if all counted alike


def test_every_fourth_frame_but_the_last_ones_is_learnt_from() -> None:
    clip = made_by(known(), noisy(EVERY + 1 + HOLDOUT, size=(40, 48)))
    expected = learnt_from([clip[0], clip[EVERY]])
    for _ in range(2):
        np.testing.assert_array_equal(fitted(clip).bank.weights, expected)
        for left_out in (*range(1, EVERY), *range(EVERY + 1, len(clip))):
            clip[left_out] = (clip[left_out][0], 255 - clip[left_out][1])


def test_what_stands_still_is_learnt_once() -> None:
    first, *others = made_by(known(), noisy(3, size=(40, 56)))
    noise = np.random.default_rng(7).integers(-STILL, STILL, first[0].shape, endpoint=True)
    again = ((first[0] + noise).astype(np.uint8), 255 - first[1])
    expected = learnt_from([first, *others])
    np.testing.assert_array_equal(learnt_from([first, again, first, *others]), expected)


def test_slow_changes_are_learnt_once_they_are_large_enough() -> None:
    slow = [
        (lr + by, hr + by)
        for lr, hr in made_by(known(), noisy(1, size=(40, 56)))
        for by in np.arange(2 * STILL + 3, dtype=np.uint8)
    ]
    expected = learnt_from([slow[0], slow[STILL + 1], slow[2 * STILL + 2]])
    np.testing.assert_array_equal(learnt_from(slow), expected)


def test_of_a_picture_the_blocks_that_changed_are_learnt() -> None:
    (lr, hr) = first = made_by(known(), noisy(1, size=(40, 56)))[0]
    changed = lr.copy()
    changed[20, 33] += STILL + 1
    mirrored = 2 * changed.repeat(2, 0).repeat(2, 1) - hr  # which misses by as much
    expected = learnt_from([first, (changed, hr)])
    for block, same in ((np.s_[32:64, 64:96], True), (np.s_[32:64, 64:95], False)):
        elsewhere = mirrored.copy()
        elsewhere[block] = hr[block]
        found = learnt_from([first, (changed, elsewhere)])
        assert np.array_equal(found, expected) == same


def test_a_clip_that_is_given_twice_counts_once() -> None:
    clip = made_by(known(), noisy(HOLDOUT + 2 * EVERY, size=(40, 56)))
    once, twice = fitted(clip), fitted(clip, clip)
    np.testing.assert_array_equal(once.bank.weights, twice.bank.weights)
    assert once.gain == pytest.approx(twice.gain)


def test_clips_do_not_mix() -> None:
    """What is learnt from a clip does not depend on the clip before, if no picture is the same."""
    clips = [made_by(known(), noisy(HOLDOUT + more, more, (40, 48))) for more in (2, 3)]
    expected = learnt_from([clips[0][0], clips[1][0]])
    np.testing.assert_array_equal(fitted(*clips).bank.weights, expected)
    alike = [(lr, 255 - hr) for lr, hr in clips[0]]
    assert (fitted(clips[0], alike).bank.weights != fitted(clips[0]).bank.weights).any()


def test_of_a_long_clip_few_pictures_are_kept() -> None:
    fit, alive = FilterFit(2), []
    for lr, hr in made_by(known(), noisy(40, size=(16, 16))):
        alive.append(weakref.ref(copy := hr.copy()))
        fit.add(lr, copy)
        del copy
        assert sum(one() is not None for one in alive) <= HOLDOUT
    assert fit.end_clip("long") == 40 - HOLDOUT


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
    assert gain(bank, list(zip(lr, hr, strict=True))) == pytest.approx(np.mean(won), abs=1e-9)


def test_filters_win_where_they_fit_and_are_not_kept_elsewhere() -> None:
    lr = noisy(HOLDOUT + 6 * EVERY, size=(60, 80))
    clip = made_by(known(), lr)
    filters = fitted(clip)
    assert filters.kept
    assert filters.gain > 3
    clip[-HOLDOUT:] = [
        (one, _core.compose(_core.upscale(one, 2, "sharp"))) for one in lr[-HOLDOUT:]
    ]
    assert not fitted(clip).kept
    assert not FittedFilters(filters.bank, 0.0199).kept
    assert FittedFilters(filters.bank, 0.02).kept


def test_flat_pictures_teach_nothing_and_break_nothing() -> None:
    flat = np.full((32, 32), 90, np.uint8)
    filters = fitted([(flat, flat.repeat(2, 0).repeat(2, 1))] * (HOLDOUT + 2))
    assert not filters.bank.weights.any()
    assert (filters.gain, filters.kept) == (0, False)


def test_weights_stay_within_their_bound() -> None:
    lr = np.random.default_rng(8).integers(127, 129, (64, 64)).astype(np.uint8)
    hr = np.random.default_rng(9).integers(0, 2, (256, 256)).astype(np.uint8) * 255
    assert abs(learnt_from([(lr, hr)])).max() == 4096


def test_a_clip_too_short_to_judge_by_is_refused() -> None:
    with pytest.raises(MediaError, match="made: has 6 frames; more than 6 are needed"):
        fitted(made_by(known(), noisy(HOLDOUT, size=(16, 16))))


def test_no_torch_is_needed() -> None:
    code = "import sys; sys.modules['torch'] = sys.modules['onnx'] = None; import palantir.{}"
    for name in ("train.filters", "cli.fit_filters"):
        subprocess.run([sys.executable, "-c", code.format(name)], check=True)
