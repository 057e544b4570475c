"""`study_tiers` measures what enhancing with two networks gives, and the light one's share."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

import palantir
from palantir.errors import ModelError, ScheduleError
from palantir.evaluate import TierQuestion, study_tiers
from palantir.evaluate.question import Method, NetworkWish
from palantir.graph import ErrorGraph
from palantir.media import Planes, encode_lr
from palantir.models import SRNetwork, shipped_model
from palantir.profile import CacheProfile
from palantir.quality import compare
from palantir.schedule import CostShare, Tiers, select_tiers
from tests.enhance.networks import convolutions, silent
from tests.enhance.streams import QUICK, encode

FRAMES, FIRST, SCALE = 8, 4, 2
BUDGETS = (Fraction(1, 30), Fraction(1, 3))
LARGE = NetworkWish(str(shipped_model(SCALE)))


def discs(index: int, width: int, height: int) -> Planes:
    """Sharp edges that move slowly: a network wins over bicubic there."""
    y, x = np.mgrid[:height, :width]
    lots, luma = np.random.default_rng(0), np.full((height, width), 60.0)
    for _ in range(30):
        left, top, radius = lots.random(3) * (width, height, 14)
        inside = np.clip(radius + 4.5 - np.hypot(x - left - index, y - top), 0, 1)
        luma += (lots.integers(40, 220) - luma) * inside
    chroma = np.full(((height + 1) // 2, (width + 1) // 2), 128, np.uint8)
    return luma.round().astype(np.uint8), chroma, chroma


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tiers")
    pictures = (discs(i, 160, 128) for i in range(FIRST + FRAMES))
    encode(folder / "one_128p25.webm", pictures, options=QUICK, bitrate=2_000_000)
    silent(folder, SCALE).path.rename(folder / "light.onnx")
    return folder


@contextmanager
def silently(title: str, total: int | None) -> Iterator[Callable[[int], None]]:
    yield lambda done: None


def question(folder: Path, **changed: object) -> TierQuestion:
    values: dict[str, object] = {
        "clips": [folder / "one_128p25.webm"],
        "large": LARGE,
        "light": NetworkWish(str(folder / "light.onnx")),
        "budgets": BUDGETS,
        "first": {"": FIRST},
        "frames": {"one": FRAMES},
    } | changed
    return TierQuestion(**values)  # type: ignore[arg-type]


def test_results_are_those_of_enhancing_with_both(folder: Path, tmp_path: Path) -> None:
    results, (ends, means, margins) = study_tiers(
        question(folder, share=0.1), folder / "out", silently
    )
    hr, lr = folder / "one_128p25.webm", tmp_path / "lr.webm"
    encode_lr(hr, lr, SCALE, start=FIRST, frames=FRAMES)
    originals = [planes for i, planes in enumerate(palantir.media.read_frames(hr)) if i >= FIRST]
    large, light = SRNetwork.load(scale=SCALE), SRNetwork.load(folder / "light.onnx")
    graph = ErrorGraph.from_video(lr)
    assert large.halo is not None
    for budget in BUDGETS:
        chosen = select_tiers(graph, CostShare(budget, large.halo), Tiers(large, light, 0.1), "gop")
        profile = CacheProfile.from_selection(graph, chosen)
        assert (profile.light is not None) == (budget == BUDGETS[0])
        enhanced = palantir.enhance(lr, profile, large, light_model=light)
        quality = compare(originals, (frame.planes for frame in enhanced), with_ssim=False)
        found = results.one(method=Method("tiers"), budget=budget)
        assert found is not None
        assert found.psnr_y == pytest.approx(quality.psnr_y, abs=1e-3)  # whole frames, no halo
        assert found.cost == pytest.approx(enhanced.cost.share)
        assert 0 < found.cost <= budget
        assert found.estimate == pytest.approx(chosen.total[-1] / chosen.total[0])
    alone = results.one(method=Method("detail-x2 alone"), budget=BUDGETS[1])
    everywhere = results.one(method=Method("light everywhere"), budget=BUDGETS[1])
    assert alone is not None
    assert everywhere is not None
    assert alone.anchors < everywhere.anchors == everywhere.patches
    base = results.plain("one", "bicubic").psnr_y
    assert means.rows[1][1] == f"{alone.psnr_y - base:+.3f}"
    assert [len(row) for row in means.rows] == [5, 5]
    assert margins.rows[0][2].endswith(" detail-x2")
    assert ends.rows[0][-1] == "0.10"
    with (folder / "out" / "tiers.csv").open() as file:
        assert len(list(csv.DictReader(file))) == len(results) == 5 + 2 * 4


def test_a_light_network_that_adds_nothing_leaves_the_whole_error(folder: Path) -> None:
    results, (ends, *_) = study_tiers(question(folder), folder / "measured", silently)
    assert ends.rows[0][-1] == "1.00"
    for budget in BUDGETS:
        tiers = results.one(method=Method("tiers"), budget=budget)
        alone = results.one(method=Method("detail-x2 alone"), budget=budget)
        assert tiers is not None
        assert alone is not None
        assert tiers.errors == alone.errors


def test_what_cannot_be_measured_is_refused(folder: Path) -> None:
    with pytest.raises(ScheduleError, match="no frames before the first"):
        question(folder, first={})
    with pytest.raises(ScheduleError, match="no clips or no budgets"):
        question(folder, clips=[])
    worse = convolutions(folder, SCALE, 1, value_range="limited").path
    with pytest.raises(ModelError, match="wins nothing on the frames to measure it on"):
        study_tiers(question(folder, large=NetworkWish(str(worse))), folder / "no", silently)
    other = NetworkWish(str(silent(folder, 3).path))
    with pytest.raises(ModelError, match="networks enlarge 2 and 3 times"):
        study_tiers(question(folder, light=other), folder / "no", silently)
