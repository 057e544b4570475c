from __future__ import annotations

import json
import weakref
from collections.abc import Iterator
from pathlib import Path
from statistics import fmean

import numpy as np
import pytest

from palantir.errors import MediaError
from palantir.media import Planes, read_frames
from palantir.quality import compare, compare_frames, measure, psnr_y
from tests.media.clips import make_clip, picture


def noisy(planes: Planes, seed: int) -> Planes:
    random = np.random.default_rng(seed)
    y, u, v = (p ^ random.integers(0, 4, p.shape, dtype=np.uint8) for p in planes)
    return y, u, v


def test_means_are_means_of_the_frames() -> None:
    clip = [picture(index) for index in range(4)]
    other = [noisy(planes, seed) for seed, planes in enumerate(clip)]
    quality = compare(clip, other)
    assert len(quality.frames) == 4
    assert quality.psnr_y == pytest.approx(fmean(map(psnr_y, clip, other)))
    assert quality.psnr_yuv == pytest.approx(fmean(f.psnr_yuv for f in quality.frames))
    assert quality.ssim == pytest.approx(fmean(f.ssim or 0 for f in quality.frames))


def test_the_result_is_json_even_for_equal_clips() -> None:
    clip = [picture(0), picture(1)]
    result = json.loads(json.dumps(compare(clip, clip).to_dict(), allow_nan=False))
    assert (result["frames"], result["psnr_y"]) == (2, 100)
    assert result["per_frame"]["psnr_yuv"] == [100, 100]


def test_ssim_can_be_left_out() -> None:
    tiny = picture(0, 8, 8)
    quality = compare([tiny], [tiny], with_ssim=False)
    assert quality.ssim is None
    with pytest.raises(MediaError, match="11x11"):
        compare_frames(tiny, tiny)


@pytest.mark.parametrize(("left", "right", "shorter"), [(3, 2, "other"), (1, 2, "reference")])
def test_clips_of_unequal_length_are_refused(left: int, right: int, shorter: str) -> None:
    with pytest.raises(MediaError, match=f"the {shorter} ends after {min(left, right)} frames"):
        compare(map(picture, range(left)), map(picture, range(right)))


def test_clips_without_frames_are_refused() -> None:
    with pytest.raises(MediaError, match="no frames"):
        compare([], [])


def test_unequal_sizes_are_refused_with_the_frame_and_both_sizes() -> None:
    with pytest.raises(MediaError, match="frame 1: the reference is 64x48, the other 32x48"):
        compare([picture(0), picture(1)], [picture(0), picture(1, 32)])


def test_crop_drops_the_right_and_bottom_edge_of_the_reference() -> None:
    large = picture(0, 67, 51)
    y, u, v = large
    small = (y[:48, :64], u[:24, :32], v[:24, :32])
    assert compare([large], [small], crop=True).psnr_yuv == 100
    with pytest.raises(MediaError, match="67x51"):
        compare([large], [small])


def test_frames_are_let_go_as_the_comparison_proceeds() -> None:
    alive: list[weakref.ref[object]] = []

    def watched() -> Iterator[Planes]:
        for index in range(12):
            assert sum(ref() is not None for ref in alive) <= 2
            planes = picture(index)
            alive.append(weakref.ref(planes[0]))
            yield planes

    compare(watched(), map(picture, range(12)))


def test_files_are_decoded_and_compared(tmp_path: Path) -> None:
    a = make_clip(tmp_path / "a.webm")
    b = make_clip(tmp_path / "b.mp4", codec="libx264")
    seen: list[int] = []
    quality = measure(a, b, progress=seen.append)
    expected = compare(read_frames(a), read_frames(b))
    assert quality == expected
    assert seen == list(range(1, 11))
    assert quality.psnr_y > 25


def test_an_error_names_both_files(tmp_path: Path) -> None:
    a = make_clip(tmp_path / "a.webm")
    b = make_clip(tmp_path / "b.webm", times=(0, 40))
    with pytest.raises(MediaError, match=r"b\.webm against .*a\.webm: frame 2: the other ends"):
        measure(a, b)
