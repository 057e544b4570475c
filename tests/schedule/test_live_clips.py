"""On conformance vectors and real clips a live scheduler picks what the batch selector picks."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from palantir.codec import DecodedPacket, decode_packets
from palantir.media import VideoSource, encode_lr
from palantir.schedule import LiveScheduler, select
from tests.data_folder import CLIPS, VARIED, needs_data, vector
from tests.schedule.live_streams import graph_of, nodes_of, run

INTERVALS: list[int | str] = ["gop", 1, 2, 5, 12, "200ms"]
NAMES = (
    *VARIED,
    "vp90-2-17-show-existing-frame.webm",
    "vp90-2-20-big_superframe-02.webm",
    "vp90-2-14-resize-10frames-fp-tiles-1-2.webm",
    "vp90-2-21-resize_inter_320x240_5_3-4.webm",
    "vp90-2-21-resize_inter_320x180_5_1-2.webm",
)


def check(path: Path, count: int) -> Sequence[DecodedPacket]:
    source = VideoSource(path)
    packets = list(islice(decode_packets(source), count))
    graph = graph_of(packets, time_base=source.time_base)
    for interval in INTERVALS:
        live = LiveScheduler("5%", interval, time_base=source.time_base)
        closed = run(live, packets)
        wanted = select(graph, "5%", interval=interval)
        assert nodes_of(closed).tolist() == wanted.order.tolist(), interval
        np.testing.assert_allclose(np.concatenate([i.gain for i in closed]), wanted.gain, 1e-9)
        record = live.record()
        assert record.objective == pytest.approx(wanted.total[-1], rel=1e-9)
        assert record.untouched == pytest.approx(wanted.total[0], rel=1e-9)
        np.testing.assert_array_equal(record.shown, graph.shown)
    return packets


@needs_data
@pytest.mark.parametrize("name", NAMES)
def test_conformance_vectors(name: str) -> None:
    sizes = {(f.width, f.height) for each in check(vector(name), 30) for f in each.frames}
    assert (len(sizes) > 1) == ("resize" in name)


@needs_data
@pytest.mark.slow
@pytest.mark.parametrize("hr", CLIPS, ids=lambda path: path.stem)
def test_clips(hr: Path, tmp_path: Path) -> None:
    encode_lr(hr, tmp_path / "lr.webm", scale=4, frames=25)
    check(tmp_path / "lr.webm", 25)
