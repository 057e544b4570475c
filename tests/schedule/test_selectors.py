"""`sequential` is judged by exhaustive search, the other exact selectors by `sequential`."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from scipy.sparse import csr_array

from palantir import _core
from palantir.graph import ErrorGraph, FrameTable, PatchGrid
from palantir.schedule import Picks, adjoint, sequential
from tests.schedule.forms import FORMS, ON_TORCH, Select, uncompiled

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


def agree(found: Picks, wanted: Picks, seed: int) -> None:
    assert found.order.tolist() == wanted.order.tolist(), f"seed {seed}"
    scale = wanted.total[0]
    np.testing.assert_allclose(found.total, wanted.total, rtol=1e-9, atol=1e-9 * scale)
    np.testing.assert_allclose(found.gain, wanted.gain, rtol=1e-9, atol=1e-9 * scale)


def test_adjoint_gives_the_order_of_sequential_on_1000_graphs(random_graph: MakeGraph) -> None:
    for seed in range(1000):
        graph = random_graph(seed)
        count = min(graph.nodes, 12) if seed % 10 else graph.nodes
        agree(adjoint.select(graph, count), sequential.select(graph, count), seed)


@pytest.mark.slow
def test_uncompiled_sequential_gives_the_same_bits_on_1000_graphs(random_graph: MakeGraph) -> None:
    for seed in range(1000):
        graph = random_graph(seed, frames=1 + seed % 5)
        count = min(graph.nodes, 3) if seed % 20 else graph.nodes
        compiled, plain = sequential.select(graph, count), uncompiled(graph, count)
        assert plain.order.tolist() == compiled.order.tolist(), f"seed {seed}"
        assert plain.total.tobytes() == compiled.total.tobytes(), f"seed {seed}"


@pytest.mark.slow
@pytest.mark.parametrize("select", ON_TORCH)
def test_sparse_products_give_the_order_of_sequential_on_1000_graphs(
    select: Select, random_graph: MakeGraph
) -> None:
    for seed in range(1000):
        graph = random_graph(seed, frames=1 + seed % 5)
        count = min(graph.nodes, 3) if seed % 20 else graph.nodes
        agree(select(graph, count), sequential.select(graph, count), seed)


@pytest.mark.parametrize("select", FORMS)
def test_every_form_gives_the_order_of_sequential(select: Select, random_graph: MakeGraph) -> None:
    for seed in range(20):
        graph = random_graph(seed, frames=5)
        agree(select(graph, 6), sequential.select(graph, 6), seed)


@pytest.mark.parametrize("select", FORMS)
def test_there_are_no_more_picks_than_patches(select: Select, random_graph: MakeGraph) -> None:
    graph = random_graph(3, frames=2, grid=PatchGrid(1, 2))
    picks = select(graph, 9)
    assert sorted(picks.order.tolist()) == [0, 1, 2, 3]
    assert (len(picks.gain), len(picks.total)) == (4, 5)


@pytest.mark.parametrize("select", FORMS)
def test_picks_are_different_and_gains_never_rise(select: Select, random_graph: MakeGraph) -> None:
    for seed in range(12):
        graph = random_graph(seed, frames=4)
        picks = select(graph, graph.nodes)
        assert sorted(picks.order.tolist()) == list(range(graph.nodes))
        assert np.all(np.diff(picks.gain) <= 1e-8 * picks.total[0])
        assert picks.total[-1] == 0
        np.testing.assert_allclose(-np.diff(picks.total), picks.gain, atol=1e-9 * picks.total[0])


@pytest.mark.parametrize("select", FORMS)
def test_without_anything_to_gain_nodes_are_taken_in_order(
    select: Select, random_graph: MakeGraph
) -> None:
    graph = random_graph(1, frames=3, grid=PatchGrid(1, 2))
    hidden = replace(graph, frames=replace(graph.frames, shown=np.zeros(3, np.bool_)))
    blank = replace(graph, texture=np.zeros(6))
    for empty in (hidden, blank):
        picks = select(empty, 4)
        assert picks.order.tolist() == [0, 1, 2, 3]
        assert picks.total.tolist() == [0] * 5


@pytest.mark.parametrize("select", FORMS)
def test_a_graph_without_frames_has_no_picks(select: Select) -> None:
    table = FrameTable.plain(64, 64, [])
    picks = select(ErrorGraph(np.zeros(0), csr_array((0, 0)), table, PatchGrid(1, 2), (64, 64)), 3)
    assert len(picks.order) == len(picks.gain) == 0
    assert picks.total.tolist() == [0]


@pytest.mark.parametrize("select", FORMS)
def test_picking_nothing_leaves_the_objective(select: Select, random_graph: MakeGraph) -> None:
    graph = random_graph(7)
    picks = select(graph, 0)
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
