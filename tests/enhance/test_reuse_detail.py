"""Native detail reuse equals the plain recomputation of numpy_reuse.py, bit for bit."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from palantir import _core
from palantir.codec import CodedFrame
from tests.data_folder import needs_data, vector
from tests.enhance.numpy_reuse import CELL, DETAIL_RANGE, detail_reuse
from tests.enhance.streams import all_blocks, coded_frames

FADE = 8.0
POOL = _core.BufferPool()


def noise_of(frame: CodedFrame, p: int, scale: int) -> NDArray[np.int16]:
    """Detail over the whole range, extremes included; dead here and there."""
    random = np.random.default_rng(3 * frame.index + p)
    height, width = (side * scale for side in frame.planes[p].shape)
    noise = np.clip(random.normal(0, 60, (height, width)), *DETAIL_RANGE)
    side = 2 * CELL * scale
    alive = random.random((height // side + 1, width // side + 1)) < 0.7
    return (noise * alive.repeat(side, 0).repeat(side, 1)[:height, :width]).astype(np.int16)


def random_detail(frame: CodedFrame, scale: int, bits: int = 2) -> _core.DetailFrame:
    """Such detail of a frame's SR size."""
    detail = _core.DetailFrame(frame.native, scale, bits, POOL)
    step = 1 << (_core.FRACTION_BITS - bits)
    for p in range(3):
        detail.paste(frame.native, p, 0, 0, noise_of(frame, p, scale) * step, POOL)
    return detail


def reused(
    frame: CodedFrame, references: dict[int, _core.DetailFrame], scale: int, fade: float = FADE
) -> _core.DetailFrame:
    detail = _core.reuse_detail(frame.native, references, scale, fade, [], POOL)
    return detail or _core.DetailFrame(frame.native, scale, 2, POOL)


def assert_equal_to_numpy(
    frame: CodedFrame, references: dict[int, _core.DetailFrame], scale: int, fade: float = FADE
) -> None:
    native = reused(frame, references, scale, fade)
    known = {index: detail.planes for index, detail in references.items()}
    recomputed = detail_reuse(frame, known, scale, fade, native.bits)
    for p, expected in enumerate(recomputed):
        np.testing.assert_array_equal(native.planes[p], expected)
        side = CELL * scale >> (p > 0)
        for row, column in np.ndindex(native.live[p].shape):
            cell = expected[row * side : (row + 1) * side, column * side : (column + 1) * side]
            assert native.live[p][row, column] == cell.any()


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


@pytest.mark.parametrize("bits", [0, 1])
def test_every_exponent_equals_numpy(rich_frames: list[CodedFrame], bits: int) -> None:
    frame, last = rich_frames[2], rich_frames[2].references[0]
    detail = random_detail(rich_frames[last], 2, bits)
    assert reused(frame, {last: detail}, 2).bits == bits
    assert_equal_to_numpy(frame, {last: detail}, 2)


def test_references_of_several_exponents_meet_at_the_coarsest(
    rich_frames: list[CodedFrame],
) -> None:
    frame = max(rich_frames, key=lambda frame: len(set(frame.references)))
    indices = sorted(set(frame.references))
    fine = {i: random_detail(rich_frames[i], 1) for i in indices}
    mixed = {**fine, indices[0]: random_detail(rich_frames[indices[0]], 1, 0)}
    native = reused(frame, mixed, 1)
    assert native.bits == 0
    rounded = {i: tuple(rounded_to_whole(plane) for plane in d.planes) for i, d in fine.items()}
    rounded[indices[0]] = mixed[indices[0]].planes
    recomputed = detail_reuse(frame, rounded, 1, FADE, 0)
    for plane, expected in zip(native.planes, recomputed, strict=True):
        np.testing.assert_array_equal(plane, expected)


def rounded_to_whole(quarters: NDArray[np.int8]) -> NDArray[np.int8]:
    """Halves away from 0."""
    magnitude = (np.abs(quarters.astype(np.int16)) + 2) // 4
    return np.asarray(np.sign(quarters) * magnitude, np.int8)


def test_the_exponent_fits_the_anchors() -> None:
    random = np.random.default_rng(4)

    def bits_for(deviation: float) -> int:
        levels = random.laplace(0, deviation / np.sqrt(2), (64, 64))
        fixed = np.clip(np.rint(levels * (1 << _core.FRACTION_BITS)), -16320, 16320)
        return _core.fitting_bits([fixed.astype(np.int16)])

    assert [bits_for(deviation) for deviation in (3, 12, 80)] == [2, 1, 0]
    assert _core.fitting_bits([]) == 2


@pytest.mark.parametrize("bits", [-1, 3])
def test_an_impossible_exponent_is_refused(rich_frames: list[CodedFrame], bits: int) -> None:
    with pytest.raises(ValueError, match=r"bits must be 0\.\.2"):
        _core.DetailFrame(rich_frames[0].native, 2, bits, POOL)


@pytest.mark.parametrize("fade", [0.01, 3.5, 1e6])
def test_the_fade_is_honoured(rich_frames: list[CodedFrame], fade: float) -> None:
    frame, last = rich_frames[2], rich_frames[2].references[0]
    assert_equal_to_numpy(frame, {last: random_detail(rich_frames[last], 2)}, 2, fade)


def test_missing_references_count_as_no_detail(rich_frames: list[CodedFrame]) -> None:
    frame = max(rich_frames, key=lambda frame: len(set(frame.references)))
    assert len(set(frame.references)) > 1
    for index in frame.references:
        assert_equal_to_numpy(frame, {index: random_detail(rich_frames[index], 1)}, 1)
    assert _core.reuse_detail(frame.native, {}, 2, FADE, [], POOL) is None


def test_intra_blocks_have_no_detail(rich_frames: list[CodedFrame]) -> None:
    key = rich_frames[0]
    assert key.key
    details = {0: random_detail(key, 2)}
    assert _core.reuse_detail(key.native, details, 2, FADE, [], POOL) is None
    for frame in rich_frames[1:6]:
        luma = reused(frame, {0: random_detail(key, 1)}, 1).planes[0]
        for block in frame.blocks[frame.blocks["inter"] == 0]:
            x, y = int(block["x"]), int(block["y"])
            assert not luma[y : y + block["height"], x : x + block["width"]].any()


def test_references_of_another_size_are_ignored(
    rich_frames: list[CodedFrame], plain_clip: Path
) -> None:
    frame, other = rich_frames[1], coded_frames(plain_clip, 1)[0]
    details = dict.fromkeys(frame.references, random_detail(other, 4))
    assert _core.reuse_detail(frame.native, details, 4, FADE, [], POOL) is None
    details = dict.fromkeys(frame.references, random_detail(rich_frames[0], 2))
    assert _core.reuse_detail(frame.native, details, 4, FADE, [], POOL) is None


@pytest.mark.parametrize("fade", [0.0, -1.0, float("nan")])
def test_an_impossible_fade_is_refused(rich_frames: list[CodedFrame], fade: float) -> None:
    with pytest.raises(ValueError, match="fade must be above 0"):
        _core.reuse_detail(rich_frames[0].native, {}, 2, fade, [], POOL)
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
