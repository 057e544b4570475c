from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.sparse import csr_array

from palantir import _core
from palantir.errors import ScheduleError
from palantir.graph import ErrorGraph, FrameTable, PatchGrid


def graph_of(
    texture: Sequence[float],
    weights: NDArray[np.float64] | csr_array,
    shown: Sequence[bool],
    key: Sequence[bool] | None = None,
    grid: PatchGrid | None = None,
) -> ErrorGraph:
    frames = FrameTable.plain(64, 64, shown, key)
    return ErrorGraph(
        np.array(texture), csr_array(weights), frames, grid or PatchGrid(1, 1), (64, 64)
    )


def chain(textures: Sequence[float], shown: Sequence[bool]) -> ErrorGraph:
    """One patch a frame, each wholly predicted from the frame before."""
    return graph_of(textures, np.eye(len(textures), k=-1), shown)


def random_system(seed: int) -> tuple[ErrorGraph, NDArray[np.float64], NDArray[np.float64]]:
    rng = np.random.default_rng(seed)
    frames, grid = 8, PatchGrid(2, 3)
    nodes = frames * grid.count
    weights = rng.random((nodes, nodes)) * (rng.random((nodes, nodes)) < 0.3)
    weights[np.arange(nodes)[:, None] // 6 <= np.arange(nodes) // 6] = 0
    shown = rng.random(frames) < 0.7
    graph = graph_of(rng.random(nodes).tolist(), weights, shown.tolist(), grid=grid)
    return graph, weights, np.repeat(shown, 6).astype(float)


def test_error_runs_down_a_chain_until_an_anchor() -> None:
    graph = chain([3, 1, 1], [True, False, True])
    assert graph.errors().tolist() == [3, 4, 5]
    assert graph.influence().tolist() == [2, 1, 1]
    assert graph.objective() == 8
    assert graph.errors([1]).tolist() == [3, 0, 1]
    assert graph.influence([1]).tolist() == [1, 1, 1]
    assert graph.objective([1]) == 4
    assert graph.objectives([1, 2, 0]).tolist() == [8, 4, 3, 0]


def test_errors_and_influences_solve_the_linear_system() -> None:
    for seed in range(20):
        graph, weights, shown = random_system(seed)
        anchors = np.random.default_rng(seed).choice(graph.nodes, 7, replace=False)
        reused = np.ones(graph.nodes)
        reused[anchors] = 0
        system = np.eye(graph.nodes) - reused[:, None] * weights
        errors = np.linalg.solve(system, reused * graph.texture)
        influence = np.linalg.solve(np.eye(graph.nodes) - (reused[:, None] * weights).T, shown)
        np.testing.assert_allclose(graph.errors(anchors), errors, rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(graph.influence(anchors), influence, rtol=1e-9)
        assert graph.objective(anchors) == pytest.approx(errors @ shown, rel=1e-12)


def test_anchors_keep_the_error_that_they_are_left_with() -> None:
    for seed in range(20):
        graph, weights, shown = random_system(seed)
        rng = np.random.default_rng(seed)
        anchors, remaining = rng.choice(graph.nodes, 7, replace=False), rng.random(graph.nodes)
        fixed = np.isin(np.arange(graph.nodes), anchors)
        system = np.eye(graph.nodes) - ~fixed[:, None] * weights
        errors = np.linalg.solve(system, np.where(fixed, remaining, graph.texture))
        np.testing.assert_allclose(graph.errors(anchors, remaining), errors, rtol=1e-9)
        assert graph.objective(anchors, remaining) == pytest.approx(errors @ shown, rel=1e-12)


def test_objectives_follow_an_order_as_if_each_set_were_evaluated_anew() -> None:
    graph, _, _ = random_system(1)
    order = np.random.default_rng(1).permutation(graph.nodes)
    totals = [graph.objective(order[:k]) for k in range(graph.nodes + 1)]
    np.testing.assert_allclose(graph.objectives(order), totals, rtol=1e-12, atol=1e-12)


def test_a_matrix_with_repeated_and_unsorted_columns_means_their_sum() -> None:
    torn = csr_array(([1.0, 0.5, 0.5], [1, 0, 1], [0, 0, 0, 3]), shape=(3, 3))
    plain = np.array([[0, 0, 0], [0, 0, 0], [0.5, 1.5, 0]])
    shown = [True] * 3
    repeated = graph_of([1, 2, 3], torn, shown)
    assert repeated.errors().tolist() == graph_of([1, 2, 3], plain, shown).errors().tolist()
    assert torn.nnz == 3  # the caller's matrix is left alone


@pytest.mark.parametrize(
    ("interval", "ranges"),
    [
        (None, [(0, 7)]),
        ("gop", [(0, 2), (2, 5), (5, 7)]),
        (1, [(t, t + 1) for t in range(7)]),
        (3, [(0, 3), (3, 6), (6, 7)]),
        (10**9, [(0, 7)]),
    ],
)
def test_intervals_cover_all_frames(interval: object, ranges: list[tuple[int, int]]) -> None:
    keys = [False, False, True, False, False, True, False]
    graph = graph_of([1] * 7, np.zeros((7, 7)), [True] * 7, keys)
    assert graph.intervals(interval) == ranges  # type: ignore[arg-type]


@pytest.mark.parametrize("interval", [0, -1, 1.5, "GOP", True])
def test_other_intervals_are_refused(interval: object) -> None:
    with pytest.raises(ScheduleError, match="interval"):
        chain([1], [True]).intervals(interval)  # type: ignore[arg-type]


def test_a_stream_without_key_frames_is_one_interval() -> None:
    assert graph_of([1, 1], np.zeros((2, 2)), [True] * 2, [False] * 2).intervals("gop") == [(0, 2)]


def test_an_interval_takes_the_errors_before_it_as_inputs() -> None:
    graph, _, _ = random_system(3)
    anchors = np.array([1, 4, 20, 30, 45])
    errors = graph.errors(anchors)
    part = graph.between(3, 6, errors)
    inside = anchors[(anchors >= 18) & (anchors < 36)] - 18
    np.testing.assert_allclose(part.errors(inside), errors[18:36], rtol=1e-12)


def test_bad_values_are_refused_with_their_place() -> None:
    with pytest.raises(ScheduleError, match="texture of frame 1 patch 0 is nan"):
        chain([1, float("nan")], [True] * 2)
    with pytest.raises(ScheduleError, match="texture of frame 0 patch 0 is -1"):
        chain([-1, 1], [True] * 2)
    with pytest.raises(ScheduleError, match="weight of frame 1 patch 0 is inf"):
        graph_of([1, 1], np.array([[0, 0], [np.inf, 0]]), [True] * 2)
    with pytest.raises(ScheduleError, match=r"weight of frame 1 patch 0 is -0\.5"):
        graph_of([1, 1], np.array([[0, 0], [-0.5, 0]]), [True] * 2)


@pytest.mark.parametrize(("row", "column"), [(0, 3), (2, 2), (3, 2), (0, 1)])
def test_edges_to_the_same_or_a_later_frame_are_refused(row: int, column: int) -> None:
    weights = np.zeros((4, 4))
    weights[row, column] = 1
    with pytest.raises(ScheduleError, match="which is not before it"):
        graph_of([1] * 4, weights, [True] * 2, grid=PatchGrid(1, 2))


def test_sizes_that_disagree_are_refused() -> None:
    with pytest.raises(ScheduleError, match="2 frames of 1x1 patches make 2 nodes"):
        graph_of([1, 1, 1], np.zeros((3, 3)), [True] * 2)
    with pytest.raises(ScheduleError, match="patch grid 65x1 does not fit a 64x64 frame"):
        graph_of([1] * 65, np.zeros((65, 65)), [True], grid=PatchGrid(65, 1))


@pytest.mark.parametrize("anchors", [[-1], [3], [0.5], ["a"], [[0]]])
def test_anchors_are_nodes_of_the_graph(anchors: object) -> None:
    with pytest.raises(ScheduleError, match="anchor"):
        chain([1] * 3, [True] * 3).errors(anchors)  # type: ignore[arg-type]


def test_native_sweeps_check_their_arrays_again() -> None:
    row_start, reference, weight, texture, shown = chain([1] * 3, [True] * 3).arrays
    anchor = np.zeros(3, np.uint8)
    with pytest.raises(ValueError, match="row_start does not have length 4"):
        _core.sweep_errors(row_start[:-1], reference, weight, texture, shown, anchor)
    with pytest.raises(ValueError, match="anchor does not have length 3"):
        _core.sweep_errors(row_start, reference, weight, texture, shown, anchor[:-1])
    with pytest.raises(ValueError, match="remaining does not have length 3"):
        _core.sweep_errors(row_start, reference, weight, texture, shown, anchor, texture[:-1])
    with pytest.raises(ValueError, match="a reference is not before its row"):
        _core.sweep_influence(row_start, reference + 1, weight, texture, shown, anchor)
    with pytest.raises(ValueError, match="outside the graph"):
        _core.objectives(row_start, reference, weight, texture, shown, np.array([3]))


def test_the_room_needs_neither_torch_nor_onnxruntime() -> None:
    code = (
        "import sys, palantir.graph, palantir.schedule, palantir.profile;"
        "sys.exit(bool({'torch', 'onnxruntime', 'scipy'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(
    ("unaided", "why"),
    [
        ([1.0], r"errors without anchors of shape \(1,\), texture of shape \(2,\)"),
        ([1.0, np.inf], "error without anchors of frame 1 patch 0 is inf"),
        ([-1.0, 1.0], "error without anchors of frame 0 patch 0 is -1"),
        ([1.0, 0.0], "frame 1 patch 0 has no error without anchors"),
    ],
)
def test_errors_without_anchors_are_finite_and_above_0(unaided: list[float], why: str) -> None:
    with pytest.raises(ScheduleError, match=why):
        replace(chain([1, 1], [True, True]), unaided=np.array(unaided))
