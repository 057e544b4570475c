"""Random error graphs of many kinds, by seed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.sparse import csr_array

from palantir.graph import ErrorGraph, FrameTable, PatchGrid

MakeGraph = Callable[..., ErrorGraph]


def _random_graph(
    seed: int, frames: int | None = None, grid: PatchGrid | None = None
) -> ErrorGraph:
    """Seeds run through integer and real values, dense and disconnected, hidden frames, zeros."""
    rng = np.random.default_rng(seed)
    frames = frames or int(rng.integers(1, 13))
    grid = grid or PatchGrid(int(rng.integers(1, 4)), int(rng.integers(1, 5)))
    nodes = frames * grid.count
    weights: NDArray[np.floating[Any]] = rng.random((nodes, nodes)) / 2
    texture: NDArray[np.float64] = rng.random(nodes) * 10.0 ** int(rng.integers(-3, 7))
    if seed % 2:  # small whole numbers: ties everywhere
        weights = rng.integers(0, 2, (nodes, nodes)).astype(float)
        texture = rng.integers(0, 3, nodes).astype(float)
    weights *= rng.random((nodes, nodes)) < rng.choice([0.0, 0.05, 0.3])
    if seed % 4 >= 2:  # the same picture in every patch: ties that rounding breaks
        weights = np.kron(rng.random((frames, frames)) / 3, np.eye(grid.count))
        texture = np.repeat(rng.random(frames), grid.count)
    if seed % 5 == 0:
        texture *= rng.random(nodes) < 0.2
    frame = np.arange(nodes) // grid.count
    weights[frame[:, None] <= frame] = 0
    table = FrameTable.plain(640, 480, rng.random(frames) < rng.choice([0.0, 0.6, 1.0]))
    return ErrorGraph(texture, csr_array(weights), table, grid, (640, 480))


@pytest.fixture
def random_graph() -> MakeGraph:
    return _random_graph
