"""Detail of patches equals sums over every luma pixel, made from exported pictures and blocks.

A pixel belongs to what the first pixel of its spot belongs to, here and in a reference.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from palantir import _core
from palantir.codec import CodedFrame
from palantir.grid import PatchGrid
from tests.codec.streams import KINDS, frames_of
from tests.codec.test_weights import patch_of_pixels
from tests.data_folder import VARIED, needs_data, vector
from tests.enhance.numpy_detail import smoothed, spot_sums, trust

UNEVEN = PatchGrid(3, 7)
FADE = 2.0

Sums = dict[tuple[int, int, int], float]


def eight_bits(frame: CodedFrame, luma: NDArray[Any]) -> NDArray[np.int64]:
    return luma.astype(np.int64) >> (frame.bit_depth - 8)


def energy_of_pixels(luma: NDArray[np.int64]) -> NDArray[np.float64]:
    """Of what they have over the mean of the 3x3 about them, at least 1/81."""
    padded, (height, width) = np.pad(luma, 1, mode="edge"), luma.shape
    nine = sum(padded[j : j + height, i : i + width] for j in range(3) for i in range(3))
    return np.asarray(np.maximum((9 * luma - nine) ** 2, 1) / 81)


def confidence_of_pixels(frame: CodedFrame, fade: float) -> NDArray[np.float64]:
    luma, predicted = (eight_bits(frame, planes[0]) for planes in (frame.planes, frame.prediction))
    own = trust(luma, 64 * spot_sums(predicted), fade)
    spots = (own * smoothed(own)) // 256 / 256
    return spots.repeat(2, axis=0).repeat(2, axis=1)[: frame.height, : frame.width]


def recomputed(
    frame: CodedFrame, grid: PatchGrid, fade: float
) -> tuple[NDArray[np.float64], NDArray[np.float64], Sums]:
    """Energy and missing energy by patch, and what (patch, reference, source) bring."""
    patch_of_spot = patch_of_pixels(frame, grid)[::2, ::2]
    rows, columns = np.indices((frame.height, frame.width)) // 2
    patch_of = patch_of_spot[rows, columns]
    energy = energy_of_pixels(eight_bits(frame, frame.planes[0]))
    shared = energy * confidence_of_pixels(frame, fade)
    missing = energy.copy()
    brought: defaultdict[tuple[int, int, int], float] = defaultdict(float)
    for block in frame.blocks:
        if not (block["inter"] and block["usable"]):
            continue
        x, y, references = int(block["x"]), int(block["y"]), int(block["inter"])
        inside = np.s_[y : y + int(block["height"]), x : x + int(block["width"])]
        missing[inside] -= shared[inside]
        down, across = np.indices(patch_of[inside].shape)
        quarter = 2 * (down >= 4) + (across >= 4) if block["split"] else np.zeros_like(down)
        for which in range(references):
            mv = block["mv"][which][quarter].astype(int)
            source_y = np.clip(rows[inside] + (mv[..., 0] >> 4), 0, len(patch_of_spot) - 1)
            source_x = np.clip(columns[inside] + (mv[..., 1] >> 4), 0, patch_of_spot.shape[1] - 1)
            ends = zip(
                patch_of[inside].flat, patch_of_spot[source_y, source_x].flat, shared[inside].flat,
                strict=True,
            )  # fmt: skip
            for patch, source, share in ends:
                brought[int(patch), int(block["reference"][which]), int(source)] += (
                    share / references
                )

    def by_patch(values: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(np.bincount(patch_of.ravel(), values.ravel(), grid.count), np.float64)

    empty = np.bincount(patch_of.ravel(), minlength=grid.count) == 0  # patches without a spot
    return by_patch(energy) + empty / 81, by_patch(missing) + empty / 81, dict(brought)


def assert_detail_is_recomputed(frames: list[CodedFrame], grid: PatchGrid, fade: float) -> None:
    for frame in frames:
        expected_energy, expected_missing, expected = recomputed(frame, grid, fade)
        energy, missing, patch, reference, source, brought = frame.native.detail(
            grid.rows, grid.columns, fade
        )
        np.testing.assert_allclose(energy, expected_energy, rtol=1e-12)
        np.testing.assert_allclose(missing, expected_missing, rtol=1e-9, atol=1e-6)
        keys = list(zip(patch.tolist(), reference.tolist(), source.tolist(), strict=True))
        assert keys == sorted(expected)
        np.testing.assert_allclose(brought, [expected[key] for key in keys], rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_the_fine_detail_of_pixels_and_their_confidence(kind: str) -> None:
    assert_detail_is_recomputed(frames_of(KINDS[kind]()), UNEVEN, FADE)


@pytest.mark.parametrize("fade", [0.25, 16.0, 1e9])
def test_it_follows_the_fade(fade: float) -> None:
    assert_detail_is_recomputed(frames_of(KINDS["alt-ref"]())[:6], PatchGrid(2, 3), fade)


@needs_data
@pytest.mark.parametrize("name", [*VARIED, "vp90-2-18-resize.ivf"])
def test_that_of_vectors(name: str) -> None:
    assert_detail_is_recomputed(frames_of(vector(name))[:6], UNEVEN, FADE)


def test_missing_and_brought_make_up_the_whole() -> None:
    for frame in frames_of(KINDS["alt-ref"]()):
        energy, missing, patch, *_, brought = frame.native.detail(3, 7, FADE)
        whole = missing + np.bincount(patch, brought, UNEVEN.count)
        np.testing.assert_allclose(whole, energy, rtol=1e-12)
        assert (energy > 0).all()


def test_a_key_frame_misses_all() -> None:
    key = frames_of(KINDS["alt-ref"]())[0]
    energy, missing, patch, *_ = key.native.detail(3, 7, FADE)
    np.testing.assert_array_equal(missing, energy)
    assert len(patch) == 0


def test_what_it_cannot_measure_is_refused() -> None:
    packets = KINDS["alt-ref"]()
    whole, part = (_core.Decoder(full=full).decode(packets[0])[0][0] for full in (True, False))
    with pytest.raises(ValueError, match="cannot cut"):
        whole.detail(1, 4000, FADE)
    with pytest.raises(ValueError, match="less than a full trace"):
        part.detail(2, 3, FADE)
