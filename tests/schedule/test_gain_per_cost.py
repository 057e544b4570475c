"""Picks by gain per pixel that the network computes: rectangles up to whole frames."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from scipy.sparse import csr_array

from palantir.errors import ScheduleError
from palantir.graph import ErrorGraph, FrameTable, PatchGrid
from palantir.schedule import CostShare, gain_per_cost, select


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


def test_a_halo_below_zero_is_refused() -> None:
    with pytest.raises(ScheduleError, match="a halo of -1 pixels is none"):
        gain_per_cost.select(TWO, 1, halo=-1)


def test_more_rectangles_than_memory_holds_are_refused() -> None:
    many = graph([[0.0] * 65536] * 3, PatchGrid(256, 256), 1024, 1024)
    with pytest.raises(ScheduleError, match=r"256x256 on 3 coded frames has \d+ rectangles"):
        gain_per_cost.select(many, 1)
