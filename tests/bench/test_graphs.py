from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from numpy.typing import NDArray

from bench.graphs import codec_like
from palantir.graph import ErrorGraph
from palantir.grid import PatchGrid

GRID = PatchGrid(6, 8)


@pytest.fixture(scope="module")
def graph() -> ErrorGraph:
    return codec_like(70, GRID)


def edges_of(graph: ErrorGraph) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    row_start, column, weight, *_ = graph.arrays
    row = np.repeat(np.arange(graph.nodes), np.diff(row_start))
    return row, column.astype(np.int64), weight


def test_the_same_arguments_make_the_same_graph_and_another_seed_another(graph: ErrorGraph) -> None:
    again, other = codec_like(70, GRID), codec_like(70, GRID, seed=2)
    assert_array_equal(again.texture, graph.texture)
    for one, two in zip(edges_of(again), edges_of(graph), strict=True):
        assert_array_equal(one, two)
    assert not np.array_equal(other.weights.data, graph.weights.data)


def test_patches_refer_only_to_their_frames_references_and_never_out_of_key_frames(
    graph: ErrorGraph,
) -> None:
    row, column, _ = edges_of(graph)
    references = graph.frames.references[row // GRID.count]
    assert (references == (column // GRID.count)[:, None]).any(axis=1).all()
    assert graph.frames.key[[0, 60]].all()
    assert graph.frames.key.sum() == 2
    assert (column[row // GRID.count > 60] // GRID.count >= 60).all()


def test_hidden_frames_are_the_alt_refs_of_what_follows(graph: ErrorGraph) -> None:
    hidden = np.flatnonzero(~graph.shown)
    assert_array_equal(hidden, [11, 22, 33, 44, 55])
    assert_array_equal(graph.frames.references[12:15], [[10, 10, 11], [12, 10, 11], [13, 10, 11]])


def test_no_patch_takes_more_than_its_own_area(graph: ErrorGraph) -> None:
    row, _, weight = edges_of(graph)
    taken = np.bincount(row, weight, graph.nodes)
    assert taken.max() <= 1 + 1e-12
    inter = taken[GRID.count : 60 * GRID.count]
    assert np.median(inter) > 0.8  # the rest of a patch is intra
    assert np.allclose(inter * 9, np.rint(inter * 9))  # whole blocks, 3x3 of them


def test_edges_reach_patches_nearby(graph: ErrorGraph) -> None:
    row, column, weight = edges_of(graph)
    down = np.abs(row % GRID.count // GRID.columns - column % GRID.count // GRID.columns)
    across = np.abs(row % GRID.columns - column % GRID.columns)
    near = np.maximum(down, across)
    assert np.mean(near <= 1) > 0.98
    assert 0.8 < weight[near == 0].sum() / weight.sum() < 1
    assert 1.4 < len(row) / graph.nodes < 4.5


def test_a_number_of_edges_keeps_the_heaviest(graph: ErrorGraph) -> None:
    few = codec_like(70, GRID, edges=1000)
    weight = np.sort(edges_of(graph)[2])[::-1]
    assert_array_equal(np.sort(edges_of(few)[2])[::-1], weight[:1000])
    with pytest.raises(ValueError, match="fewer than"):
        codec_like(70, GRID, edges=10**6)
