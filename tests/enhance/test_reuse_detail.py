"""Native detail reuse equals the plain recomputation of numpy_reuse.py, bit for bit."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from palantir import _core
from palantir.codec import CodedFrame
from tests.data_folder import needs_data, vector
from tests.enhance.numpy_reuse import DETAIL_RANGE, detail_reuse
from tests.enhance.streams import all_blocks, coded_frames

FADE = 8.0
Detail = tuple[NDArray[np.int16], NDArray[np.int16], NDArray[np.int16]]


def random_detail(frame: CodedFrame, scale: int) -> Detail:
    """Detail over the whole range, extremes included, of a frame's SR size."""
    random = np.random.default_rng(frame.index)
    y, u, v = (
        np.clip(
            random.normal(0, 6000, (p.shape[0] * scale, p.shape[1] * scale)), *DETAIL_RANGE
        ).astype(np.int16)
        for p in frame.planes
    )
    return y, u, v


def assert_equal_to_numpy(
    frame: CodedFrame, references: dict[int, Detail], scale: int, fade: float = FADE
) -> None:
    native = _core.reuse_detail(frame.native, references, scale, fade)
    for plane, expected in zip(native, detail_reuse(frame, references, scale, fade), strict=True):
        np.testing.assert_array_equal(plane, expected)


def check_stream(frames: list[CodedFrame], scale: int) -> None:
    details = {frame.index: random_detail(frame, scale) for frame in frames}
    for frame in frames:
        assert_equal_to_numpy(frame, {i: details[i] for i in frame.references if i >= 0}, scale)


def test_the_clip_has_what_matters(rich_frames: list[CodedFrame]) -> None:
    blocks = all_blocks(rich_frames)
    inter = blocks[blocks["inter"] > 0]
    assert inter["split"].any()
    assert set(inter["filter"]) == {0, 1, 2}
    assert (blocks["inter"] == 0).any()
    height, width = rich_frames[0].planes[0].shape
    assert width % 8
    assert height % 8
    left = inter["x"] + inter["mv"][:, 0, 0, 1] // 8
    assert (left < 0).any()


@pytest.mark.parametrize("scale", [1, 2, 3, 4])
def test_every_frame_equals_numpy(rich_frames: list[CodedFrame], scale: int) -> None:
    check_stream(rich_frames[: 18 if scale == 1 else 5], scale)


@pytest.mark.parametrize("fade", [0.01, 3.5, 1e6])
def test_the_fade_is_honoured(rich_frames: list[CodedFrame], fade: float) -> None:
    frame, last = rich_frames[2], rich_frames[2].references[0]
    assert_equal_to_numpy(frame, {last: random_detail(rich_frames[last], 2)}, 2, fade)


def test_missing_references_count_as_no_detail(rich_frames: list[CodedFrame]) -> None:
    frame = max(rich_frames, key=lambda frame: len(set(frame.references)))
    assert len(set(frame.references)) > 1
    for index in frame.references:
        assert_equal_to_numpy(frame, {index: random_detail(rich_frames[index], 1)}, 1)
    for plane in _core.reuse_detail(frame.native, {}, 2, FADE):
        assert not plane.any()


def test_intra_blocks_have_no_detail(rich_frames: list[CodedFrame]) -> None:
    key = rich_frames[0]
    assert key.key
    details = {0: random_detail(key, 2)}
    assert not any(plane.any() for plane in _core.reuse_detail(key.native, details, 2, FADE))
    for frame in rich_frames[1:6]:
        luma = _core.reuse_detail(frame.native, {0: random_detail(key, 1)}, 1, FADE)[0]
        for block in frame.blocks[frame.blocks["inter"] == 0]:
            x, y = int(block["x"]), int(block["y"])
            assert not luma[y : y + block["height"], x : x + block["width"]].any()


def test_references_of_another_size_are_ignored(rich_frames: list[CodedFrame]) -> None:
    small: Detail = (
        np.ones((8, 8), np.int16),
        np.ones((4, 4), np.int16),
        np.ones((4, 4), np.int16),
    )
    frame = rich_frames[1]
    for plane in _core.reuse_detail(frame.native, dict.fromkeys(frame.references, small), 4, FADE):
        assert not plane.any()


@pytest.mark.parametrize("fade", [0.0, -1.0, float("nan")])
def test_an_impossible_fade_is_refused(rich_frames: list[CodedFrame], fade: float) -> None:
    with pytest.raises(ValueError, match="fade must be above 0"):
        _core.reuse_detail(rich_frames[0].native, {}, 2, fade)
    with pytest.raises(ValueError, match="fade must be above 0"):
        _core.confidence(rich_frames[0].native, fade)


# Compound and sub-8x8 together; bilinear filter; tiny; blocks with references of another size.
COMPOUND, RESIZED = "vp90-2-11-size-351x288.webm", "vp90-2-21-resize_inter_320x180_5_3-4.webm"
PICKED = [
    (COMPOUND, slice(7, 9), 1),
    (COMPOUND, slice(9, 10), 3),
    ("vp90-2-06-bilinear.webm", slice(1, 2), 2),
    ("vp90-2-02-size-66x18.webm", slice(0, 10), 4),
    ("vp90-2-02-size-08x08.webm", slice(0, 10), 4),
    ("vp90-2-18-resize.ivf", slice(7, 8), 2),  # motion that leaves the frame altogether
    (RESIZED, slice(10, 13), 1),
]


@needs_data
@pytest.mark.parametrize(("name", "which", "scale"), PICKED)
def test_vectors_equal_numpy(name: str, which: slice, scale: int) -> None:
    frames = coded_frames(vector(name), which.stop + 1)
    details = {frame.index: random_detail(frame, scale) for frame in frames}
    for frame in frames[which]:
        known = {i: details[i] for i in frame.references if i >= 0}
        assert_equal_to_numpy(frame, known, scale)
        assert_equal_to_numpy(frame, dict(list(known.items())[:1]), scale)


@needs_data
def test_the_vectors_have_what_they_are_picked_for() -> None:
    blocks = all_blocks(coded_frames(vector(COMPOUND))[7:10])
    assert (blocks["inter"] == 2).any()
    assert ((blocks["inter"] == 2) & (blocks["split"] == 1)).any()
    resized = coded_frames(vector(RESIZED), 13)
    assert len({(frame.width, frame.height) for frame in resized[10:13]}) == 1
    blocks = all_blocks(resized[10:13])
    assert ((blocks["inter"] > 0) & (blocks["usable"] == 0)).any()
