"""Weights equal a count over every luma pixel, made from the exported blocks alone."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from palantir.codec import CodedFrame
from palantir.grid import PatchGrid
from tests.codec.streams import KINDS, frames_of
from tests.data_folder import VARIED, needs_data, vector

UNEVEN = PatchGrid(3, 7)

Weights = dict[tuple[int, int, int], float]


def patch_of_pixels(frame: CodedFrame, grid: PatchGrid) -> NDArray[np.int64]:
    rows = np.minimum(np.arange(frame.height) // (frame.height // grid.rows), grid.rows - 1)
    columns = np.minimum(np.arange(frame.width) // (frame.width // grid.columns), grid.columns - 1)
    return rows[:, None] * grid.columns + columns


def recomputed_weights(frame: CodedFrame, grid: PatchGrid) -> tuple[Weights, NDArray[np.int64]]:
    """(patch, reference, source) to weight, and the pixels of each patch that nothing reuses."""
    patch_of = patch_of_pixels(frame, grid)
    size = np.bincount(patch_of.ravel())
    intra = np.zeros(grid.count, np.int64)
    pixels: Weights = {}
    for block in frame.blocks:
        x, y = int(block["x"]), int(block["y"])
        inside = np.s_[y : y + int(block["height"]), x : x + int(block["width"])]
        patch = patch_of[inside]
        if not (block["inter"] and block["usable"]):
            intra += np.bincount(patch.ravel(), minlength=grid.count)
            continue
        rows, columns = np.indices(patch.shape)
        quarter = 2 * (rows >= 4) + (columns >= 4) if block["split"] else np.zeros_like(rows)
        for which in range(block["inter"]):
            mv = block["mv"][which][quarter].astype(int)
            source_y = np.clip(y + rows + np.floor(mv[..., 0] / 8), 0, frame.height - 1)
            source_x = np.clip(x + columns + np.floor(mv[..., 1] / 8), 0, frame.width - 1)
            source = patch_of[source_y.astype(int), source_x.astype(int)]
            pairs, counts = np.unique(patch * grid.count + source, return_counts=True)
            for pair, count in zip(pairs.tolist(), counts.tolist(), strict=True):
                edge = pair // grid.count, int(block["reference"][which]), pair % grid.count
                pixels[edge] = pixels.get(edge, 0) + count / int(block["inter"])
    return {edge: count / size[edge[2]] for edge, count in pixels.items()}, intra


def assert_weights_are_recomputed(frames: list[CodedFrame], grid: PatchGrid) -> None:
    for frame in frames:
        expected, intra = recomputed_weights(frame, grid)
        patch, reference, source, weight, uncovered = frame.native.weights(grid.rows, grid.columns)
        keys = zip(patch.tolist(), reference.tolist(), source.tolist(), strict=True)
        assert dict(zip(keys, weight.tolist(), strict=True)) == expected
        np.testing.assert_array_equal(uncovered, intra)


@pytest.mark.parametrize("kind", KINDS)
def test_weights_are_pixels_referred_to(kind: str) -> None:
    assert_weights_are_recomputed(frames_of(KINDS[kind]()), UNEVEN)


@needs_data
@pytest.mark.parametrize("name", [*VARIED, "vp90-2-18-resize.ivf"])
def test_weights_of_vectors_are_pixels_referred_to(name: str) -> None:
    assert_weights_are_recomputed(frames_of(vector(name)), UNEVEN)
