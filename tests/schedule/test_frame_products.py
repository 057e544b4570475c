"""`spmv` and `spmm`: options, single precision, and what they say without torch."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy.sparse import csr_array

from palantir.errors import ScheduleError
from palantir.graph import ErrorGraph, FrameTable, PatchGrid
from palantir.schedule import sequential, spmm, spmv
from palantir.schedule.frame_products import FrameProducts, Sweep
from tests.schedule.forms import ON_TORCH, Select, needs_torch

MakeGraph = Callable[..., ErrorGraph]
both = pytest.mark.parametrize("select", ON_TORCH)


def chain(texture: float, weight: float) -> ErrorGraph:
    """One patch in each of three frames."""
    return ErrorGraph(
        np.full(3, texture), csr_array(np.eye(3, k=-1) * weight),
        FrameTable.plain(64, 64, [True] * 3), PatchGrid(1, 1), (64, 64),
    )  # fmt: skip


@pytest.mark.parametrize("selector", [spmv, spmm])
def test_without_torch_they_say_how_to_get_it(
    selector: Any, random_graph: MakeGraph, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(
        ScheduleError, match=r'^selector spm[vm] needs torch: .* "palantir-sr\[torch\]"$'
    ):
        selector.select(random_graph(3), 1)


@both
def test_other_types_of_values_are_refused(select: Select, random_graph: MakeGraph) -> None:
    with pytest.raises(ScheduleError, match="dtype 'float16' is neither 'float64' nor 'float32'"):
        select(random_graph(3), 1, dtype="float16")


@pytest.mark.parametrize("batch", [0, -1, 1.5, True, "8"])
def test_unusable_batches_are_refused(batch: Any, random_graph: MakeGraph) -> None:
    with pytest.raises(ScheduleError, match=r"^batch .* is not a number of candidate sets"):
        spmm.select(random_graph(3), 1, batch=batch)


@needs_torch
@pytest.mark.parametrize("batch", [1, 2, 7, 23, 24, 25, 1000])
def test_the_size_of_a_batch_changes_nothing(batch: int, random_graph: MakeGraph) -> None:
    graph = random_graph(8, frames=4, grid=PatchGrid(2, 3))
    wanted = sequential.select(graph, 24)
    found = spmm.select(graph, 24, batch=batch)
    assert found.order.tolist() == wanted.order.tolist()
    np.testing.assert_allclose(found.total, wanted.total, rtol=1e-9, atol=1e-12)


@both
def test_single_precision_orders_alike_where_there_are_no_ties(
    select: Select, random_graph: MakeGraph
) -> None:
    for seed in range(0, 40, 4):
        graph = random_graph(seed, frames=4)
        wanted, found = sequential.select(graph, 6), select(graph, 6, dtype="float32")
        assert found.order.tolist() == wanted.order.tolist()
        np.testing.assert_allclose(found.total, wanted.total, rtol=1e-12)


@both
def test_errors_beyond_single_precision_are_refused(select: Select) -> None:
    for graph in (chain(1e39, 1.0), chain(1e30, 1e10), chain(1.0, 1e200)):
        with pytest.raises(ScheduleError, match="errors grow beyond float32"):
            select(graph, 1, dtype="float32")


@needs_torch
@pytest.mark.parametrize("sets", [None, 1, 3])
def test_a_sweep_gives_the_objective_of_each_set(sets: int | None, random_graph: MakeGraph) -> None:
    for seed in range(12):
        graph = random_graph(seed, frames=4, grid=PatchGrid(1, 3))
        sweep = Sweep(FrameProducts(graph, "float64", "spmm"), sets)
        anchors = np.random.default_rng(seed).random((graph.nodes, sets or 1)) < 0.3
        sweep.keep[anchors[:, 0] if sets is None else anchors] = 0
        wanted = [graph.objective(np.flatnonzero(column)) for column in anchors.T]
        np.testing.assert_allclose(sweep.objectives().reshape(-1), wanted, rtol=1e-12)


@needs_torch
def test_torch_may_warn_of_anything_but_young_sparse_tensors(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import torch

    def warn(*_: object, **__: object) -> None:
        warnings.warn("Sparse CSR tensor support is in beta state.", stacklevel=1)
        warnings.warn("something else", stacklevel=1)

    monkeypatch.setattr(torch, "sparse_csr_tensor", warn)
    filters = list(warnings.filters)
    with pytest.warns(UserWarning, match="something else") as caught:
        FrameProducts(chain(1.0, 0.5), "float64", "spmm")
    assert {str(each.message) for each in caught} == {"something else"}
    assert list(warnings.filters) == filters
