"""Streams that change their size, with and without a key frame (docs/live-input.md)."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import palantir
from palantir.cli import main
from palantir.codec import CodedFrame
from palantir.enhance import SRFrame
from palantir.graph import ErrorGraph
from palantir.profile import CacheProfile
from palantir.schedule import LiveScheduler, select
from tests.codec.frame_header import resized
from tests.codec.streams import decode_all, frames_of, stream
from tests.data_folder import needs_data, vector
from tests.live_input.faulty import PLAIN, write_ivf
from tests.schedule.live_streams import run

SWITCHES = {
    "with a key frame": (*PLAIN[:3], *stream("resilient", size=(64, 48))),
    "without one": (*PLAIN[:3], resized(PLAIN[3], 104, 72), PLAIN[4], resized(PLAIN[5], 100, 66)),
}
SIZES = {
    "with a key frame": [(101, 67)] * 3 + [(64, 48)] * 6,
    "without one": [(101, 67)] * 3 + [(104, 72)] * 2 + [(100, 66)],
}


def enhanced(clip: Path) -> tuple[ErrorGraph, list[SRFrame]]:
    graph = ErrorGraph.from_video(clip, (3, 5))
    profile = CacheProfile.from_selection(graph, select(graph, 9))
    return graph, list(palantir.enhance(clip, profile))


def size(frame: CodedFrame | SRFrame) -> tuple[int, int]:
    return frame.width, frame.height


@pytest.mark.parametrize("kind", SWITCHES)
def test_every_frame_is_scheduled_and_enhanced_at_its_own_size(tmp_path: Path, kind: str) -> None:
    clip = write_ivf(tmp_path / "clip.ivf", SWITCHES[kind])
    graph, shown = enhanced(clip)
    assert [size(frame) for frame in frames_of(SWITCHES[kind])] == SIZES[kind]
    assert [size(frame) for frame in shown] == [(4 * w, 4 * h) for w, h in SIZES[kind]]
    rows, columns = (nodes // 15 for nodes in graph.weights.nonzero())
    sizes = np.array(SIZES[kind])
    np.testing.assert_array_equal(sizes[rows], sizes[columns])  # no edge joins two sizes


@pytest.mark.parametrize("kind", SWITCHES)
def test_a_live_scheduler_goes_through_with_its_grid(kind: str) -> None:
    found = run(LiveScheduler("20%", 2, (3, 5)), decode_all(SWITCHES[kind]))
    assert sum(len(each.index) for each in found) == len(SIZES[kind])
    assert all(each.anchors.any() for each in found)
    assert {each.anchors.shape[1] for each in found} == {15}


def test_after_a_switch_with_a_key_frame_all_is_as_in_a_stream_of_that_size(
    tmp_path: Path,
) -> None:
    packets = SWITCHES["with a key frame"]
    clip = write_ivf(tmp_path / "clip.ivf", packets)
    alone = write_ivf(tmp_path / "alone.ivf", packets[3:])
    graph = ErrorGraph.from_video(alone, (3, 5))
    profile = CacheProfile.from_selection(graph, select(graph, 9))
    graph = ErrorGraph.from_video(clip, (3, 5))
    both = CacheProfile.from_selection(graph, select(graph, 9))
    both = replace(both, anchors=np.concatenate([both.anchors[:3], profile.anchors]))
    assert both.anchors[:3].any()
    shown = list(palantir.enhance(clip, both))[3:]
    for late, same in zip(shown, palantir.enhance(alone, profile), strict=True):
        assert late.anchors == same.anchors
        for plane, wanted in zip(late.planes, same.planes, strict=True):
            np.testing.assert_array_equal(plane, wanted)
    assert sum(frame.anchors for frame in shown) == 9


@pytest.mark.parametrize("kind", SWITCHES)
def test_one_video_file_cannot_hold_two_sizes(
    tmp_path: Path, kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    clip, target = write_ivf(tmp_path / "clip.ivf", SWITCHES[kind]), tmp_path / "sr.y4m"
    for command, code in ((["schedule", str(clip), "--grid", "3x5"], None),
                          (["enhance", str(clip), "-o", str(target)], 1)):  # fmt: skip
        with pytest.raises(SystemExit) as ended:
            main(command)
        assert (ended.value.code or None) == code
    width, height = SIZES[kind][3]
    assert capsys.readouterr().err == (
        f"palantir: {target}: frame 3 is {4 * width}x{4 * height}, not 4:2:0 of 404x268\n"
    )
    assert sorted(path.name for path in tmp_path.iterdir()) == ["clip.ivf", "clip.pcp"]


@needs_data
def test_a_vector_that_resizes_without_key_frames_is_enhanced_throughout(tmp_path: Path) -> None:
    clip = vector("vp90-2-21-resize_inter_320x180_5_1-2.webm")
    profile = CacheProfile.from_selection(
        graph := ErrorGraph.from_video(clip, (3, 5)), select(graph, 40)
    )
    sizes = {size(frame) for frame in palantir.enhance(clip, profile)}
    assert sizes == {(1280, 720), (640, 360)}
