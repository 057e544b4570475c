"""On the graphs of real clips every exact selector picks the same patches in the same order."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from palantir.graph import ErrorGraph
from palantir.media import encode_lr
from palantir.schedule import adjoint, sequential
from tests.data_folder import CLIPS, needs_data
from tests.schedule.forms import ON_TORCH, Select

FRAMES = 45
GRIDS = [("3x5", FRAMES, 36), ("6x10", 16, 48), ("15x27", 6, 60)]  # grid, coded frames, picks

pytestmark = [
    pytest.mark.slow,
    pytest.mark.parametrize(("grid", "frames", "picks"), GRIDS, ids=[grid for grid, *_ in GRIDS]),
]


@pytest.fixture(scope="module", params=CLIPS, ids=lambda path: path.stem)
def lr_clip(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    lr = tmp_path_factory.mktemp("clip") / "lr.webm"
    encode_lr(request.param, lr, scale=4, frames=FRAMES)
    return lr


def first_frames(lr_clip: Path, grid: str, frames: int) -> ErrorGraph:
    graph = ErrorGraph.from_video(lr_clip, grid)
    return graph.between(0, frames, np.zeros(graph.nodes))


@needs_data
def test_adjoint_agrees_with_sequential(lr_clip: Path, grid: str, frames: int, picks: int) -> None:
    graph = first_frames(lr_clip, grid, frames)
    wanted, found = sequential.select(graph, picks), adjoint.select(graph, picks)
    assert found.order.tolist() == wanted.order.tolist()
    np.testing.assert_allclose(found.gain, wanted.gain, rtol=1e-6)
    np.testing.assert_allclose(found.total, wanted.total, rtol=1e-9)


@needs_data
@pytest.mark.parametrize("select", ON_TORCH)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_sparse_products_agree_with_sequential(
    select: Select, dtype: str, lr_clip: Path, grid: str, frames: int, picks: int
) -> None:
    graph = first_frames(lr_clip, grid, frames)
    few = picks // 12  # a set takes spmv up to a millisecond
    wanted, found = sequential.select(graph, few), select(graph, few, dtype=dtype)
    assert found.order.tolist() == wanted.order.tolist()
    np.testing.assert_allclose(found.total, wanted.total, rtol=1e-9)
