"""HR beside LR: which samples networks and filters are fitted to, whatever the clip's range."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from palantir.media import encode_lr, probe, read_frames
from palantir.train.dataset import Source, code_clip, make_pair
from tests.enhance.streams import packets
from tests.media.clips import make_clip


def small_clip(path: Path, full_range: bool) -> Path:
    """8 frames of 128x96 that say which matrix and range they are of."""
    times = range(0, 320, 40)
    return make_clip(
        path, codec="libx264", times=times, size=(128, 96), matrix=1, full_range=full_range
    )


@pytest.mark.parametrize("full_range", [False, True])
def test_filters_are_fitted_to_the_samples_that_are_upscaled(
    tmp_path: Path, full_range: bool
) -> None:
    hr = small_clip(tmp_path / "hr.mp4", full_range)
    clip = code_clip(Source(hr, 1), 2, (1.0,), tmp_path / "cache")
    lr = clip.lr[0].path
    assert probe(lr).colour.full_range == full_range
    decoded = packets(lr)
    coded = {frame.index: frame.native for packet in decoded for frame in packet.frames}
    shown = [coded[packet.displayed] for packet in decoded if packet.displayed in coded]
    seen = [clip.luma(frames) for frames in clip.frames()]
    assert len(seen) == 7
    for (low, high), native, picture in zip(seen, shown, list(read_frames(hr))[1:], strict=True):
        np.testing.assert_array_equal(low, native.planes[0])
        np.testing.assert_array_equal(high, picture[0])


@pytest.mark.parametrize("full_range", [False, True])
def test_hr_comes_in_the_range_of_a_given_lr(tmp_path: Path, full_range: bool) -> None:
    encode_lr(small_clip(tmp_path / "other.mp4", full_range), lr := tmp_path / "lr.webm", 2)
    hr = small_clip(tmp_path / "hr.mp4", not full_range)
    clip = code_clip(Source(hr, lr=lr), 2, (1.0,), tmp_path / "cache")
    low, high = clip.luma(next(clip.frames()))
    np.testing.assert_array_equal(low, next(read_frames(lr))[0])
    raw = next(read_frames(hr))[0].astype(float)
    wanted = (raw - 16) * 255 / 219 if full_range else raw * 219 / 255 + 16
    assert abs(high - wanted.clip(0, 255)).max() < 0.51


def test_networks_of_luma_are_fitted_to_limited_range(tmp_path: Path) -> None:
    hr = small_clip(tmp_path / "hr.mp4", full_range=True)
    pair = make_pair(Source(hr), 2, (1.0,), tmp_path / "cache")
    raw = [planes[0].astype(float) for planes in read_frames(hr)]
    assert abs(pair.hr[:, 0] - (np.stack(raw) * 219 / 255 + 16)).max() < 0.51
    assert pair.lr.min() >= 16
