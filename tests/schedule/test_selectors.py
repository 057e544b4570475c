"""`sequential` is judged by exhaustive search, `adjoint` by `sequential`."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from palantir import _core
from palantir.graph import ErrorGraph, PatchGrid
from palantir.schedule import Picks, adjoint, sequential

MakeGraph = Callable[..., ErrorGraph]


def test_the_gain_of_a_pick_is_its_error_times_its_influence(random_graph: MakeGraph) -> None:
    for seed in range(60):
        graph = random_graph(seed, frames=4, grid=PatchGrid(1, 3))
        rng = np.random.default_rng(seed)
        anchors = rng.choice(graph.nodes, 2, replace=False).tolist()
        gain = graph.errors(anchors) * graph.influence(anchors)
        before = graph.objective(anchors)
        drops = [before - graph.objective([*anchors, v]) for v in range(graph.nodes)]
        np.testing.assert_allclose(gain, drops, rtol=1e-9, atol=1e-12 * before)


def test_greedy_is_within_1_minus_1_over_e_of_the_optimum(random_graph: MakeGraph) -> None:
    for seed in range(40):
        graph = random_graph(seed, frames=4, grid=PatchGrid(1, 3))
        for count in (1, 2, 3):
            sets = itertools.combinations(range(graph.nodes), count)
            best = graph.objective() - min(graph.objective(chosen) for chosen in sets)
            total = sequential.select(graph, count).total
            assert total[0] - total[-1] >= (1 - 1 / math.e) * best - 1e-12 * total[0]


def test_sequential_picks_the_set_that_is_best_one_pick_ahead(random_graph: MakeGraph) -> None:
    for seed in range(0, 40, 4):  # values without ties
        graph = random_graph(seed, frames=4, grid=PatchGrid(1, 3))
        picks = sequential.select(graph, 4)
        for k in range(4):
            others = [graph.objective([*picks.order[:k], v]) for v in range(graph.nodes)]
            assert picks.total[k + 1] == pytest.approx(min(others), rel=1e-9, abs=1e-12)


def test_adjoint_gives_the_order_of_sequential_on_1000_graphs(random_graph: MakeGraph) -> None:
    for seed in range(1000):
        graph = random_graph(seed)
        count = min(graph.nodes, 12) if seed % 10 else graph.nodes
        slow, fast = sequential.select(graph, count), adjoint.select(graph, count)
        assert fast.order.tolist() == slow.order.tolist(), f"seed {seed}"
        np.testing.assert_allclose(fast.total, slow.total, rtol=1e-9, atol=1e-9 * slow.total[0])
        np.testing.assert_allclose(fast.gain, slow.gain, rtol=1e-9, atol=1e-9 * slow.total[0])


@pytest.mark.parametrize("select", [sequential.select, adjoint.select])
def test_picks_are_different_and_gains_never_rise(
    select: Callable[[ErrorGraph, int], Picks], random_graph: MakeGraph
) -> None:
    for seed in range(20):
        graph = random_graph(seed)
        picks = select(graph, graph.nodes)
        assert sorted(picks.order.tolist()) == list(range(graph.nodes))
        assert np.all(np.diff(picks.gain) <= 1e-8 * picks.total[0])
        assert picks.total[-1] == 0
        np.testing.assert_allclose(-np.diff(picks.total), picks.gain, atol=1e-9 * picks.total[0])


@pytest.mark.parametrize("select", [sequential.select, adjoint.select])
def test_without_anything_to_gain_nodes_are_taken_in_order(
    select: Callable[[ErrorGraph, int], Picks], random_graph: MakeGraph
) -> None:
    graph = random_graph(1, frames=3, grid=PatchGrid(1, 2))
    hidden = replace(graph, frames=replace(graph.frames, shown=np.zeros(3, np.bool_)))
    blank = replace(graph, texture=np.zeros(6))
    for empty in (hidden, blank):
        picks = select(empty, 4)
        assert picks.order.tolist() == [0, 1, 2, 3]
        assert picks.total.tolist() == [0] * 5


def test_picking_nothing_leaves_the_objective(random_graph: MakeGraph) -> None:
    graph = random_graph(7)
    for picks in (sequential.select(graph, 0), adjoint.select(graph, 0)):
        assert len(picks.order) == len(picks.gain) == 0
        assert picks.total.tolist() == [pytest.approx(graph.objective())]


def test_adjoint_is_the_same_every_time(random_graph: MakeGraph) -> None:
    graph = random_graph(12, frames=12, grid=PatchGrid(3, 4))
    first, again = adjoint.select(graph, 30), adjoint.select(graph, 30)
    assert first.gain.tobytes() == again.gain.tobytes()
    assert first.order.tobytes() == again.order.tobytes()


def test_native_selector_refuses_edges_that_do_not_point_back(random_graph: MakeGraph) -> None:
    row_start, reference, weight, texture, shown = random_graph(
        2, frames=4, grid=PatchGrid(1, 3)
    ).arrays
    with pytest.raises(ValueError, match="a reference is negative"):
        _core.select_adjoint(row_start, reference - 20, weight, texture, shown, 1)
    with pytest.raises(ValueError, match="the rows do not end where the edges do"):
        _core.select_adjoint(row_start, reference[:-1], weight[:-1], texture, shown, 1)
