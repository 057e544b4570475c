"""Prediction, reconstruction and picture: how they hang together, block by block."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from numpy.typing import NDArray

from palantir.codec import CodedFrame
from tests.codec.streams import KINDS, frames_of, stream
from tests.data_folder import needs_data, vector

VECTOR_NAMES = [
    "vp90-2-03-size-202x210.webm",
    "vp90-2-06-bilinear.webm",
    "vp90-2-11-size-351x288.webm",  # compound
    "vp90-2-18-resize.ivf",
    "vp90-2-19-skip.webm",
    "vp91-2-04-yuv444.webm",  # compound
]


def area(frame: CodedFrame, block: np.void, plane: int) -> tuple[slice, slice]:
    """The block's samples in a plane; numpy cuts off what reaches past the frame."""
    sub_x, sub_y = frame.subsampling if plane else (0, 0)
    x, y = int(block["x"]) >> sub_x, int(block["y"]) >> sub_y
    return np.s_[y : y + (int(block["height"]) >> sub_y), x : x + (int(block["width"]) >> sub_x)]


def assert_pictures_agree(frames: list[CodedFrame]) -> None:
    for frame in frames:
        for plane in range(3):
            predicted, built = frame.prediction[plane], frame.reconstruction[plane]
            for block in frame.blocks:
                if not block["inter"] or block["skip"]:
                    part = area(frame, block, plane)
                    np.testing.assert_array_equal(predicted[part], built[part])
            if frame.filter_level == 0:
                np.testing.assert_array_equal(built, frame.planes[plane])


@pytest.mark.parametrize("kind", KINDS)
def test_skipped_and_intra_blocks_have_no_residual_and_level_0_no_filter(kind: str) -> None:
    assert_pictures_agree(frames_of(KINDS[kind]()))


@needs_data
@pytest.mark.parametrize("name", VECTOR_NAMES)
def test_pictures_of_vectors_agree(name: str) -> None:
    assert_pictures_agree(frames_of(vector(name)))


def test_the_loop_filter_changes_the_picture_but_not_the_reconstruction() -> None:
    frames = frames_of(stream("resilient"))
    assert all(frame.filter_level for frame in frames)
    assert any(np.any(f.planes[0] != f.reconstruction[0]) for f in frames)


def test_an_inter_block_with_residual_differs_from_its_prediction() -> None:
    frame = frames_of(stream("sub-8x8"))[1]
    assert np.any(frame.reconstruction[0] != frame.prediction[0])


def whole_samples(block: np.void, frame: CodedFrame, plane: int) -> NDArray[np.int64] | None:
    """Displacement of each reference [references, 2] in samples, None unless all are whole."""
    sub_x, sub_y = frame.subsampling if plane else (0, 0)
    unit = np.array([8 << sub_y, 8 << sub_x])
    vectors = block["mv"][: block["inter"], 0].astype(np.int64)
    return None if np.any(vectors % unit) else vectors // unit


def moved(
    reference: NDArray[np.uint16], part: tuple[slice, slice], by: NDArray[np.int64]
) -> NDArray[np.int64]:
    """The samples that `by` points at, clamped to the plane."""
    height, width = reference.shape
    rows = np.arange(height)[part[0]] + by[0]
    columns = np.arange(width)[part[1]] + by[1]
    found = reference[np.ix_(rows.clip(0, height - 1), columns.clip(0, width - 1))]
    return found.astype(np.int64)


def check_whole_vectors(frames: list[CodedFrame]) -> tuple[int, int, int]:
    """Check blocks with whole vectors; how many: with one reference, compound, truly moving."""
    seen = [0, 0, 0]
    for frame, plane in product(frames, range(3)):
        for block in frame.blocks:
            steps = whole_samples(block, frame, plane)
            if not block["usable"] or block["split"] or steps is None:
                continue
            part = area(frame, block, plane)
            sources = [frames[index] for index in block["reference"][: block["inter"]]]
            pairs = zip(sources, steps, strict=True)
            total = sum(moved(source.planes[plane], part, by) for source, by in pairs)
            expected = (total + 1) // 2 if block["inter"] == 2 else total
            np.testing.assert_array_equal(frame.prediction[plane][part], expected)
            seen[block["inter"] - 1] += 1
            seen[2] += bool(steps.any())
    return seen[0], seen[1], seen[2]


@pytest.mark.parametrize("kind", ["sub-8x8", "alt-ref", "4:2:2", "4:4:0", "4:4:4", "10-bit"])
def test_a_whole_vector_copies_the_reference_picture(kind: str) -> None:
    single, _, moving = check_whole_vectors(frames_of(KINDS[kind]()))
    assert single > 100
    assert moving > 20


@needs_data
@pytest.mark.parametrize("name", VECTOR_NAMES)
def test_a_whole_vector_copies_the_reference_picture_in_vectors(name: str) -> None:
    frames = frames_of(vector(name))
    single, compound, _ = check_whole_vectors(frames)
    assert single > 100
    assert compound > 100 or not any((f.blocks["inter"] == 2).any() for f in frames)
