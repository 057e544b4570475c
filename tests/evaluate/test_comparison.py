"""Variants run in lockstep measure what each would measure alone; drift by its definition."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from palantir import _core
from palantir.codec import decode_packets
from palantir.enhance import Enhancer
from palantir.errors import MediaError, ModelError
from palantir.evaluate import Row, Variant, compare_variants
from palantir.grid import PatchGrid
from palantir.media import Planes
from palantir.quality import psnr_y, ssim
from tests.enhance.networks import convolutions
from tests.enhance.streams import QUICK, encode, moving_picture

GRID = PatchGrid(2, 2)
FRAMES = 6


@pytest.fixture(scope="module")
def lr(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Odd-sized, two GoPs of three frames."""
    path = tmp_path_factory.mktemp("clips") / "lr.webm"
    pictures = (moving_picture(i, 51, 35) for i in range(FRAMES))
    return encode(path, pictures, options=QUICK, gop=3)


def originals(scale: int, count: int = FRAMES) -> list[Planes]:
    """HR pictures a little larger than SR."""
    return [moving_picture(i, 51 * scale + 5, 35 * scale + 3, seed=9) for i in range(count)]


def anchors(share: float) -> np.ndarray[tuple[int, int], np.dtype[np.bool_]]:
    return np.random.default_rng(2).random((FRAMES, 4)) < share


@pytest.mark.parametrize("scale", [2, 3])
def test_lockstep_equals_measuring_alone(lr: Path, tmp_path: Path, scale: int) -> None:
    network = convolutions(tmp_path, scale, 1, value_range="limited")
    hr = originals(scale)
    variants = [
        Variant("plain", kernel="bilinear"),
        Variant("some", enhancer=Enhancer(network, GRID), anchors=anchors(0.3)),
        Variant("paper", enhancer=Enhancer(network, GRID, reuse="paper"), anchors=anchors(0.3)),
        Variant("all", enhancer=Enhancer(network, GRID), anchors=anchors(1.0)),
    ]
    rows = compare_variants(lr, hr, variants)
    assert [row.name for row in rows] == ["plain", "some", "paper", "all"]
    assert rows[0].psnr == pytest.approx(plain_psnr(lr, hr, scale, "bilinear"))
    for row, share, reuse in zip(
        rows[1:], (0.3, 0.3, 1.0), ("detail", "paper", "detail"), strict=True
    ):
        enhancer = Enhancer(network, GRID, reuse=reuse)
        assert row.psnr == pytest.approx(alone(lr, hr, enhancer, share))
        assert row.cost == enhancer.cost.share
        assert row.key == [True, False, False] * 2
        assert row.frames_per_second == FRAMES / row.seconds
        assert row.psnr_y == pytest.approx(sum(row.psnr) / FRAMES)
        assert row.gain_over(rows[0]) == pytest.approx(row.psnr_y - rows[0].psnr_y)
    assert rows[0].cost == 0
    assert rows[-1].cost == 1


def cut(planes: Planes, height: int, width: int) -> Planes:
    y, u, v = planes
    chroma = slice((height + 1) // 2), slice((width + 1) // 2)
    return y[:height, :width], u[chroma], v[chroma]


def plain_psnr(lr: Path, hr: list[Planes], scale: int, kernel: str) -> list[float]:
    measured = []
    for packet, original in zip(decode_packets(lr), hr, strict=True):
        luma = packet.frames[0].native.planes[0]
        sr = _core.compose(_core.upscale(luma, scale, kernel))
        error = np.square(sr - cut(original, *sr.shape)[0].astype(float)).mean()
        measured.append(10 * np.log10(255**2 / error))
    return measured


def alone(lr: Path, hr: list[Planes], enhancer: Enhancer, share: float) -> list[float]:
    measured = []
    for packet, original in zip(decode_packets(lr), hr, strict=True):
        frame = enhancer.process(packet, anchors(share)[packet.frames[0].index][None])
        assert frame is not None
        measured.append(psnr_y(cut(original, frame.height, frame.width), frame.planes))
    return measured


@pytest.mark.parametrize("scale", [1, 3, 4])
def test_plain_kernels_take_the_scale_they_are_told(lr: Path, scale: int) -> None:
    seen: list[Planes] = []
    (row,) = compare_variants(
        lr, originals(scale), [Variant("cubic", kernel="bicubic")], scale=scale, with_ssim=True,
        watch=lambda index, name, planes: seen.append(planes),
    )  # fmt: skip
    assert row.psnr == pytest.approx(plain_psnr(lr, originals(scale), scale, "bicubic"))
    height, width = 35 * scale, 51 * scale
    assert row.ssim == [
        ssim(cut(original, height, width)[0], planes[0])
        for original, planes in zip(originals(scale), seen, strict=True)
    ]
    half = ((height + 1) // 2, (width + 1) // 2)
    assert [plane.shape for plane in seen[0]] == [(height, width), half, half]


def test_variants_must_enlarge_alike(lr: Path) -> None:
    variants = [
        Variant(str(s), enhancer=Enhancer(None, GRID, scale=s), anchors=anchors(0)) for s in (2, 3)
    ]
    with pytest.raises(ModelError, match="variants enlarge 2 and 3 times"):
        compare_variants(lr, originals(2), variants)


def test_hr_must_be_as_long_and_as_large(lr: Path) -> None:
    plain = [Variant("plain", kernel="bilinear")]
    with pytest.raises(MediaError, match="frame 4: the HR clip ends before the LR stream"):
        compare_variants(lr, originals(2, 4), plain, scale=2)
    with pytest.raises(
        MediaError, match="frame 0: the HR frame of 56x38 is smaller than SR, 102x70"
    ):
        compare_variants(lr, originals(1), plain, scale=2)


def test_progress_and_watch_hear_of_each_frame(lr: Path) -> None:
    done: list[int] = []
    watched: list[tuple[int, str]] = []
    variants = [Variant("a", kernel="bilinear"), Variant("b", kernel="bicubic")]
    compare_variants(
        lr, originals(2), variants, scale=2, progress=done.append,
        watch=lambda index, name, planes: watched.append((index, name)),
    )  # fmt: skip
    assert done == list(range(1, FRAMES + 1))
    assert watched == [(i, name) for i in range(FRAMES) for name in "ab"]


def row(psnr: list[float], gops: list[int]) -> Row:
    key = [i == 0 for length in gops for i in range(length)]
    return Row("made", psnr=psnr, key=key)


def test_drift_is_the_last_ten_frames_less_the_first_ten() -> None:
    base = [30.0] * 25
    won = [2.0] * 10 + [9.0] * 5 + [0.5] * 10
    assert row([30 + w for w in won], [25]).drift(row(base, [25])) == pytest.approx(-1.5)


def test_drift_is_relative_to_the_base() -> None:
    falling = [40 - 0.1 * i for i in range(30)]
    assert row(falling, [30]).drift(row(falling, [30])) == 0
    risen = row([value + 1 for value in falling], [30])
    assert risen.drift(row(falling, [30])) == pytest.approx(0)


def test_drift_is_the_mean_over_gops_of_twenty_frames_and_more() -> None:
    first = [1.0] * 10 + [3.0] * 10  # +2
    short = [9.0] * 19  # does not count
    last = [1.0] * 11 + [0.0] * 10  # -1
    lengths = [20, 19, 21]
    base = row([0.0] * 60, lengths)
    assert row(first + short + last, lengths).drift(base) == pytest.approx(0.5)


def test_there_is_no_drift_without_a_long_gop() -> None:
    assert row([5.0] * 19, [19]).drift(row([1.0] * 19, [19])) == 0
