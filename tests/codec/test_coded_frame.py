"""What a coded frame says of itself, compared with the stream's own headers, and its lifetime."""

from __future__ import annotations

import gc

import numpy as np
import pytest

from palantir.codec import BLOCK_FIELDS, CodedFrame, Decoder
from palantir.errors import ScheduleError
from palantir.grid import PatchGrid
from tests.codec.frame_header import FrameHeader
from tests.codec.streams import ENCODERS, decode_all, frames_of, packet, stream


@pytest.mark.parametrize("encoder", ENCODERS)
def test_facts_are_those_of_the_frame_header(encoder: str) -> None:
    packets = stream(encoder)
    for data, frame in zip(packets, frames_of(packets), strict=True):
        header = FrameHeader.parse(data)
        assert (frame.key, frame.shown) == (header.key, header.shown)
        assert (frame.width, frame.height) == (header.size or (101, 67))
        assert (frame.quantizer, frame.filter_level) == (header.quantizer, header.filter_level)
        assert frame.refresh == header.refresh
        assert not frame.intra_only
        assert not frame.lossless
        assert data[frame.coded_bytes :].strip(b"\0") == b""  # an encoder may append padding


@pytest.mark.parametrize("encoder", ENCODERS)
def test_slots_and_references_follow_the_refresh_masks(encoder: str) -> None:
    packets = stream(encoder)
    slots = [-1] * 8
    for index, (data, frame) in enumerate(zip(packets, frames_of(packets), strict=True)):
        header = FrameHeader.parse(data)
        held = tuple(slots[slot] for slot in header.reference_slots)
        assert frame.references == (held or (-1, -1, -1))
        slots = [index if header.refresh >> i & 1 else held for i, held in enumerate(slots)]
        assert frame.slots == tuple(slots)


def test_the_frames_of_a_superframe_have_the_sizes_of_its_index() -> None:
    packets = stream("alt-ref", frames=30)
    (superframe,) = [each for each in decode_all(packets) if len(each.frames) == 2]
    data = superframe.packet.data
    width = (data[-1] >> 3 & 3) + 1  # bytes a size; VP9 specification, annex B
    sizes = np.frombuffer(data[-1 - 2 * width : -1], np.uint8).reshape(2, width)
    for frame, size in zip(superframe.frames, sizes @ 256 ** np.arange(width), strict=True):
        assert size - 1 <= frame.coded_bytes <= size


def frozen_texture(frame: CodedFrame) -> np.ndarray:
    return frame.native.texture(3, 4)  # measured anew, not the cached property


def test_frames_outlive_their_decoder() -> None:
    packets = stream()
    decoder = Decoder()
    for data in packets:
        decoder.decode(packet(data))  # and give the buffers back
    first = decoder.decode(packet(packets[0])).frames[0]
    kept = [plane.copy() for plane in (*first.planes, *first.prediction, *first.reconstruction)]
    blocks, texture = first.blocks, frozen_texture(first)
    copied = blocks.copy()
    for index, data in enumerate(packets[1:]):
        decoder.decode(packet(data, index))
    del decoder
    gc.collect()
    decode_all(stream("alt-ref", frames=30))  # takes buffers that were given back
    planes = (*first.planes, *first.prediction, *first.reconstruction)
    for plane, before in zip(planes, kept, strict=True):
        np.testing.assert_array_equal(plane, before)
    np.testing.assert_array_equal(blocks, copied)
    np.testing.assert_array_equal(frozen_texture(first), texture)


def test_arrays_outlive_their_frame() -> None:
    def luma_of_last(packets: tuple[bytes, ...]) -> np.ndarray:
        return frames_of(packets)[-1].planes[0]

    luma = luma_of_last(stream())
    before = luma.copy()
    gc.collect()
    decode_all(stream())
    np.testing.assert_array_equal(luma, before)


def test_arrays_are_read_only() -> None:
    frame = frames_of(stream())[1]
    for array in (*frame.planes, *frame.prediction, *frame.reconstruction, frame.blocks):
        assert not array.flags.writeable
        with pytest.raises(ValueError, match="read-only"):
            array[0] = array[0]


def test_the_block_fields_are_the_documented_ones() -> None:
    names = frames_of(stream())[0].blocks.dtype.names
    assert names == tuple(BLOCK_FIELDS)


def test_the_grid_is_the_one_asked_for_else_the_default() -> None:
    assert frames_of(stream())[0].grid == PatchGrid.default(101, 67)
    frame = frames_of(stream(), grid=PatchGrid(2, 5))[0]
    assert frame.grid == PatchGrid(2, 5)
    assert frame.texture.shape == frame.weights.intra_pixels.shape == (10,)


def test_a_grid_that_does_not_fit_is_refused_when_it_is_used() -> None:
    frame = frames_of(stream(), grid=PatchGrid(68, 1))[0]
    assert frame.planes[0].shape == (67, 101)
    with pytest.raises(ScheduleError, match="patch grid 68x1 does not fit a 101x67 frame"):
        _ = frame.texture
    with pytest.raises(ScheduleError, match="68x1"):
        _ = frame.weights


@pytest.mark.parametrize("grid", [(0, 1), (1, 0), (-1, 3), (68, 1), (1, 102)])
def test_the_core_refuses_such_a_grid_too(grid: tuple[int, int]) -> None:
    native = frames_of(stream())[1].native
    with pytest.raises(ValueError, match="cannot cut"):
        native.texture(*grid)
    with pytest.raises(ValueError, match="cannot cut"):
        native.weights(*grid)


def test_the_name_of_a_frame_says_what_it_is() -> None:
    key, inter = frames_of(stream())[:2]
    assert repr(key) == "CodedFrame(0, key, shown, 101x67)"
    assert repr(inter) == "CodedFrame(1, inter, shown, 101x67)"


def test_packet_and_time_are_those_of_the_packet() -> None:
    decoded = decode_all(stream("alt-ref", frames=30))
    frames: list[CodedFrame] = [frame for each in decoded for frame in each.frames]
    for each in decoded:
        assert all(frame.packet == each.packet.index for frame in each.frames)
        assert all(frame.pts == each.packet.pts for frame in each.frames)
    assert [frame.index for frame in frames] == list(range(31))
