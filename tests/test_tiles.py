"""Merged anchors cover the anchor patches and nothing else; tiles with halo stay in the frame."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from palantir import _core
from palantir.grid import PatchGrid
from palantir.tiles import MergedTiles, Tile, merge_anchors, with_halo


@st.composite
def layouts(draw: st.DrawFn) -> tuple[list[bool], PatchGrid, int, int]:
    """Anchors, grid, width and height; the last row and column larger than the others at times."""
    rows, columns = draw(st.integers(1, 7)), draw(st.integers(1, 7))
    anchors = draw(st.lists(st.booleans(), min_size=rows * columns, max_size=rows * columns))
    width, height = draw(st.integers(columns, 60)), draw(st.integers(rows, 60))
    return anchors, PatchGrid(rows, columns), width, height


def painted(tiles: list[Tile], width: int, height: int) -> np.ndarray[tuple[int, int], np.dtype]:
    """How many tiles cover each pixel."""
    count = np.zeros((height, width), int)
    for tile in tiles:
        count[tile.top : tile.bottom, tile.left : tile.right] += 1
    return count


@given(layouts())
def test_every_anchor_pixel_lies_in_one_tile(
    layout: tuple[list[bool], PatchGrid, int, int],
) -> None:
    anchors, grid, width, height = layout
    expected = np.zeros((height, width), int)
    rows, columns = grid.row_edges(height), grid.column_edges(width)
    for patch in np.flatnonzero(anchors):
        r, c = divmod(int(patch), grid.columns)
        expected[rows[r] : rows[r + 1], columns[c] : columns[c + 1]] = 1
    tiles = merge_anchors(np.array(anchors), grid, width, height)
    np.testing.assert_array_equal(painted(tiles, width, height), expected)
    assert len(tiles) <= sum(anchors)


@pytest.mark.parametrize(
    ("rows", "tiles"),
    [
        (["...", "..."], 0),
        (["###", "###"], 1),
        (["##.", "##."], 1),
        (["#..", "##."], 2),
        (["#.#", "#.#"], 2),
        (["#.#", "###"], 3),
        (["###", "...", "###"], 2),
    ],
)
def test_rectangles_are_merged(rows: list[str], tiles: int) -> None:
    anchors = np.array([cell == "#" for row in rows for cell in row])
    grid = PatchGrid(len(rows), 3)
    assert len(merge_anchors(anchors, grid, 33, 31)) == tiles


def test_the_whole_frame_is_one_tile() -> None:
    assert merge_anchors(np.ones(15, bool), PatchGrid(3, 5), 854, 480) == [Tile(0, 0, 854, 480)]


@given(st.integers(0, 40), st.integers(0, 40), st.integers(1, 40), st.integers(0, 30))
def test_the_halo_is_whole_inside_the_frame(x: int, y: int, size: int, halo: int) -> None:
    tile = Tile(x, y, min(x + size, 41), min(y + size, 43))
    grown = with_halo(tile, halo, 41, 43)
    assert grown.left <= max(x - halo, 0)
    assert grown.top <= max(y - halo, 0)
    assert grown.right >= min(tile.right + halo, 41)
    assert grown.bottom >= min(tile.bottom + halo, 43)
    assert grown.pixels <= (tile.right - x + 2 * halo + 2) * (tile.bottom - y + 2 * halo + 2)
    assert Tile(0, 0, 41, 43) == with_halo(Tile(0, 0, 41, 43), halo, 41, 43)


@given(layouts(), st.integers(0, 30), st.randoms())
def test_tiles_merged_one_anchor_at_a_time_cost_what_they_do_merged_at_once(
    layout: tuple[list[bool], PatchGrid, int, int], halo: int, random: Random
) -> None:
    anchors, grid, width, height = layout
    order = [patch for patch, anchor in enumerate(anchors) if anchor]
    random.shuffle(order)
    tiles = MergedTiles(grid, width, height, halo)
    flags, pixels = np.zeros(grid.count, bool), 0
    for patch in order:
        pixels += tiles.add(patch)
        flags[patch] = True
        merged = merge_anchors(flags, grid, width, height)
        assert pixels == sum(with_halo(tile, halo, width, height).pixels for tile in merged)


def test_an_anchor_between_two_tiles_can_cost_less_than_nothing() -> None:
    tiles = MergedTiles(PatchGrid(1, 3), 48, 16, 16)
    assert tiles.add(0) == 16 * 32
    assert tiles.add(2) == 16 * 32
    assert tiles.add(1) == 16 * 48 - 2 * 16 * 32


def test_numbers_beyond_every_frame_do_not_overflow() -> None:
    widest = 2**31 - 1
    assert _core.MergedTiles(1, 1, widest, 10, 0).add(0) == 10 * widest
    assert MergedTiles(PatchGrid(1, 2), 16, 8, 2**63 - 1).add(1) == 16 * 8


@pytest.mark.parametrize(("grid", "halo"), [(PatchGrid(1, 17), 0), (PatchGrid(1, 1), -1)])
def test_impossible_tiles_are_refused(grid: PatchGrid, halo: int) -> None:
    with pytest.raises(ValueError, match=r"17 patches|halo of -1"):
        MergedTiles(grid, 16, 8, halo)


@pytest.mark.parametrize("patch", [-1, 6, 4])
def test_what_cannot_become_an_anchor_is_refused(patch: int) -> None:
    tiles = MergedTiles(PatchGrid(2, 3), 48, 32, 4)
    tiles.add(4)
    with pytest.raises(ValueError, match=f"patch {patch}"):
        tiles.add(patch)
    assert tiles.add(5) == (32 + 4) * (16 + 4) - (16 + 8) * (16 + 4)
