"""Records of live scheduling: what each covers, profiles of them, and memory between them."""

from __future__ import annotations

import gc
from pathlib import Path

import numpy as np
import pytest

from palantir.codec import Decoder, decode_packets
from palantir.enhance import enhance
from palantir.errors import ProfileError
from palantir.graph import ErrorGraph, PatchGrid
from palantir.media import VideoSource
from palantir.profile import CacheProfile
from palantir.schedule import Budget, LiveScheduler, NetworkBudget, select
from tests.codec.streams import KINDS, decode_all, packet, stream
from tests.enhance.streams import QUICK, encode, moving_picture
from tests.schedule.live_streams import TIME_BASE, decoded, graph_of, nodes_of, run


def test_each_record_covers_its_own_frames() -> None:
    packets = decoded("alt-ref", 3)
    gop = len(packets) // 3
    live = LiveScheduler("5%", 4)
    records, closed = [], []
    for start in range(0, len(packets), gop):
        part = packets[start : start + gop]
        intervals = run(live, part)
        closed += intervals
        record = live.record()
        table = graph_of(decoded("alt-ref", 1)).frames
        np.testing.assert_array_equal(record.packet, table.packet)
        np.testing.assert_array_equal(record.shown, table.shown)
        np.testing.assert_array_equal(record.anchors, np.vstack([i.anchors for i in intervals]))
        records.append(record)
    graph = graph_of(packets)
    picks = nodes_of(closed)
    assert sum(each.objective for each in records) == pytest.approx(graph.objective(picks))
    assert sum(each.untouched for each in records) == pytest.approx(graph.objective())
    assert records[0].objective == pytest.approx(records[2].objective)
    expected = {"interval": 4, "live": True, "tail": False, "error_model": "detail"}
    assert records[0].parameters == expected
    assert records[0].budget == Budget(0.05)


def test_a_record_is_of_the_size_of_its_own_first_frame() -> None:
    packets = decode_all((*stream("resilient"), *stream("resilient", size=(64, 48))))
    live = LiveScheduler(1, "gop", PatchGrid(2, 2))
    sizes = [live.record().lr_size for each in packets if live.push(each)]
    live.flush()
    assert [*sizes, live.record().lr_size] == [(101, 67), (64, 48)]


def test_displays_after_a_record_touch_the_next_one_only() -> None:
    packets = decoded("late-displays", 1)
    live = LiveScheduler(1, 3)
    for each in packets[:-2]:
        live.push(each)
    before = live.record()
    assert not before.shown.all()
    for each in packets[-2:]:
        live.push(each)
    live.flush()
    after = live.record()
    assert after.shown.all()
    total = graph_of(packets[:-2]).objective()  # of the stream without its last packets
    assert before.untouched + after.untouched == pytest.approx(total)


def test_parameters_tell_how_the_anchors_were_chosen() -> None:
    budget = NetworkBudget(4e8, macs_per_pixel=1000, halo=8)
    live = LiveScheduler(budget, "160ms", tail=True, deadline=60, time_base=TIME_BASE)
    run(live, decoded("sub-8x8"))
    record = live.record()
    assert record.parameters == {
        "interval": "160ms", "live": True, "tail": True, "error_model": "detail",
        "macs_per_second": 4e8, "macs_per_pixel": 1000, "halo": 8,
        "deadline_ms": 60000.0, "deadline_passed": 0,
    }  # fmt: skip
    profile = CacheProfile.from_live(record, bytes(32), "paper")
    assert profile.budget == np.count_nonzero(record.anchors) > 0
    assert profile.selector == "adjoint"
    again = CacheProfile.from_bytes(profile.to_bytes())
    assert again.parameters == record.parameters
    np.testing.assert_array_equal(again.anchors, record.anchors)
    assert (again.estimated_before, again.estimated_after) == (record.untouched, record.objective)
    assert (again.reuse, again.reuse_parameters) == ("paper", {})
    with pytest.raises(ProfileError):
        CacheProfile.from_live(record, b"short")


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("live") / "clip.webm"
    return encode(path, (moving_picture(i, 48, 32) for i in range(6)), options=QUICK, gop=4)


def test_the_profile_of_a_whole_file_can_be_enhanced(clip: Path, tmp_path: Path) -> None:
    source = VideoSource(clip)
    live = LiveScheduler("10%", "80ms", time_base=source.time_base)
    closed = run(live, decode_packets(source))
    assert [len(each.index) for each in closed] == [2, 2, 2]
    profile = CacheProfile.from_live(live.record(), source.sha256())
    profile.save(tmp_path / "live.pcp")
    frames = list(enhance(clip, CacheProfile.load(tmp_path / "live.pcp")))
    assert [frame.anchors for frame in frames] == profile.anchors.sum(axis=1).tolist()
    assert sum(frame.anchors for frame in frames) > 0
    assert all(frame.planes[0].shape == (128, 192) for frame in frames)
    graph = ErrorGraph.from_video(clip)
    batch = CacheProfile.from_selection(graph, select(graph, "10%", interval="80ms"))
    np.testing.assert_array_equal(profile.anchors, batch.anchors)
    assert profile.segment_sha256 == batch.segment_sha256
    assert profile.estimated_after == pytest.approx(batch.estimated_after)


def test_memory_does_not_grow_while_records_are_taken() -> None:
    """Objects of Python here; tests/cpp/test_live.cpp counts the bytes of the native part."""
    gop, decoder = KINDS["tiny"](), Decoder()
    live = LiveScheduler(1, 2, "1x1", tail=True)
    objects = []
    for index in range(2000):
        live.push(decoder.decode(packet(gop[index % len(gop)], index)))
        if index % 50 == 49:
            live.record()
        if index % 500 == 499:
            gc.collect()
            objects.append(len(gc.get_objects()))
    assert objects[-1] <= objects[0] + 20
