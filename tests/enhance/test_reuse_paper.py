"""Native paper reuse equals the plain recomputation of numpy_reuse.py, and at scale 1 the codec."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from palantir import _core
from palantir.codec import CodedFrame
from palantir.media import Planes
from tests.data_folder import needs_data, vector
from tests.enhance.numpy_reuse import paper_reuse
from tests.enhance.streams import coded_frames

POOL = _core.BufferPool()


def random_pictures(frame: CodedFrame, scale: int) -> Planes:
    """Noise with the hardest contrasts, of a frame's SR size."""
    random = np.random.default_rng(frame.index)

    def noise(plane: NDArray[np.uint8]) -> NDArray[np.uint8]:
        samples = random.normal(128, 90, (plane.shape[0] * scale, plane.shape[1] * scale))
        return np.clip(samples, 0, 255).astype(np.uint8)

    y, u, v = (noise(plane) for plane in frame.native.planes)
    return y, u, v


def assert_equal_to_numpy(frame: CodedFrame, references: dict[int, Planes], scale: int) -> None:
    native = _core.reuse_paper(frame.native, references, scale, POOL)
    for plane, expected in zip(native, paper_reuse(frame, references, scale), strict=True):
        np.testing.assert_array_equal(plane, expected)


def of_references(frame: CodedFrame, pictures: dict[int, Planes]) -> dict[int, Planes]:
    return {i: pictures[i] for i in frame.references if i >= 0}


@pytest.mark.parametrize("scale", [1, 2, 3, 4])
def test_every_frame_equals_numpy(rich_frames: list[CodedFrame], scale: int) -> None:
    pictures = {frame.index: random_pictures(frame, scale) for frame in rich_frames}
    for frame in rich_frames[: 18 if scale == 1 else 5]:
        assert_equal_to_numpy(frame, of_references(frame, pictures), scale)


def test_a_missing_reference_makes_the_block_plain(rich_frames: list[CodedFrame]) -> None:
    frame = max(rich_frames, key=lambda frame: len(set(frame.references)))
    for index in frame.references:
        assert_equal_to_numpy(frame, {index: random_pictures(rich_frames[index], 2)}, 2)
    assert_equal_to_numpy(frame, {}, 2)


def test_scale_one_repeats_the_decoder(rich_frames: list[CodedFrame]) -> None:
    pictures = {frame.index: frame.native.planes for frame in rich_frames}
    for frame in rich_frames:
        again = _core.reuse_paper(frame.native, of_references(frame, pictures), 1, POOL)
        for plane, decoded in zip(again, frame.reconstruction, strict=True):
            np.testing.assert_array_equal(plane, decoded)


PICKED = [
    ("vp90-2-11-size-351x288.webm", slice(7, 9), 1),
    ("vp90-2-11-size-351x288.webm", slice(8, 9), 2),
    ("vp90-2-06-bilinear.webm", slice(1, 2), 3),
    ("vp90-2-02-size-08x08.webm", slice(0, 10), 4),
    ("vp90-2-21-resize_inter_320x180_5_3-4.webm", slice(10, 12), 1),
]


@needs_data
@pytest.mark.parametrize(("name", "which", "scale"), PICKED)
def test_vectors_equal_numpy(name: str, which: slice, scale: int) -> None:
    frames = coded_frames(vector(name), which.stop + 1)
    pictures = {frame.index: random_pictures(frame, scale) for frame in frames}
    for frame in frames[which]:
        known = of_references(frame, pictures)
        assert_equal_to_numpy(frame, known, scale)
        assert_equal_to_numpy(frame, dict(list(known.items())[:1]), scale)


@needs_data
@pytest.mark.parametrize(
    "name",
    [
        "vp90-2-11-size-351x288.webm",
        "vp90-2-06-bilinear.webm",
        "vp90-2-00-quantizer-30.webm",
        "vp90-2-02-size-10x34.webm",
        "vp90-2-03-size-226x202.webm",
        "vp90-2-15-segkey_adpq.webm",
    ],
)
def test_scale_one_repeats_the_decoder_on_vectors(name: str) -> None:
    frames = coded_frames(vector(name), 20)
    pictures = {frame.index: frame.native.planes for frame in frames}
    for frame in frames:
        again = _core.reuse_paper(frame.native, of_references(frame, pictures), 1, POOL)
        for plane, decoded in zip(again, frame.reconstruction, strict=True):
            np.testing.assert_array_equal(plane, decoded)
