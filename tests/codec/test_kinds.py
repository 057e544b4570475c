"""The streams under test really hold what their tests are about."""

from __future__ import annotations

import numpy as np
import pytest

from tests.codec.streams import KINDS, decode_all, frames_of
from tests.data_folder import needs_data, vector


def blocks_of(kind: str) -> np.ndarray:
    return np.concatenate([frame.blocks for frame in frames_of(KINDS[kind]())])


def test_sub_8x8_holds_blocks_whose_quarters_move_apart() -> None:
    blocks = blocks_of("sub-8x8")
    split = blocks[blocks["split"] == 1]
    assert np.any(split["mv"][:, 0, 0] != split["mv"][:, 0, 3])
    assert np.all((split["width"] == 8) & (split["height"] == 8))
    assert set(blocks["inter"]) == {0, 1}
    assert set(blocks["width"]) == set(blocks["height"]) == {8, 16, 32, 64}


def test_alt_ref_holds_a_hidden_frame_inside_a_superframe() -> None:
    decoded = decode_all(KINDS["alt-ref"]())
    (superframe,) = [each for each in decoded if len(each.frames) == 2]
    assert [frame.shown for frame in superframe.frames] == [False, True]


@pytest.mark.parametrize(
    ("kind", "subsampling", "depth"),
    [
        ("sub-8x8", (1, 1), 8),
        ("4:2:2", (1, 0), 8),
        ("4:4:0", (0, 1), 8),
        ("4:4:4", (0, 0), 8),
        ("10-bit", (1, 1), 10),
    ],
)
def test_formats(kind: str, subsampling: tuple[int, int], depth: int) -> None:
    for frame in frames_of(KINDS[kind]()):
        luma, *chroma = frame.planes
        assert (frame.subsampling, frame.bit_depth) == (subsampling, depth)
        assert luma.shape == (67, 101)
        for plane in chroma:
            assert plane.shape == (-(-67 >> subsampling[1]), -(-101 >> subsampling[0]))
            assert plane.dtype == luma.dtype == (np.uint8 if depth == 8 else np.uint16)


def test_new_sizes_holds_blocks_with_a_reference_of_another_size() -> None:
    frames = frames_of(KINDS["new-sizes"]())
    assert [frame.width for frame in frames] == [101, 101, 104, 100, 100, 100]
    assert all(frame.blocks["inter"].any() for frame in frames[1:])


def test_intra_only_holds_one_hidden_intra_only_frame() -> None:
    frames = frames_of(KINDS["intra-only"]())
    assert [frame.intra_only for frame in frames] == [False, False, True] + 4 * [False]
    assert not frames[2].shown


@needs_data
def test_vectors_hold_compound_prediction_and_scaled_references() -> None:
    for name in ("11-size-351x288", "02-size-66x10"):
        frames = frames_of(vector(f"vp90-2-{name}.webm"))
        assert any((frame.blocks["inter"] == 2).any() for frame in frames)
        assert any(frame.blocks["split"].any() for frame in frames)
    compound_444 = frames_of(vector("vp91-2-04-yuv444.webm"))
    assert any((frame.blocks["inter"] == 2).any() for frame in compound_444)
    resized = frames_of(vector("vp90-2-21-resize_inter_320x180_7_3-4.webm"))
    assert any(((f.blocks["inter"] == 1) & (f.blocks["usable"] == 0)).any() for f in resized)
