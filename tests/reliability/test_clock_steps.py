"""The system's clock may be set while palantir works: nothing measures time by it."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

import palantir
from palantir.graph import ErrorGraph
from palantir.profile import CacheProfile
from palantir.schedule import LiveScheduler, select
from tests.media.clips import make_clip
from tests.schedule.live_streams import assert_same, decoded, run

ROOT = Path(__file__).parents[2]
WALL_CLOCK = re.compile(r"system_clock|gettimeofday|CLOCK_REALTIME|time\.time\(|datetime|\btime\(")


def test_no_code_of_ours_reads_the_wall_clock() -> None:
    sources = [*ROOT.glob("palantir/**/*.py"), *ROOT.glob("csrc/*"), *ROOT.glob(
        "third_party/libvpx/observer/*")]  # fmt: skip
    assert len(sources) > 100
    reading = [path for path in sources if WALL_CLOCK.search(path.read_text())]
    assert not reading


def test_a_deadline_and_a_pipeline_outlive_steps_of_the_clock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A thread cannot be given another clock, so Python's wall clock jumps at every look."""
    import time

    steps = iter(np.random.default_rng(0).uniform(-1e9, 1e9, 10**6).tolist())
    monkeypatch.setattr(time, "time", lambda: next(steps))
    packets = decoded("alt-ref")
    assert_same(run(LiveScheduler(5, 5, deadline=3600), packets), run(LiveScheduler(5, 5), packets))
    clip = make_clip(tmp_path / "a.webm")
    graph = ErrorGraph.from_video(clip)
    profile = CacheProfile.from_selection(graph, select(graph, 3))
    assert len(list(palantir.enhance(clip, profile, threads=4))) == 10
