"""Of any stream, blocks tile each frame and weights account for every pixel."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from palantir.codec import CodedFrame, decode
from palantir.grid import PatchGrid
from palantir.media import encode_lr
from tests.codec.streams import KINDS, frames_of
from tests.data_folder import CLIPS, VECTORS, needs_data, vector


def patch_sizes(grid: PatchGrid, width: int, height: int) -> np.ndarray:
    """Luma pixels of each patch, [P]."""
    rows, columns = np.diff(grid.row_edges(height)), np.diff(grid.column_edges(width))
    return np.outer(rows, columns).ravel()


def assert_blocks_tile_the_frame(frame: CodedFrame) -> None:
    paint = np.zeros((frame.height, frame.width), np.uint8)
    for x, y, width, height in frame.blocks[["x", "y", "width", "height"]].tolist():
        paint[y : y + height, x : x + width] += 1
    assert paint.min() == paint.max() == 1
    corners = frame.blocks["y"].astype(int) * frame.width + frame.blocks["x"]
    assert np.all(np.diff(corners) > 0)  # raster order


def assert_weights_account_for_every_pixel(frame: CodedFrame) -> None:
    sizes = patch_sizes(frame.grid, frame.width, frame.height)
    patch, reference, source, weight, intra = frame.weights
    reused = np.bincount(patch, weight * sizes[source], minlength=len(sizes))
    np.testing.assert_allclose(reused + intra, sizes, rtol=1e-12)
    assert np.all(intra >= 0)
    assert np.all(weight > 0)
    row_sums = np.bincount(patch, weight, minlength=len(sizes))
    assert np.all(row_sums <= (sizes - intra) / sizes.min() * (1 + 1e-12))
    edges = list(zip(patch.tolist(), reference.tolist(), source.tolist(), strict=True))
    assert all(a < b for a, b in pairwise(edges))  # sorted, each at most once
    assert np.all(reference >= 0)
    assert np.all(reference < frame.index)


def assert_blocks_refer_back(frame: CodedFrame) -> None:
    blocks = frame.blocks
    used = np.arange(2) < blocks["inter"][:, None]
    assert np.all(blocks["reference"][~used] == -1)
    assert np.isin(blocks["reference"][used], frame.references).all()
    assert np.all(blocks["reference"] < frame.index)
    assert not blocks["usable"][blocks["inter"] == 0].any()
    if frame.key or frame.intra_only:
        assert not blocks["inter"].any()
        assert frame.references == (-1, -1, -1)


def assert_sound(frames: Iterable[CodedFrame]) -> None:
    for index, frame in enumerate(frames):
        assert frame.index == index
        assert_blocks_tile_the_frame(frame)
        assert_blocks_refer_back(frame)
        assert_weights_account_for_every_pixel(frame)
        assert np.isfinite(frame.texture).all()
        assert np.all(frame.texture >= 0)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("grid", [None, PatchGrid(1, 1), PatchGrid(3, 8)])
def test_the_trace_is_sound(kind: str, grid: PatchGrid | None) -> None:
    assert_sound(frames_of(KINDS[kind](), grid=grid))


@needs_data
@pytest.mark.slow
@pytest.mark.parametrize("name", VECTORS)
def test_the_trace_of_vectors_is_sound(name: str) -> None:
    assert_sound(decode(vector(name)))


@needs_data
@pytest.mark.slow
@pytest.mark.parametrize("clip", CLIPS, ids=lambda clip: clip.stem)
def test_the_trace_of_lr_clips_is_sound(tmp_path: Path, clip: Path) -> None:
    encode_lr(clip, tmp_path / "lr.webm", frames=30)
    assert_sound(decode(tmp_path / "lr.webm"))
