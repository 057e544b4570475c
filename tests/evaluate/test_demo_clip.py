"""The paper's claim in small, on the demo's clip: few anchors and reuse come near per-frame SR."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path

import pytest

from palantir.evaluate.evaluation import evaluate
from palantir.evaluate.question import Method, Question

CLIP = Path(__file__).parents[2] / "videos" / "big-buck-bunny_720p25.mp4"
FIRST, FRAMES = 100, 16  # frames that the shipped network has not seen
BUDGET = Fraction(1, 10)


@contextmanager
def silently(title: str, total: int | None) -> Iterator[Callable[[int], None]]:
    yield lambda done: None


@pytest.mark.skipif(not CLIP.exists(), reason="videos/get has not fetched the demo's clip")
def test_ours_is_near_per_frame_sr_and_above_every_baseline(tmp_path: Path) -> None:
    question = Question(
        clips=[CLIP], selectors=("gain-per-cost", "key-uniform", "random"), budgets=[BUDGET],
        reuse=("detail", "paper"), frames={"": FRAMES}, first={"": FIRST},
    )  # fmt: skip
    results = evaluate(question, tmp_path, silently, model_threads=1).results
    clip = "big-buck-bunny"
    bilinear, bicubic = (results.plain(clip, name).psnr_y for name in ("bilinear", "bicubic"))
    whole = results.per_frame(clip, "shipped").psnr_y
    ours, uniform, random = (
        results.where(reuse="detail", method=Method(name))[0].psnr_y
        for name in ("gain-per-cost", "key-uniform", "random")
    )
    paper = results.where(reuse="paper", method=Method("gain-per-cost"))[0].psnr_y
    assert bilinear < bicubic < ours
    assert ours - bilinear > 0.8 * (whole - bilinear)
    assert ours > max(uniform, random, paper)
    assert all(one.cost <= BUDGET for one in results.where(budget=BUDGET))
