"""Patches, fitting and export on a small synthetic clip."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("onnx")

from palantir.errors import ModelError  # noqa: E402
from palantir.models.architectures import PlainStack  # noqa: E402
from palantir.train.bicubic import upscale_luma  # noqa: E402
from palantir.train.dataset import ClipPair, PatchSampler  # noqa: E402
from palantir.train.fit import FitSettings, Progress, fit, psnr_gain  # noqa: E402

QUICK = FitSettings(steps=24, batch=2, patch=16, learning_rate=3e-3, threads=1)


@pytest.fixture(scope="module")
def pair() -> ClipPair:
    """Sharp-edged shapes whose LR is their mean over 4x4 pixels."""
    y, x = np.mgrid[0:160, 0:192]
    hr = np.stack([np.where(np.hypot(y - 80, x - 60 - 9 * t) % 23 < 11, 60, 190) for t in range(4)])
    lr = hr.reshape(4, 40, 4, 48, 4).mean(axis=(2, 4)).round()
    return ClipPair("rings", hr.astype(np.uint8), lr[None].astype(np.uint8))


def small() -> PlainStack:
    torch.manual_seed(1)
    return PlainStack(4, channels=8, depth=2)


def test_patches_are_windows_of_the_frame_and_of_its_detail(pair: ClipPair) -> None:
    luma, detail = next(PatchSampler([pair], 16, seed=4).batches(6))
    assert (luma.shape, detail.shape) == ((6, 1, 16, 16), (6, 1, 64, 64))
    frames = [
        (lr / 255, (hr - upscale_luma(lr, 4)) / 255)
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


def test_an_untrained_network_adds_nothing(pair: ClipPair) -> None:
    plain, network = psnr_gain(small(), pair)
    assert plain == network


def test_fitting_beats_the_plain_upscaler(pair: ClipPair, tmp_path: Path) -> None:
    settings = replace(QUICK, steps=60, batch=4)
    network = fit(small(), [pair], [], settings, tmp_path / "checkpoint")
    plain, fitted = psnr_gain(network, pair)
    assert fitted > plain + 0.1


def test_a_resumed_run_ends_like_an_unbroken_one(
    pair: ClipPair, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("palantir.train.fit.REPORT_EVERY", 0.0)
    whole = fit(small(), [pair], [], QUICK, tmp_path / "whole")

    def interrupt(progress: Progress) -> None:
        if progress.step == 12:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fit(small(), [pair], [], QUICK, tmp_path / "broken", interrupt)
    resumed = fit(small(), [pair], [], QUICK, tmp_path / "broken")
    for ours, theirs in zip(whole.parameters(), resumed.parameters(), strict=True):
        assert torch.equal(ours, theirs)


def test_a_foreign_checkpoint_is_refused(pair: ClipPair, tmp_path: Path) -> None:
    checkpoint = tmp_path / "checkpoint"
    checkpoint.write_bytes(b"something else")
    with pytest.raises(ModelError, match="not a checkpoint of this run"):
        fit(small(), [pair], [], QUICK, checkpoint)


def test_settings_must_be_positive() -> None:
    with pytest.raises(ValueError, match="positive"):
        replace(QUICK, batch=0)
