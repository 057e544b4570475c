"""Two networks: exact gains of every change of tier, the best per cost first, within the budget."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.sparse import csr_array

from palantir.errors import ScheduleError
from palantir.graph import ErrorGraph, FrameTable, PatchGrid
from palantir.models.network import NetworkLoad
from palantir.schedule import CostShare, NetworkBudget, Tiers, select, select_tiers
from palantir.schedule.rectangles import Move, Rectangles, Tier
from palantir.schedule.tiers import _Greedy
from palantir.tiles import merge_anchors, with_halo

NETWORKS = LIGHT_TIER, LARGE_TIER = Tier(2, 100), Tier(6, 800)
LIGHT, LARGE = (NetworkLoad(tier.halo, tier.halo, tier.price) for tier in NETWORKS)
WIDTH, HEIGHT = 64, 48


def random_graph(seed: int, grid: PatchGrid, frames: int) -> ErrorGraph:
    random = np.random.default_rng(seed)
    nodes = frames * grid.count
    weights = random.random((nodes, nodes)) * (random.random((nodes, nodes)) < 2 / grid.count)
    frame = np.arange(nodes) // grid.count
    weights[frame[:, None] <= frame] = 0
    shown = random.random(frames) < 0.8
    return ErrorGraph(
        random.random(nodes), csr_array(weights), FrameTable.plain(WIDTH, HEIGHT, shown.tolist()),
        grid, (WIDTH, HEIGHT),
    )  # fmt: skip


def recomputed(graph: ErrorGraph, tier: NDArray[np.int64], share: float) -> float:
    """J by solving the linear system: tier 0 is reused, 1 light, 2 large."""
    weights = graph.weights.toarray()
    untouched = np.linalg.solve(np.eye(graph.nodes) - weights, graph.texture)
    fixed = np.where(tier == 1, share * untouched, 0.0)
    reused = tier == 0
    errors = np.linalg.solve(
        np.eye(graph.nodes) - reused[:, None] * weights, np.where(reused, graph.texture, fixed)
    )
    return float(errors @ np.repeat(graph.shown, graph.grid.count))


def cost(graph: ErrorGraph, tier: NDArray[np.int64]) -> int:
    """Multiply-accumulates that the enhancer runs."""
    return sum(
        network.price * with_halo(tile, network.halo, WIDTH, HEIGHT).pixels
        for number, network in enumerate(NETWORKS, 1)
        for patches in tier.reshape(len(graph.frames), -1) == number
        for tile in merge_anchors(patches, graph.grid, WIDTH, HEIGHT)
    )


@pytest.mark.parametrize("seed", range(8))
def test_every_gain_is_the_drop_of_the_recomputed_objective(seed: int) -> None:
    graph, share = random_graph(seed, PatchGrid(3, 4), 5), seed / 8
    budget = CostShare(Fraction(2, 5), LARGE_TIER.halo)
    chosen = select_tiers(graph, budget, Tiers(LARGE, LIGHT, share))
    tier = np.zeros(graph.nodes, np.int64)
    totals = [recomputed(graph, tier, share)]
    assert chosen.light is not None
    for node, light in zip(chosen.order, chosen.light, strict=True):
        assert tier[node] < 2 - light
        tier[node] = 2 - light
        totals.append(recomputed(graph, tier, share))
    np.testing.assert_allclose(chosen.total, totals, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(chosen.gain, -np.diff(totals), rtol=1e-9, atol=1e-9)
    assert cost(graph, tier) <= Fraction(2, 5) * LARGE_TIER.price * 5 * WIDTH * HEIGHT
    np.testing.assert_array_equal(chosen.anchors_by_frame(5, 12).ravel(), tier > 0)
    by_frame = chosen.tiers_by_frame(5, 12).ravel()
    np.testing.assert_array_equal(by_frame, np.array([0, 2, 1])[tier])


@pytest.mark.parametrize("seed", range(4))
def test_each_pick_gains_most_per_cost_of_all_changes_of_tier(seed: int) -> None:
    # One patch a frame, so that every candidate can be tried: a frame's light and large tile.
    graph, share = random_graph(seed, PatchGrid(1, 1), 9), 0.4
    prices, area = (100, 800), WIDTH * HEIGHT
    greedy = _Greedy(graph, share * graph.errors(), NETWORKS, 3000 * area)
    greedy.run(prices[0])
    tier, left = np.zeros(graph.nodes, np.int64), 3000
    for node, light in zip(greedy.order, greedy.light, strict=True):
        best = {}
        for v in range(graph.nodes):
            for to in range(tier[v] + 1, 3):
                changed = tier.copy()
                changed[v] = to
                drop = recomputed(graph, tier, share) - recomputed(graph, changed, share)
                price = prices[to - 1] - (prices[tier[v] - 1] if tier[v] else 0)
                best[v, to] = drop / price
        assert best[node, 2 - light] == pytest.approx(max(best.values()), rel=1e-9)
        left -= prices[1 - light] - (prices[tier[node] - 1] if tier[node] else 0)
        tier[node] = 2 - light
    assert left >= 0
    assert len(set(greedy.order)) < len(greedy.order)  # some went over from light to large


def test_a_light_network_that_leaves_everything_is_never_run() -> None:
    graph = random_graph(3, PatchGrid(3, 4), 6)
    budget = CostShare(Fraction(1, 3), LARGE_TIER.halo)
    chosen = select_tiers(graph, budget, Tiers(LARGE, LIGHT, 1.0))
    alone = select(graph, budget, "gain-per-cost", options={"halo": LARGE_TIER.halo})
    assert chosen.light is not None
    assert not chosen.light.any()
    np.testing.assert_array_equal(chosen.order, alone.order)
    np.testing.assert_allclose(chosen.total, alone.total, atol=1e-9)


def test_a_light_network_that_leaves_nothing_is_the_only_one() -> None:
    graph = random_graph(4, PatchGrid(3, 4), 6)
    budget = CostShare(Fraction(1, 3), LARGE_TIER.halo)
    chosen = select_tiers(graph, budget, Tiers(LARGE, LIGHT, 0.0))
    assert chosen.light is not None
    assert chosen.light.all()
    assert chosen.total[-1] == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("share", [0.1, 0.3, 0.6, 0.9])
def test_two_networks_never_leave_more_than_the_large_one_alone(share: float) -> None:
    for seed in range(4):
        graph = random_graph(seed, PatchGrid(1, 1), 40)
        budget = CostShare(Fraction(1, 10), LARGE_TIER.halo)
        alone = select(graph, budget, "gain-per-cost", options={"halo": LARGE_TIER.halo})
        chosen = select_tiers(graph, budget, Tiers(LARGE, LIGHT, share))
        assert chosen.total[-1] <= alone.total[-1] * (1 + 1e-9)


def test_each_interval_has_the_budget_by_itself() -> None:
    graph = random_graph(5, PatchGrid(3, 4), 8)
    budget = NetworkBudget(4e7, LARGE_TIER.price, LARGE_TIER.halo)
    tiers = Tiers(LARGE, LIGHT, 0.3)
    whole = select_tiers(graph, budget, tiers, interval=4)
    first = select_tiers(graph.between(0, 4, np.zeros(graph.nodes)), budget, tiers)
    np.testing.assert_array_equal(whole.order[: len(first)], first.order)
    assert (whole.order[len(first) :] >= 4 * 12).all()
    assert whole.parameters["interval"] == 4
    assert whole.parameters["macs_per_second"] == 4e7
    assert whole.parameters["light_share"] == 0.3
    assert (whole.parameters["light_macs_per_pixel"], whole.parameters["light_halo"]) == (100, 2)


def test_a_rectangle_takes_the_place_of_lower_tiers_and_leaves_higher_ones() -> None:
    frames = FrameTable.plain(30, 10, [True])
    graph = ErrorGraph(np.ones(3), csr_array((3, 3)), frames, PatchGrid(1, 3), (30, 10))
    # 100 pixels a patch; with the light network's halo 200 or 300, and 300 for the whole frame.
    rectangles = Rectangles(graph, [Tier(10, 1), Tier(0, 4)])
    assert rectangles.pick(np.array([[0.0, 3.0, 0.0], [0.0, 8.0, 0.0]])) == Move([1], 2)
    # Both others to the light tier as one tile would be cheapest, were patch 1 not between them.
    assert rectangles.pick(np.array([[3.0, 99.0, 3.1], [5.0, 99.0, 5.0]])) == Move([2], 1)
    # Patch 2 to the large tier costs 400 less 200; patch 0 has cost nothing yet.
    assert rectangles.pick(np.array([[0.0, 0.0, 0.0], [7.9, 0.0, 4.0]])) == Move([2], 2)
    assert rectangles.tier.tolist() == [0, 2, 2]
    assert rectangles.pick(np.zeros((2, 3))) is None


@pytest.mark.parametrize(
    ("large", "light", "share", "reason"),
    [
        (LARGE, LIGHT, 1.5, "cannot leave 1.5 of the error"),
        (LARGE, LIGHT, -0.1, "cannot leave -0.1 of the error"),
        (LARGE, LIGHT, float("nan"), "cannot leave nan of the error"),
        (LIGHT, LARGE, 0.3, "the light network takes 800 .* the large one 100"),
        (LARGE, NetworkLoad(None, None, 100), 0.3, "the light network's halo or its cost"),
        (LARGE, NetworkLoad(3, 3, 0), 0.3, "the light network takes no multiply-accumulates"),
        (NetworkLoad(3, 3, None), LIGHT, 0.3, "the large network's halo or its cost"),
    ],
)
def test_tiers_that_make_no_sense_are_refused(
    large: NetworkLoad, light: NetworkLoad, share: float, reason: str
) -> None:
    with pytest.raises(ScheduleError, match=reason):
        Tiers(large, light, share)
