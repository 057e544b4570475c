from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from scipy.sparse import csr_array

from palantir.errors import ScheduleError
from palantir.graph import ErrorGraph, FrameTable, PatchGrid
from palantir.profile import CacheProfile
from palantir.schedule import Budget, NetworkBudget, adjoint, select

MakeGraph = Callable[..., ErrorGraph]


def two_gops(random_graph: MakeGraph) -> ErrorGraph:
    graph = random_graph(12, frames=10, grid=PatchGrid(2, 2))
    weights = graph.weights.toarray()
    weights[20:, :20] = 0
    keys = np.arange(10) % 5 == 0
    return replace(graph, weights=csr_array(weights), frames=replace(graph.frames, key=keys))


def test_each_interval_gets_the_budget_by_itself(random_graph: MakeGraph) -> None:
    graph = random_graph(0, frames=10, grid=PatchGrid(2, 5))
    assert len(select(graph, "5%")) == 5
    assert len(select(graph, "5%", interval=4)) == 2 + 2 + 1
    assert len(select(graph, 3, interval=4)) == 9
    frames = select(graph, 3, interval=4).order // 10
    assert np.bincount(frames // 4).tolist() == [3, 3, 3]


def test_gops_are_scheduled_as_if_each_were_alone(random_graph: MakeGraph) -> None:
    graph = two_gops(random_graph)
    whole = select(graph, 4, interval="gop")
    alone = [adjoint.select(graph.between(a, a + 5, np.zeros(40)), 4) for a in (0, 5)]
    assert whole.order.tolist() == [*alone[0].order, *(20 + alone[1].order)]
    np.testing.assert_allclose(whole.gain, -np.diff(whole.total), atol=1e-12 * whole.total[0])


@pytest.mark.parametrize("interval", [None, "gop", 1, 2, 3, 7])
def test_total_is_the_objective_of_the_whole_graph(
    interval: object, random_graph: MakeGraph
) -> None:
    graph = two_gops(random_graph)
    selection = select(graph, "20%", interval=interval)  # type: ignore[arg-type]
    totals = [graph.objective(selection.order[:k]) for k in range(len(selection) + 1)]
    np.testing.assert_allclose(selection.total, totals, rtol=1e-9)
    assert np.all(-np.diff(selection.total) >= selection.gain * (1 - 1e-9) - 1e-9)


def test_an_interval_sees_what_earlier_anchors_left_over() -> None:
    """Patch 0 of frame 0 is far worse than patch 1, but it is an anchor when frame 1 is reached."""
    weights = np.zeros((4, 4))
    weights[2, 0] = weights[3, 1] = 1
    graph = ErrorGraph(
        np.array([9.0, 5.0, 1.0, 1.0]), csr_array(weights),
        FrameTable.plain(64, 64, [True, True]), PatchGrid(1, 2), (64, 64),
    )  # fmt: skip
    selection = select(graph, 1, interval=1)
    assert selection.order.tolist() == [0, 3]
    assert selection.gain.tolist() == [9, 6]
    assert selection.total.tolist() == [9 + 5 + 10 + 6, 5 + 1 + 6, 5 + 1]


def test_exact_selectors_agree_on_intervals_of_every_length(random_graph: MakeGraph) -> None:
    for seed in range(40):
        graph = random_graph(seed)
        for interval in (1, 2, 5):
            slow = select(graph, 2, "sequential", interval)
            fast = select(graph, 2, "adjoint", interval)
            assert fast.order.tolist() == slow.order.tolist(), f"seed {seed}, {interval} frames"


def test_a_selection_says_how_it_was_made(random_graph: MakeGraph) -> None:
    selection = select(random_graph(3), "5%", "sequential", interval=2)
    assert selection.selector == "sequential"
    assert selection.budget == Budget(0.05)
    assert selection.parameters == {"interval": 2}
    assert select(random_graph(3)).parameters == {"interval": "all"}
    assert select(random_graph(3), interval="gop").parameters == {"interval": "gop"}
    assert select(random_graph(3), interval="120ms").parameters == {"interval": "120ms"}


def test_a_timed_interval_is_scheduled_like_the_frames_that_fall_into_it(
    random_graph: MakeGraph,
) -> None:
    graph = two_gops(random_graph)  # 25 frames a second
    timed, counted = select(graph, 3, interval="120ms"), select(graph, 3, interval=3)
    assert timed.order.tolist() == counted.order.tolist()
    assert len(timed) == 12


def test_what_the_network_may_compute_is_counted_for_each_interval() -> None:
    """A frame of 64x64 in quarters, a halo of 4: an anchor costs 36 * 36 pixels, two 36 * 64."""
    graph = ErrorGraph(
        np.array([9.0, 8.0, 1.0, 1.0] * 6), csr_array((24, 24)),
        FrameTable.plain(64, 64, [True] * 6), PatchGrid(2, 2), (64, 64),
    )  # fmt: skip
    budget = NetworkBudget(10 * 36 * 64 / 0.08, macs_per_pixel=10, halo=4)
    selection = select(graph, budget, interval=2)
    # Patch 0 of both frames would cost 2592 of 2304 pixels.
    assert selection.order.tolist() == [0, 8, 16]
    twice = select(graph, replace(budget, macs_per_second=2 * budget.macs_per_second), interval=2)
    # 2592 pixels, with patch 1 of a frame 3600, with that of the other just the 4608 there are.
    assert twice.order.tolist() == [0, 4, 1, 5, 8, 12, 9, 13, 16, 20, 17, 21]
    assert len(select(graph, replace(budget, macs_per_second=100.0), interval=2)) == 0


def test_a_budget_of_the_network_is_recorded(random_graph: MakeGraph) -> None:
    graph = replace(two_gops(random_graph), segment_sha256=bytes(32))
    frames = replace(graph.frames, duration=np.full(10, 0.04))
    graph = replace(graph, frames=frames)
    selection = select(graph, NetworkBudget(8e9, macs_per_pixel=1000, halo=8), interval=2)
    cost = {"macs_per_second": 8e9, "macs_per_pixel": 1000, "halo": 8}
    assert selection.parameters == {"interval": 2, **cost}
    profile = CacheProfile.from_selection(graph, selection)
    assert profile.budget == len(selection) > 0
    assert CacheProfile.from_bytes(profile.to_bytes()).parameters == selection.parameters


def test_remainder_patches_count_by_their_area() -> None:
    """10x10 pixels as 3x3 patches: the last row and column are 4 pixels wide, the others 3."""
    texture = np.arange(9.0)
    graph = ErrorGraph(
        texture, csr_array((9, 9)), FrameTable.plain(10, 10, [True]), PatchGrid(3, 3), (10, 10)
    )
    areas = [9, 9, 12, 9, 9, 12, 12, 12, 16]
    for percent in range(1, 101):
        order = select(graph, percent / 100).order.tolist()
        assert order == list(range(8, 8 - len(order), -1))
        area = sum(areas[node] for node in order)
        more = area + (areas[8 - len(order)] if len(order) < 9 else 1000)
        less = area - areas[order[-1]] if len(order) > 1 else -1000
        assert abs(area - percent) < abs(more - percent)
        assert abs(area - percent) <= abs(less - percent)


def test_errors_beyond_every_number_are_refused() -> None:
    graph = ErrorGraph(
        np.full(3, 1e300), csr_array(np.eye(3, k=-1) * 1e300),
        FrameTable.plain(64, 64, [True] * 3), PatchGrid(1, 1), (64, 64),
    )  # fmt: skip
    with pytest.raises(ScheduleError, match="beyond every number"):
        select(graph, 1)


def test_a_graph_of_no_frames_has_no_anchors() -> None:
    frames = FrameTable.plain(64, 64, [])
    empty = ErrorGraph(np.zeros(0), csr_array((0, 0)), frames, PatchGrid(1, 1), (64, 64))
    for interval in (None, "gop"):
        selection = select(empty, 3, interval=interval)
        assert (len(selection), selection.total.tolist()) == (0, [0])


def test_a_gop_of_thousands_of_frames_is_scheduled_whole() -> None:
    frames, patches = 4000, 6
    nodes = frames * patches
    rng = np.random.default_rng(0)
    rows = np.arange(patches, nodes)
    weights = csr_array((rng.random(len(rows)), (rows, rows - patches)), shape=(nodes, nodes))
    table = FrameTable.plain(64, 64, [True] * frames)
    graph = ErrorGraph(rng.random(nodes), weights, table, PatchGrid(2, 3), (64, 64))
    selection = select(graph, 20, interval="gop")
    assert selection.total[-1] == pytest.approx(graph.objective(selection.order), rel=1e-9)
