"""Picks by gain per pixel that the network computes: rectangles up to whole frames."""

from __future__ import annotations

import signal
from dataclasses import replace
from fractions import Fraction
from types import FrameType
from typing import Any

import numpy as np
import pytest
from scipy.sparse import csr_array

from palantir.errors import ScheduleError
from palantir.graph import ErrorGraph, FrameTable, PatchGrid
from palantir.schedule import CostShare, gain_per_cost, select
from tests.schedule.conftest import MakeGraph
from tests.schedule.numpy_rectangles import moves


def graph(texture: list[list[float]], grid: PatchGrid, width: int, height: int) -> ErrorGraph:
    """Frames of patches between which nothing travels."""
    nodes = sum(map(len, texture))
    frames = FrameTable.plain(width, height, [True] * len(texture))
    return ErrorGraph(
        np.concatenate(texture), csr_array((nodes, nodes)), frames, grid, (width, height)
    )


# Two frames of 30x10 in patches of 10x10: 5 everywhere in one, 6 in the middle of the other.
TWO = graph([[0, 6, 0], [5, 5, 5]], PatchGrid(1, 3), 30, 10)


@pytest.mark.parametrize(
    ("halo", "order"),
    [
        (0, [1, 3, 4, 5]),  # single patches, the best first
        (10, [3, 4, 5, 1]),  # any patch costs at least two thirds of its frame
    ],
)
def test_a_halo_makes_whole_frames_cheaper(halo: int, order: list[int]) -> None:
    assert gain_per_cost.select(TWO, 4, halo=halo).order.tolist() == order


def test_what_is_run_already_costs_nothing_again() -> None:
    # 40x10, patches of 10x10, halo 2: with its neighbour, patch 0 costs 12 columns more of 22.
    alone = graph([[9, 4, 0, 0], [0, 0, 0, 6.5]], PatchGrid(1, 4), 40, 10)
    assert gain_per_cost.select(alone, 3, halo=2).order.tolist() == [0, 7, 1]
    beside = graph([[9, 4, 0, 0], [0, 4.5, 0, 0]], PatchGrid(1, 4), 40, 10)
    # 13 of 22 columns are less than 9 of 12; 4 of 10 more are better than 4.5 of 14
    assert gain_per_cost.select(beside, 3, halo=2).order.tolist() == [0, 1, 5]


@pytest.mark.parametrize("halo", [0, 7, 30])
def test_every_patch_is_picked_once_and_fewer_picks_are_a_beginning(halo: int) -> None:
    random = np.random.default_rng(halo)
    grid, frames = PatchGrid(3, 4), 6
    nodes = frames * grid.count
    weights = np.tril(random.random((nodes, nodes)) < 0.05, -1) * random.random((nodes, nodes))
    block = np.arange(nodes) // grid.count
    weights[block[:, None] == block] = 0
    made = ErrorGraph(
        random.random(nodes), csr_array(weights), FrameTable.plain(64, 48, [True] * frames), grid,
        (64, 48),
    )  # fmt: skip
    picks = gain_per_cost.select(made, nodes, halo=halo)
    assert sorted(picks.order) == list(range(nodes))
    assert picks.total == pytest.approx(made.objectives(picks.order))
    assert gain_per_cost.select(made, 10, halo=halo).order.tolist() == picks.order[:10].tolist()


def test_at_equal_cost_it_leaves_less_than_adjoint_where_halos_are_large() -> None:
    random = np.random.default_rng(5)
    made = graph(random.random((20, 12)).tolist(), PatchGrid(3, 4), 64, 48)
    budget = CostShare(Fraction(1, 8), 16)
    ours = select(made, budget, "gain-per-cost", options={"halo": 16})
    other = select(made, budget, "adjoint")
    assert ours.total[-1] < other.total[-1]
    assert (ours.selector, ours.parameters["halo"]) == ("gain-per-cost", 16)


@pytest.mark.parametrize("halo", [-1, 2.5, "4", True, None, 10**30])
def test_a_halo_that_is_none_is_refused(halo: Any) -> None:
    with pytest.raises(ScheduleError, match=f"a halo of {halo!r} pixels is none"):
        gain_per_cost.select(TWO, 1, halo=halo)


@pytest.mark.parametrize("halo", [0, 4, 40, 1000])
def test_picks_are_those_of_sums_and_prices_made_anew(random_graph: MakeGraph, halo: int) -> None:
    grids = [None, PatchGrid(5, 7), PatchGrid(1, 14)]
    for seed in range(12):
        made = random_graph(seed, grid=grids[seed % 3], **({"frames": 4} if seed % 3 else {}))
        order = [node for nodes, _, _ in moves(made, [(halo, 1)]) for node in nodes]
        picks = gain_per_cost.select(made, made.nodes, halo=halo)
        assert picks.order[: len(order)].tolist() == order, seed
        left = picks.order[len(order) :].tolist()
        assert left == sorted(set(range(made.nodes)) - set(order)), seed
        np.testing.assert_allclose(
            picks.total, made.objectives(picks.order), rtol=1e-9, atol=1e-9 * picks.total[0]
        )


def test_frames_of_several_sizes_cost_what_theirs_do() -> None:
    frames = FrameTable.plain(64, 48, [True] * 4)
    frames = replace(frames, width=np.array([64, 32, 48, 32]), height=np.array([48, 24, 48, 24]))
    texture = np.random.default_rng(1).random(4 * 12)
    made = ErrorGraph(texture, csr_array((48, 48)), frames, PatchGrid(3, 4), (64, 48))
    order = [node for nodes, _, _ in moves(made, [(5, 1)]) for node in nodes]
    assert gain_per_cost.select(made, 48, halo=5).order.tolist() == order


def test_a_frame_smaller_than_the_grid_is_refused() -> None:
    frames = replace(FrameTable.plain(64, 48, [True]), width=np.array([3]))
    made = ErrorGraph(np.ones(12), csr_array((12, 12)), frames, PatchGrid(3, 4), (64, 48))
    with pytest.raises(ScheduleError, match="patch grid 3x4 does not fit a 3x48 frame"):
        gain_per_cost.select(made, 1)


def test_a_graph_without_frames_has_no_picks() -> None:
    none = TWO.between(0, 0, np.zeros(TWO.nodes))
    assert not len(gain_per_cost.select(none, 5).order)


class _AlarmError(Exception):
    pass


def _raise(_: int, __: FrameType | None) -> None:
    raise _AlarmError


def test_a_signal_interrupts_it() -> None:
    nodes = 60 * 1024  # each refers to itself in the frame before
    later = np.arange(1024, nodes)
    weights = csr_array((np.ones(later.size), (later, later - 1024)), shape=(nodes, nodes))
    frames = FrameTable.plain(512, 512, [True] * 60)
    texture = np.random.default_rng(1).random(nodes)
    made = ErrorGraph(texture, weights, frames, PatchGrid(32, 32), (512, 512))
    previous = signal.signal(signal.SIGALRM, _raise)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.2)
        with pytest.raises(_AlarmError):
            gain_per_cost.select(made, made.nodes)  # seconds, if left alone
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)
