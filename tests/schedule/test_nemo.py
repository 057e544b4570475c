"""NEMO's greedy choice on quality tables made by hand and at random."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.sparse import csr_array

from palantir.errors import ScheduleError
from palantir.graph import ErrorGraph, FrameTable, PatchGrid
from palantir.schedule.nemo import SingleAnchorQuality

BY_HAND = [[34, 31, 30, 30], [30, 35, 32, 30], [30, 30, 34, 33], [30, 30, 30, 36]]


def graph_of(
    frames: int, *, patches: int = 1, shown: NDArray[np.bool_] | None = None
) -> ErrorGraph:
    """Unconnected patches, the last of each frame with the largest texture."""
    nodes = frames * patches
    table = FrameTable.plain(64, 64, np.ones(frames, np.bool_) if shown is None else shown)
    texture = np.tile(np.arange(1.0, patches + 1), frames)
    return ErrorGraph(texture, csr_array((nodes, nodes)), table, PatchGrid(1, patches), (64, 64))


def table(frames: FrameTable, quality: object) -> SingleAnchorQuality:
    return SingleAnchorQuality(frames, np.array(quality, float))


def test_picks_by_hand() -> None:
    graph = graph_of(4)
    assert table(graph.frames, BY_HAND).select(graph, 4).order.tolist() == [1, 3, 0, 2]


def test_frames_become_patches_by_falling_texture() -> None:
    graph = graph_of(4, patches=2)
    picks = table(graph.frames, BY_HAND).select(graph, 5)
    assert picks.order.tolist() == [3, 2, 7, 6, 1]
    assert picks.total.tolist() == [12, 10, 9, 7, 6, 4]


def test_only_shown_frames_count() -> None:
    shown = np.array([False, True, True, True])
    quality = np.array(BY_HAND, float)
    quality[:, 0] = np.nan
    graph = graph_of(4, shown=shown)
    # means over frames 1 to 3, times 3: 91, 97, 97, 96; then with 1: 97, 102, 103; then with 3
    assert table(graph.frames, quality).select(graph, 4).order.tolist() == [1, 3, 2, 0]


def test_each_pick_leaves_the_largest_mean_of_the_maxima() -> None:
    for seed in range(20):
        rng = np.random.default_rng(seed)
        graph = graph_of(7, shown=rng.random(7) < 0.7)
        quality = rng.integers(25, 32, (7, 7)).astype(float)
        picks = table(graph.frames, quality).select(graph, 7).order.tolist()
        assert sorted(picks) == list(range(7))
        for k in range(7):
            left = [f for f in range(7) if f not in picks[:k]]
            reached = [
                sum(
                    max(quality[a, f] for a in [*picks[:k], new])
                    for f in range(7)
                    if graph.shown[f]
                )
                for new in left
            ]
            assert picks[k] == left[int(np.argmax(reached))], f"seed {seed}, pick {k}"
        some = table(graph.frames, quality).select(graph, 3)
        assert some.order.tolist() == picks[:3]


def test_an_interval_is_chosen_by_its_own_rows_and_columns() -> None:
    graph = graph_of(4)
    quality = np.array(BY_HAND, float)
    part = graph.between(2, 4, np.zeros(4))
    inner = table(part.frames, quality[2:, 2:]).select(part, 2).order
    assert table(graph.frames, quality).select(part, 2).order.tolist() == inner.tolist() == [0, 1]
    quality[2, 2] = 28  # of no use to itself, as measured
    assert table(graph.frames, quality).select(part, 2).order.tolist() == [1, 0]


def test_an_interval_that_begins_amid_a_packet_is_found_by_its_coded_sizes() -> None:
    graph = graph_of(4)
    packet, sizes = np.array([0, 1, 1, 1]), np.array([9, 8, 7, 6])
    graph = replace(graph, frames=replace(graph.frames, packet=packet, coded_bytes=sizes))
    measured = table(graph.frames, [*BY_HAND[:3], [30, 30, 30, 40]])
    for first, stop, best in ((1, 3, 1), (2, 4, 3), (1, 4, 3), (2, 3, 2)):
        part = graph.between(first, stop, np.zeros(4))
        assert first + int(measured.select(part, 1).order[0]) == best


def test_one_frame_and_hidden_frames_only() -> None:
    one = graph_of(1, patches=3)
    assert table(one.frames, [[30]]).select(one, 9).order.tolist() == [2, 1, 0]
    hidden = graph_of(3, shown=np.zeros(3, np.bool_))
    quality = np.full((3, 3), np.nan)
    assert table(hidden.frames, quality).select(hidden, 2).order.tolist() == [0, 1]


def test_frames_that_were_not_measured_are_refused() -> None:
    measured = table(graph_of(4).frames, BY_HAND)
    longer = graph_of(5)
    with pytest.raises(ScheduleError, match="5 frames of the graph are not among the 4 that were"):
        measured.select(longer, 1)
    part = longer.between(3, 5, np.zeros(5))
    with pytest.raises(ScheduleError, match="2 frames of the graph are not among the 4 that were"):
        measured.select(part, 1)


def test_unusable_tables_are_refused() -> None:
    frames = graph_of(2).frames
    with pytest.raises(ScheduleError, match=r"quality of shape \(2, 3\) for 2 frames"):
        table(frames, np.zeros((2, 3)))
    with pytest.raises(ScheduleError, match="quality of frame 1 with anchor frame 0 is nan"):
        table(frames, [[1, np.nan], [1, 1]])
