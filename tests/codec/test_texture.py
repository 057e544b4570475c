"""Texture equals a dense recomputation from exported blocks, residuals and pictures."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray

from palantir.codec import CodedFrame
from palantir.grid import PatchGrid
from tests.codec.streams import KINDS, frames_of
from tests.data_folder import VARIED, needs_data, vector

UNEVEN = PatchGrid(3, 7)  # borders at odd pixels, in the middle of blocks and of chroma samples


@cache
def what_doubling_loses(length: int) -> NDArray[np.float64]:
    """I - U2 D2 along one line: pairs averaged, then doubled 3:1, ends replicated."""
    half = (length + 1) // 2
    down, up = np.zeros((half, length)), np.zeros((length, half))
    for i in range(half):
        down[i, 2 * i] += 0.5
        down[i, min(2 * i + 1, length - 1)] += 0.5
    for i in range(length):
        neighbour = i // 2 + (1 if i % 2 else -1)
        up[i, i // 2] += 0.75
        up[i, min(max(neighbour, 0), half - 1)] += 0.25
    return np.asarray(up @ down)


def patch_of_samples(frame: CodedFrame, grid: PatchGrid, plane: int) -> NDArray[np.int64]:
    """The patch of every sample of a plane: that of its first luma pixel."""
    sub_x, sub_y = frame.subsampling if plane else (0, 0)
    rows = np.minimum(np.arange(frame.height) // (frame.height // grid.rows), grid.rows - 1)
    columns = np.minimum(np.arange(frame.width) // (frame.width // grid.columns), grid.columns - 1)
    return (rows[:, None] * grid.columns + columns)[:: 1 << sub_y, :: 1 << sub_x]


def recomputed_texture(frame: CodedFrame, grid: PatchGrid) -> NDArray[np.float64]:
    texture = np.zeros(grid.count)
    for plane in range(3):
        sub_x, sub_y = frame.subsampling if plane else (0, 0)
        picture = frame.reconstruction[plane].astype(float)
        residual = picture - frame.prediction[plane]
        loss = np.zeros_like(picture)
        for block in frame.blocks:
            x, y = block["x"] >> sub_x, block["y"] >> sub_y
            area = np.s_[y : y + (block["height"] >> sub_y), x : x + (block["width"] >> sub_x)]
            signal = (residual if block["inter"] and block["usable"] else picture)[area]
            down, across = signal.shape
            if signal.size:
                kept = what_doubling_loses(down) @ signal @ what_doubling_loses(across).T
                loss[area] = signal - kept
        patches = patch_of_samples(frame, grid, plane)
        texture += np.bincount(patches.ravel(), (loss**2).ravel(), minlength=grid.count)
    return texture


def assert_texture_is_recomputed(frames: list[CodedFrame], grid: PatchGrid) -> None:
    for frame in frames:
        expected = recomputed_texture(frame, grid)
        measured = frame.native.texture(grid.rows, grid.columns)
        np.testing.assert_allclose(measured, expected, rtol=1e-9, atol=1e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_texture_is_what_halving_and_doubling_lose(kind: str) -> None:
    assert_texture_is_recomputed(frames_of(KINDS[kind]()), UNEVEN)


@needs_data
@pytest.mark.parametrize("name", [*VARIED, "vp90-2-19-skip-02.webm"])
def test_texture_of_vectors_is_what_halving_and_doubling_lose(name: str) -> None:
    assert_texture_is_recomputed(frames_of(vector(name)), UNEVEN)


def test_texture_is_given_in_the_frames_own_grid_as_float32() -> None:
    frame = frames_of(KINDS["sub-8x8"](), grid=UNEVEN)[-1]
    assert frame.texture.dtype == np.float32
    np.testing.assert_array_equal(frame.texture, frame.native.texture(3, 7).astype(np.float32))


def test_a_skipped_block_adds_no_texture() -> None:
    still = frames_of(KINDS["alt-ref"](), grid=PatchGrid(1, 1))
    skipped = [f for f in still if f.blocks["inter"].all() and f.blocks["skip"].all()]
    assert skipped
    assert all(frame.texture[0] == 0 for frame in skipped)
