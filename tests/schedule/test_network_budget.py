"""Budgets of what the network computes: the cost of merged tiles with their halo."""

from __future__ import annotations

from dataclasses import dataclass, replace
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from palantir.errors import ScheduleError
from palantir.graph import FrameTable, PatchGrid
from palantir.schedule import Budget, NetworkBudget
from palantir.tiles import merge_anchors, with_halo


@dataclass(frozen=True)
class Network:
    halo: int | None = 3
    macs_per_pixel: int | None = 10


def plain(frames: int, width: int = 40, height: int = 30, seconds: float = 0.04) -> FrameTable:
    table = FrameTable.plain(width, height, [True] * frames)
    return replace(table, duration=np.full(frames, seconds))


@pytest.mark.parametrize(
    ("text", "rate", "printed"),
    [("20GMAC/s", 20e9, "20GMAC/s"), ("1.5 TMAC/s", 1.5e12, "1.5TMAC/s"), ("7MAC/s", 7, "7MAC/s"),
     (" 2500KMAC/s ", 2.5e6, "2.5MMAC/s"), ("0.5MAC/s", 0.5, "0.5MAC/s")],
)  # fmt: skip
def test_a_rate_is_written_with_a_prefix(text: str, rate: float, printed: str) -> None:
    budget = Budget.parse(text, Network())
    assert budget == NetworkBudget(rate, macs_per_pixel=10, halo=3)
    assert str(budget) == printed
    assert Budget.parse(budget) is budget


@pytest.mark.parametrize(
    ("text", "network", "why"),
    [("20GMAC/s", None, "needs to know the network"),
     ("20GMAC/s", Network(halo=None), "receptive field is unbounded"),
     ("20GMAC/s", Network(macs_per_pixel=None), "cost per pixel is not known"),
     ("20GMAC/s", Network(macs_per_pixel=0), "of 0 multiply-accumulates a pixel"),
     ("0MAC/s", Network(), "not a rate"), ("0.0GMAC/s", Network(), "not a rate"),
     ("-1GMAC/s", Network(), "not of the form"), ("GMAC/s", Network(), "not of the form"),
     ("1e3MAC/s", Network(), "not of the form"), ("5%MAC/s", Network(), "not of the form")],
)  # fmt: skip
def test_unusable_rates_are_refused_in_one_line(
    text: str, network: Network | None, why: str
) -> None:
    with pytest.raises(ScheduleError, match=rf"^budget [^\n]*{why}[^\n]*$"):
        Budget.parse(text, network)


@pytest.mark.parametrize("rate", [0, -1.0, float("nan"), float("inf"), True, None, "20"])
def test_a_rate_is_a_number_above_0(rate: Any) -> None:
    with pytest.raises(ScheduleError, match="not a rate"):
        NetworkBudget(rate, 10, 3)


def cost(chosen: list[int], frames: FrameTable, grid: PatchGrid, halo: int) -> int:
    """LR pixels that the enhancer runs for a set of nodes."""
    flags = np.zeros((len(frames), grid.count), bool)
    flags.ravel()[chosen] = True
    pixels = 0
    for t, anchors in enumerate(flags):
        size = int(frames.width[t]), int(frames.height[t])
        tiles = merge_anchors(anchors, grid, *size)
        pixels += sum(with_halo(tile, halo, *size).pixels for tile in tiles)
    return pixels


@given(
    st.integers(1, 4), st.integers(1, 5), st.integers(0, 20), st.integers(0, 6000),
    st.lists(st.tuples(st.integers(5, 60), st.integers(4, 60)), min_size=1, max_size=3),
    st.randoms(),
)  # fmt: skip
def test_what_is_kept_ends_before_the_first_pick_that_is_too_much(
    rows: int, columns: int, halo: int, pixels: int, sizes: list[tuple[int, int]], random: Random
) -> None:
    grid = PatchGrid(rows, columns)
    frames = replace(
        plain(len(sizes), seconds=0.25),
        width=np.array([width for width, _ in sizes]),
        height=np.array([height for _, height in sizes]),
    )
    order = list(range(len(sizes) * grid.count))
    random.shuffle(order)
    costs = [cost(order[:count], frames, grid, halo) for count in range(1, len(order) + 1)]
    expected = next((count for count, each in enumerate(costs) if each > pixels), len(order))
    budget = NetworkBudget((pixels + 0.5) * 7 / frames.duration.sum(), 7, halo)
    assert budget.prefix(np.array(order), frames, grid) == expected
    assert budget.most(frames, grid) >= expected


def test_the_rate_is_multiplied_by_the_seconds_on_display() -> None:
    """A frame is 1200 pixels and costs 12,000 multiply-accumulates, ten of them in 0.4 s."""
    grid, order = PatchGrid(1, 1), np.arange(10)
    rate = NetworkBudget(90_000, 10, 3)
    assert rate.prefix(order, plain(10), grid) == 3
    assert rate.prefix(order, plain(10, seconds=0.08), grid) == 6
    assert rate.prefix(order, plain(10, seconds=0), grid) == 0
    assert rate.most(plain(10, seconds=0), grid) == 0


def test_a_budget_that_is_spent_to_the_last_is_not_overspent_by_rounding() -> None:
    """Three frames of 0.1 s last 0.30000000000000004 s, and seven of 0.1 s 0.7 less a bit."""
    for frames in range(1, 60):
        table, rate = plain(frames, seconds=0.1), NetworkBudget(1200 * 10 * 10, 10, 3)
        assert rate.prefix(np.arange(frames), table, PatchGrid(1, 1)) == frames


def test_the_halo_and_what_merging_saves_of_it_count() -> None:
    """Patches of 10x10 with a halo of 3: 13x13 in a corner, 16x16 inside, 23x13 for two as one."""
    frames, grid = plain(1, 40, 40, seconds=1), PatchGrid(4, 4)
    apart, together = np.array([0, 10]), np.array([0, 1])
    assert cost([0], frames, grid, 3) == 13 * 13
    assert NetworkBudget(10 * (169 + 256), 10, 3).prefix(apart, frames, grid) == 2
    assert NetworkBudget(10 * (169 + 255), 10, 3).prefix(apart, frames, grid) == 1
    assert NetworkBudget(10 * 23 * 13, 10, 3).prefix(together, frames, grid) == 2
    assert NetworkBudget(10 * 168, 10, 3).prefix(together, frames, grid) == 0


def test_streams_are_side_by_side_so_the_longest_says_how_much_there_is() -> None:
    grid = PatchGrid(1, 1)
    parts = [(plain(10), grid), (plain(5), grid)]  # 0.4 s and 0.2 s
    rate = NetworkBudget(90_000, 10, 3)
    part = np.array([0, 1, 0, 1])
    assert rate.prefix_of(parts, part, np.array([0, 0, 1, 1])) == 3
    assert rate.most_of(parts) == [3, 3]


def test_a_profile_holds_the_number_of_anchors_and_the_rate() -> None:
    budget = NetworkBudget(20e9, 60192, 8)
    assert budget.recorded(17) == 17
    assert budget.parameters == {
        "macs_per_second": 20e9, "macs_per_pixel": 60192, "halo": 8
    }  # fmt: skip
