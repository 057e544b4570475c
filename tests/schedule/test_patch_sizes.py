"""Graphs of small patches on large frames: they are built, scheduled, and counted by area."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.sparse import csr_array

from palantir.graph import ErrorGraph, FrameTable, PatchGrid
from palantir.media import encode_lr
from palantir.schedule import NetworkBudget, select
from palantir.schedule.allowance import patch_areas
from tests.data_folder import CLIPS, needs_data
from tests.media.clips import make_clip

SIZES = [
    (854, 480, 32, PatchGrid(15, 27)),  # the last column is 22 pixels wider than the others
    (3840, 2160, 64, PatchGrid(34, 60)),
    (853, 479, 32, PatchGrid(15, 27)),
]


def chain(width: int, height: int, grid: PatchGrid, frames: int) -> ErrorGraph:
    """Every patch is predicted from itself in the frame before, with something lost."""
    nodes = frames * grid.count
    later = np.arange(grid.count, nodes)
    weights = csr_array(
        (np.full(later.size, 0.7), (later, later - grid.count)), shape=(nodes, nodes)
    )
    texture = np.random.default_rng(0).exponential(100, nodes)
    table = FrameTable.plain(width, height, np.ones(frames, np.bool_))
    return ErrorGraph(texture, weights, table, grid, (width, height))


@pytest.mark.parametrize(("width", "height", "patch", "grid"), SIZES)
def test_the_grid_of_a_patch_size_has_its_remainders(
    width: int, height: int, patch: int, grid: PatchGrid
) -> None:
    assert PatchGrid.from_patch_size(width, height, patch, patch) == grid
    areas = patch_areas(FrameTable.plain(width, height, [True, True]).sizes, grid)
    usual = (width // grid.columns) * (height // grid.rows)
    last = (width - width // grid.columns * (grid.columns - 1)) * (
        height - height // grid.rows * (grid.rows - 1)
    )
    assert areas.shape == (2 * grid.count,)
    assert areas.sum() == 2 * width * height
    assert (areas[0], areas[grid.count - 1], areas[grid.count]) == (usual, last, usual)


@pytest.mark.parametrize(("width", "height", "patch", "grid"), SIZES)
def test_a_share_is_met_to_half_a_patch(
    width: int, height: int, patch: int, grid: PatchGrid
) -> None:
    graph = chain(width, height, grid, frames=4)
    areas = patch_areas(graph.frames.sizes, grid)
    for interval, frames in ((None, 4), (2, 2)):
        order = select(graph, "5%", interval=interval).order
        part = np.minimum(order // (frames * grid.count), 4 // frames - 1)
        for index in range(4 // frames):
            picked = areas[order[part == index]]
            assert abs(picked.sum() - 0.05 * frames * width * height) <= picked[-1] / 2 + 1e-6


def test_a_rate_is_met_with_thousands_of_small_patches() -> None:
    graph = chain(3840, 2160, PatchGrid(34, 60), frames=4)
    selection = select(graph, NetworkBudget(4e12, macs_per_pixel=60_192, halo=8))
    allowed = 4e12 * 4 / 25 / 60_192
    assert allowed / ((64 + 16) * (63 + 16)) < len(selection) < allowed / (64 * 63)


@pytest.mark.parametrize(("size", "patch"), [((854, 480), 32), ((3840, 2160), 64)])
def test_a_stream_is_scheduled_in_small_patches(
    tmp_path: Path, size: tuple[int, int], patch: int
) -> None:
    clip = make_clip(tmp_path / "clip.webm", times=(0, 40), size=size)
    graph = ErrorGraph.from_video(clip, PatchGrid.from_patch_size(*size, patch, patch))
    assert graph.nodes == 2 * graph.grid.count
    selection = select(graph, "5%", interval=1)
    areas = patch_areas(graph.frames.sizes, graph.grid)[selection.order]
    assert abs(areas.sum() - 0.05 * 2 * size[0] * size[1]) <= areas.max()
    assert selection.total[-1] < selection.total[0]


@needs_data
def test_a_real_clip_is_scheduled_in_small_patches(tmp_path: Path) -> None:
    lr = tmp_path / "lr.webm"
    encode_lr(CLIPS[-1], lr, scale=4, frames=6)
    width, height = ErrorGraph.from_video(lr).lr_size
    graph = ErrorGraph.from_video(lr, PatchGrid.from_patch_size(width, height, 32, 32))
    fast, slow = select(graph, 8), select(graph, 8, "sequential")
    assert fast.order.tolist() == slow.order.tolist()
    assert len(select(graph, "5%")) == pytest.approx(0.05 * graph.nodes, abs=2)
