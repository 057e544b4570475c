"""Patches and fitting on a small synthetic clip."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("onnx")

from palantir.errors import ModelError  # noqa: E402
from palantir.models.architectures import NASNetwork, PlainStack, TorchNetwork  # noqa: E402
from palantir.train.bicubic import upscale_luma  # noqa: E402
from palantir.train.dataset import ClipPair  # noqa: E402
from palantir.train.fit import FitSettings, Progress, fit  # noqa: E402
from palantir.train.patches import PatchSampler  # noqa: E402
from palantir.train.validate import mean_psnr  # noqa: E402
from tests.train.clips import rings  # noqa: E402

QUICK = FitSettings(steps=24, batch=2, patch=16, learning_rate=3e-3, threads=1, patience=1)


@pytest.fixture(scope="module")
def pair() -> ClipPair:
    return rings()


def small() -> PlainStack:
    torch.manual_seed(1)
    return PlainStack(4, channels=8, depth=2)


def psnr(network: TorchNetwork, pair: ClipPair) -> tuple[float, float]:
    return mean_psnr(network.infer, network.output, pair)


def test_patches_are_windows_of_the_frame_and_of_its_detail(pair: ClipPair) -> None:
    luma, detail = next(PatchSampler([pair], 16, seed=4).batches(6))
    assert (luma.shape, detail.shape) == ((6, 1, 16, 16), (6, 1, 64, 64))
    frames = [
        (lr[0] / 255, (hr[0] - upscale_luma(lr[0], 4)) / 255)
        for lr, hr in zip(pair.lr[0], pair.hr, strict=True)
    ]
    for lr_patch, detail_patch in zip(luma[:, 0].numpy(), detail[:, 0].numpy(), strict=True):
        assert any(
            np.allclose(detail_patch, np.rot90(seen, turns)[:, ::step], atol=1e-5)
            for turns in range(4)
            for step in (1, -1)
            for frame, whole in frames
            for y, x in _places(frame, lr_patch, turns, step)
            for seen in [whole[4 * y : 4 * y + 64, 4 * x : 4 * x + 64]]
        )


def _places(frame: np.ndarray, patch: np.ndarray, turns: int, step: int) -> list[tuple[int, int]]:
    straight = np.rot90(patch[:, ::step], -turns)
    windows = np.lib.stride_tricks.sliding_window_view(frame, straight.shape)
    hits = np.argwhere(np.isclose(windows, straight, atol=1e-6).all(axis=(2, 3)))
    return [(int(y), int(x)) for y, x in hits]


def test_networks_that_give_pictures_learn_from_pictures(pair: ClipPair) -> None:
    _, detail = next(PatchSampler([pair], 16, seed=4).batches(2))
    luma, picture = next(PatchSampler([pair], 16, seed=4, output="picture").batches(2))
    assert set(np.unique((picture * 255).round())) == {60, 190}
    means = picture.reshape(2, 1, 16, 4, 16, 4).mean(dim=(3, 5))
    torch.testing.assert_close(means, luma, atol=0.51 / 255, rtol=0)
    assert not torch.equal(detail, picture)


def test_an_untrained_network_adds_nothing(pair: ClipPair) -> None:
    plain, network = psnr(small(), pair)
    assert plain == network


def test_fitting_beats_the_plain_upscaler(pair: ClipPair, tmp_path: Path) -> None:
    settings, network = replace(QUICK, steps=60, batch=4), small()
    assert fit(network, [pair], [], settings, tmp_path / "checkpoint") == 60
    plain, fitted = psnr(network, pair)
    assert fitted > plain + 0.1


def test_fitting_improves_a_network_that_gives_pictures(tmp_path: Path) -> None:
    pair, network = rings(channels=3), NASNetwork(4, channels=8, blocks=1)
    before = psnr(network, pair)
    fit(network, [pair], [], replace(QUICK, learning_rate=1e-3), tmp_path / "checkpoint")
    assert psnr(network, pair)[1] > before[1] + 0.2


def test_a_resumed_run_ends_like_an_unbroken_one(pair: ClipPair, tmp_path: Path) -> None:
    held_out = [pair.middle(20)]
    whole, resumed = small(), small()
    fit(whole, [pair], held_out, QUICK, tmp_path / "whole")

    def interrupt(progress: Progress) -> None:
        if progress.step == 12:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fit(resumed, [pair], held_out, QUICK, tmp_path / "broken", interrupt)
    resumed = small()
    fit(resumed, [pair], held_out, QUICK, tmp_path / "broken")
    for ours, theirs in zip(whole.parameters(), resumed.parameters(), strict=True):
        assert torch.equal(ours, theirs)


def test_a_run_is_kept_between_reports_too(
    pair: ClipPair, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("palantir.train.fit.SAVE_EVERY", 0.0)

    def interrupt(progress: Progress) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fit(small(), [pair], [], replace(QUICK, steps=100), tmp_path / "kept", interrupt)
    steps: list[int] = []
    fit(
        small(),
        [pair],
        [],
        replace(QUICK, steps=5),
        tmp_path / "kept",
        lambda one: steps.append(one.step),
    )
    assert steps == [5]  # the report at 5 of 100 failed; 4 were kept


def test_a_run_that_wins_nothing_ends_early_with_its_best_state(
    pair: ClipPair, tmp_path: Path
) -> None:
    flat = ClipPair("flat", np.full_like(pair.hr, 99), np.full_like(pair.lr, 99))
    network, seen = small(), list[Progress]()
    _, before = psnr(network, flat)
    settings = replace(QUICK, steps=80, patience=0.25)
    steps = fit(network, [pair], [flat], settings, tmp_path / "checkpoint", seen.append)
    best = max(seen, key=lambda progress: progress.psnr)
    assert steps == best.step + 20 < 80
    assert psnr(network, flat)[1] == pytest.approx(max(best.psnr, before))
    assert "over bicubic" in str(best)


def test_a_run_that_only_loses_gives_back_what_it_began_with(
    pair: ClipPair, tmp_path: Path
) -> None:
    network = small()
    _, before = psnr(network, pair)
    settings = replace(QUICK, steps=3, learning_rate=1e3)
    assert fit(network, [pair], [pair.middle(20)], settings, tmp_path / "checkpoint") == 3
    assert psnr(network, pair)[1] == before


@pytest.mark.parametrize("held_out", [True, False])
def test_networks_that_are_no_numbers_are_refused(
    pair: ClipPair, tmp_path: Path, held_out: bool
) -> None:
    network = small()
    with torch.no_grad():
        next(iter(network.parameters())).fill_(float("nan"))
    with pytest.raises(ModelError, match="finite"):
        fit(network, [pair], [pair] * held_out, replace(QUICK, steps=1), tmp_path / "checkpoint")


def test_the_middle_of_a_clip_is_the_same_place_in_both_sizes(pair: ClipPair) -> None:
    middle = pair.middle(20)
    assert (middle.lr.shape, middle.hr.shape) == ((1, 4, 1, 20, 20), (4, 1, 80, 80))
    means = middle.hr.reshape(4, 1, 20, 4, 20, 4).mean(axis=(3, 5)).round()
    np.testing.assert_array_equal(means, middle.lr[0])


@pytest.mark.parametrize("damage", ["text", "another run's"])
def test_a_foreign_checkpoint_is_refused(pair: ClipPair, tmp_path: Path, damage: str) -> None:
    checkpoint = tmp_path / "checkpoint"
    if damage == "text":
        checkpoint.write_bytes(b"something else")
    else:
        fit(small(), [pair], [], replace(QUICK, steps=1), checkpoint, identity="another")
    with pytest.raises(ModelError, match="not a checkpoint of this run"):
        fit(small(), [pair], [], QUICK, checkpoint)


def test_a_batch_beyond_memory_is_named(
    pair: ClipPair, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = small()
    monkeypatch.setattr(network, "forward", lambda picture: torch.empty(2**50))
    with pytest.raises(MemoryError, match="smaller batch"):
        fit(network, [pair], [], QUICK, tmp_path / "checkpoint")


def test_settings_must_be_positive() -> None:
    for value in (0, float("nan")):
        with pytest.raises(ValueError, match="positive"):
            replace(QUICK, minutes=value)
