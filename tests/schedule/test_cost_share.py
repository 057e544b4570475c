"""Budgets as a share of per-frame SR's network cost."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from palantir.errors import ScheduleError
from palantir.graph import FrameTable, PatchGrid
from palantir.schedule import CostShare
from palantir.tiles import merge_anchors, with_halo

FRAMES, WIDTH, HEIGHT, GRID = 5, 40, 30, PatchGrid(3, 4)


def cost(chosen: list[int], halo: int) -> int:
    """LR pixels that the enhancer runs for a set of nodes."""
    flags = np.zeros((FRAMES, GRID.count), bool)
    flags.ravel()[chosen] = True
    tiles = [tile for anchors in flags for tile in merge_anchors(anchors, GRID, WIDTH, HEIGHT)]
    return sum(with_halo(tile, halo, WIDTH, HEIGHT).pixels for tile in tiles)


@given(st.fractions(Fraction(1, 200), 1), st.integers(0, 20), st.integers(0, 2**32 - 1))
def test_the_longest_beginning_within_the_share_is_kept(
    share: Fraction, halo: int, seed: int
) -> None:
    order = np.random.default_rng(seed).permutation(FRAMES * GRID.count)
    frames = FrameTable.plain(WIDTH, HEIGHT, [True] * FRAMES)
    kept = CostShare(share, halo).prefix(order, frames, GRID)
    allowed = share * FRAMES * WIDTH * HEIGHT
    assert cost(order[:kept].tolist(), halo) <= allowed
    assert kept == len(order) or cost(order[: kept + 1].tolist(), halo) > allowed
    assert kept <= CostShare(share, halo).most(frames, GRID)


def test_the_whole_share_is_every_patch_whatever_the_halo() -> None:
    frames = FrameTable.plain(WIDTH, HEIGHT, [True] * FRAMES)
    order = np.arange(FRAMES * GRID.count)
    assert CostShare(Fraction(1), 0).prefix(order, frames, GRID) == len(order)


@pytest.mark.parametrize("share", [0, Fraction(9, 8), -1, 0.05, "5%", None])
def test_what_is_no_share_is_refused(share: Any) -> None:
    with pytest.raises(ScheduleError, match=r"^budget .* is not a share of per-frame SR's cost$"):
        CostShare(share, 3)


@pytest.mark.parametrize("halo", [-1, 2.5, "4", None, 10**30])
def test_a_halo_that_is_none_is_refused(halo: Any) -> None:
    with pytest.raises(ScheduleError, match=r"^budget 50% .*: a halo of .* pixels is none"):
        CostShare(Fraction(1, 2), halo)
