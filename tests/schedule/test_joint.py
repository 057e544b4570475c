"""One budget over several graphs: greedy over their queues is greedy over all as one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from scipy.sparse import block_diag, csr_array

from palantir.errors import ScheduleError
from palantir.graph import ErrorGraph, FrameTable, PatchGrid
from palantir.profile import CacheProfile
from palantir.schedule import NetworkBudget, select, select_jointly, sequential

MakeGraph = Callable[..., ErrorGraph]


def flat(texture: list[float], width: int = 64, seconds: float = 0.04) -> ErrorGraph:
    """One patch a frame, nothing propagates."""
    count = len(texture)
    frames = replace(FrameTable.plain(width, 64, [True] * count), duration=np.full(count, seconds))
    return ErrorGraph(
        np.array(texture), csr_array((count, count)), frames, PatchGrid(1, 1), (width, 64)
    )


def shown(graph: ErrorGraph) -> ErrorGraph:
    """The same graph, every frame displayed."""
    flags = np.ones(len(graph.frames), np.bool_)
    return replace(graph, frames=replace(graph.frames, shown=flags))


def as_one(first: ErrorGraph, second: ErrorGraph) -> ErrorGraph:
    """Both graphs, one behind the other, without an edge between them."""
    displayed = np.concatenate((first.shown, second.shown))
    return ErrorGraph(
        np.concatenate((first.texture, second.texture)),
        csr_array(block_diag((first.weights, second.weights))),
        FrameTable.plain(640, 480, displayed), first.grid, (640, 480),
    )  # fmt: skip


def test_it_is_greedy_selection_on_all_graphs_as_one(random_graph: MakeGraph) -> None:
    grid = PatchGrid(2, 2)
    for seed in range(60):
        first = random_graph(seed, frames=3, grid=grid)
        second = random_graph(seed + 2 * (seed % 3), frames=4, grid=grid)
        count = 1 + seed % 20
        whole = sequential.select(as_one(first, second), count).order
        a, b = select_jointly([first, second], count)
        assert len(a) + len(b) == count
        assert a.order.tolist() == [node for node in whole if node < 12], f"seed {seed}"
        assert b.order.tolist() == [node - 12 for node in whole if node >= 12], f"seed {seed}"
        for graph, selection in ((first, a), (second, b)):
            totals = graph.objectives(selection.order)
            np.testing.assert_allclose(selection.total, totals, atol=1e-12 * totals[0])


def test_a_tie_goes_to_the_earlier_graph() -> None:
    a, b = select_jointly([flat([5.0, 3.0]), flat([5.0 * (1 + 1e-12), 4.0])], 1)
    assert (len(a), len(b)) == (1, 0)
    a, b = select_jointly([flat([0.0, 0.0]), flat([0.0])], 2)
    assert (len(a), len(b)) == (2, 0)


def test_a_queue_may_run_out() -> None:
    a, b = select_jointly([flat([9.0]), flat([1.0, 1.0, 1.0])], 3)
    assert (a.order.tolist(), b.order.tolist()) == ([0], [0, 1])


def test_a_share_is_of_all_area_together() -> None:
    large, small = flat([1.0] * 4, width=300), flat([2.0] * 4, width=100)
    a, b = select_jointly([large, small], 0.5)  # 800 of 1600 columns: 4 * 100 and 300
    assert (len(a), len(b)) == (1, 4)
    assert [len(each) for each in select_jointly([large, small], 1.0)] == [4, 4]


def test_streams_share_the_network_side_by_side() -> None:
    """Frames cost 64 * 64 * 10; at 100 frames a second the longer stream pays for 40."""
    budget = NetworkBudget(64 * 64 * 10 * 100, macs_per_pixel=10, halo=0)
    long, short = flat([2.0] * 30, seconds=0.01), flat([1.0] * 30, seconds=0.005)
    a, b = select_jointly([long, short], budget)
    assert (len(a), len(b)) == (30, 0)
    slow = flat([2.0] * 30, seconds=0.4 / 30)
    a, b = select_jointly([slow, short], budget)
    assert (len(a), len(b)) == (30, 10)
    assert (a.parameters["joint"], a.parameters["macs_per_second"]) == (2, 40960.0 * 100)


def test_selections_can_be_saved_and_name_the_whole_budget(random_graph: MakeGraph) -> None:
    graphs = [replace(random_graph(seed), segment_sha256=bytes(32)) for seed in (4, 8)]
    for graph, selection in zip(graphs, select_jointly(graphs, "10%"), strict=True):
        profile = CacheProfile.from_selection(graph, selection)
        assert (profile.budget, profile.parameters) == (0.1, {"interval": "all", "joint": 2})


def test_one_graph_alone_is_scheduled_as_by_select(random_graph: MakeGraph) -> None:
    graph = shown(random_graph(4))
    for name in ("adjoint", "key-alt", "all", "none"):
        (joint,), alone = select_jointly([graph], 0.3, name), select(graph, 0.3, name)
        assert joint.order.tolist() == alone.order.tolist()
        assert joint.gain.tolist() == alone.gain.tolist()
    assert select_jointly([], 0.3) == []


def test_options_and_ablations_are_those_of_select(random_graph: MakeGraph) -> None:
    graph = shown(random_graph(8))
    (joint,) = select_jointly([graph], 3, "random", without="texture", options={"seed": 5})
    alone = select(graph, 3, "random", without="texture", options={"seed": 5})
    assert joint.order.tolist() == alone.order.tolist()
    np.testing.assert_allclose(joint.gain, alone.gain)
    assert joint.parameters == {**alone.parameters, "joint": 1}


def test_errors_beyond_every_number_are_refused() -> None:
    steep = replace(flat([1e300, 1e300]), weights=csr_array(np.array([[0, 0], [1e300, 0]])))
    with pytest.raises(ScheduleError, match="beyond every number"):
        select_jointly([flat([1.0]), steep], 1)


def test_graphs_of_different_error_models_share_no_budget() -> None:
    made = {name: replace(flat([1.0]), error_model=name) for name in ("detail", "paper")}
    with pytest.raises(ScheduleError, match="error models share no budget: detail, paper"):
        select_jointly([made["paper"], made["detail"]], 1)
    for other in (made["paper"], flat([1.0])):
        assert len(select_jointly([made["paper"], other], 2)) == 2
