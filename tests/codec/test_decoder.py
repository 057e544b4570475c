"""The decoder's packets: what they display, what is refused, and how decoding goes on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from palantir import _core
from palantir.codec import Decoder, decode, decode_packets
from palantir.errors import BitstreamError, PalantirError
from palantir.grid import PatchGrid
from palantir.media import VideoSource
from tests.codec.frame_header import as_intra_only, show_existing
from tests.codec.streams import KINDS, decode_all, encode, frames_of, packet, stream
from tests.data_folder import INVALID, invalid, needs_data, vector


def test_a_packet_that_shows_an_old_frame_holds_no_frame() -> None:
    packets = stream()
    repeated = decode_all([*packets[:3], show_existing(7), *packets[3:]])
    assert repeated[3].frames == ()
    assert repeated[3].displayed == repeated[0].frames[0].slots[7] == 0
    plain = frames_of(packets)
    rest = [frame for each in repeated for frame in each.frames]
    assert [frame.index for frame in rest] == list(range(6))
    for frame, same in zip(rest, plain, strict=True):
        np.testing.assert_array_equal(frame.planes[0], same.planes[0])


def test_each_slot_shows_the_frame_it_holds() -> None:
    decoded = decode_all([*KINDS["intra-only"](), *map(show_existing, range(8))])
    slots = [frame.slots for each in decoded for frame in each.frames][-1]
    assert tuple(each.displayed for each in decoded[-8:]) == slots
    assert len(set(slots)) == 3


def test_the_core_shows_the_very_pixels_of_the_old_frame() -> None:
    decoder = _core.Decoder()
    frames = [frame for data in stream() for frame in decoder.decode(data)[0]]
    assert decoder.decode(show_existing(5)) == ([], True, 0)
    planes = decoder.displayed_planes()
    assert planes is not None
    for plane, same in zip(planes, frames[0].planes, strict=True):
        np.testing.assert_array_equal(plane, same)


def test_a_hidden_frame_displays_nothing() -> None:
    decoded = decode_all(KINDS["intra-only"]())
    assert decoded[2].displayed is None
    assert not decoded[2].frames[0].shown
    assert [each.displayed for each in decoded] == [0, 1, None, 3, 4, 5, 6, 2]


def test_an_intra_only_frame_is_a_key_frame_that_keeps_the_other_slots() -> None:
    key = frames_of(stream("sub-8x8")[:1])[0]
    intra_only = frames_of(KINDS["intra-only"]())[2]
    assert intra_only.slots == (1, 2, 2, 0, 0, 0, 0, 0)
    for plane, same in zip(intra_only.planes, key.planes, strict=True):
        np.testing.assert_array_equal(plane, same)
    np.testing.assert_array_equal(intra_only.blocks, key.blocks)
    np.testing.assert_array_equal(intra_only.texture, key.texture)


def test_decoding_may_start_at_an_intra_only_frame() -> None:
    hidden = as_intra_only(stream("resilient")[0], refresh=0xFF)
    shown = decode_all([hidden, *stream("resilient")[1:]])
    whole = frames_of(stream("resilient"))
    for each, same in zip(shown[1:], whole[1:], strict=True):
        np.testing.assert_array_equal(each.frames[0].planes[0], same.planes[0])


def test_frames_of_another_size_cannot_be_reused() -> None:
    frames = frames_of(KINDS["new-sizes"]())
    for index in (2, 3):
        patch, _, _, _, intra = frames[index].weights
        assert len(patch) == 0
        assert intra.sum() == frames[index].width * frames[index].height
    for frame in frames:
        for reference in frame.weights.reference:
            other = frames[reference]
            assert (other.width, other.height) == (frame.width, frame.height)


@needs_data
@pytest.mark.parametrize(
    "name", ["18-resize.ivf", "21-resize_inter_640x480_7_1-2.webm", "22-svc_1280x720_3.ivf"]
)
def test_no_edge_joins_frames_of_different_size_in_vectors(name: str) -> None:
    frames = frames_of(vector(f"vp90-2-{name}"), grid=PatchGrid(2, 3))
    sizes = [(frame.width, frame.height) for frame in frames]
    assert len(set(sizes)) > 1
    for frame, size in zip(frames, sizes, strict=True):
        assert all(sizes[reference] == size for reference in np.unique(frame.weights.reference))


@needs_data
def test_the_vector_with_show_existing_frame_shows_frames_again() -> None:
    decoded = decode_all(vector("vp90-2-17-show-existing-frame.webm"))
    again = [each.displayed for each in decoded if not each.frames]
    assert len(again) == 16
    coded = sum(len(each.frames) for each in decoded)
    assert all(index is not None and 0 <= index < coded for index in again)


BROKEN = {
    "empty": (b"", "empty packet"),
    "garbage": (b"\x00\x01garbage that is no VP9", "Bitstream not supported"),
    "text": (b"GIF89a", "stream: packet 7 after"),
    "truncated": (stream("resilient")[2][:40], "Corrupt frame detected"),
    "header only": (stream("resilient")[2][:6], "stream: packet 7 after"),
    "an unused slot": (show_existing(3), "stream: packet 7 after"),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_packet_is_refused_and_a_key_frame_mends_it(kind: str) -> None:
    data, words = BROKEN[kind]
    packets = stream("resilient")
    decoder = Decoder()
    if kind != "an unused slot":
        decoder.decode(packet(packets[0]))
        decoder.decode(packet(packets[1], 1))
    with pytest.raises(BitstreamError, match=words):
        decoder.decode(packet(data, 7))
    mended = [decoder.decode(packet(each, 8)).frames for each in packets]
    for (frame,), same in zip(mended, frames_of(packets), strict=True):
        np.testing.assert_array_equal(frame.planes[0], same.planes[0])
        np.testing.assert_array_equal(frame.texture, same.texture)
    first = mended[0][0].index
    assert [frame.index - first for (frame,) in mended] == list(range(6))


def test_an_error_names_stream_packet_and_frames_so_far(tmp_path: Path) -> None:
    path = encode(tmp_path / "clip.ivf", "resilient")
    packets = [each.data for each in VideoSource(path).packets()]
    content = path.read_bytes()
    at = content.index(packets[3])
    broken = bytes(len(packets[3]))
    path.write_bytes(content[:at] + broken + content[at + len(broken) :])
    with pytest.raises(BitstreamError) as caught:
        list(decode(path))
    assert str(caught.value).startswith(f"{path}: packet 3 after 3 coded frames: ")


def test_an_inter_frame_without_a_key_frame_is_refused() -> None:
    decoder = Decoder()
    with pytest.raises(BitstreamError, match="packet 0 after 0 coded frames"):
        decoder.decode(packet(stream()[1]))
    assert decoder.decode(packet(stream()[0])).displayed == 0


def test_damaged_packets_are_refused_or_decoded_but_never_crash() -> None:
    random = np.random.default_rng(3)
    packets = stream("sub-8x8")
    for threads in (1, 4):
        decoder = Decoder(threads=threads, row_mt=threads > 1)
        for _ in range(150):
            data = bytearray(packets[random.integers(len(packets))])
            for _ in range(random.integers(1, 4)):
                data[random.integers(12, len(data))] ^= 1 << random.integers(8)
            try:
                frames = decoder.decode(packet(bytes(data))).frames
            except BitstreamError:
                decoder.decode(packet(packets[0]))
                continue
            for frame in frames:
                intra = frame.native.weights(1, 1)[4]
                assert 0 <= intra[0] <= frame.width * frame.height
                assert np.isfinite(frame.native.texture(1, 1)).all()


@needs_data
@pytest.mark.parametrize("name", INVALID)
@pytest.mark.parametrize("threads", [1, 4])
def test_invalid_streams_decode_or_fail_with_one_of_our_errors(name: str, threads: int) -> None:
    message = ""
    try:
        for frame in decode(invalid(name), threads=threads, grid=PatchGrid(1, 1)):
            assert np.isfinite(frame.texture).all()
            assert np.all(frame.weights.reference < frame.index)
    except PalantirError as error:
        message = str(error)
    assert "\n" not in message


@pytest.mark.parametrize("threads", [0, -1, 65])
def test_a_silly_number_of_threads_is_refused(threads: int) -> None:
    with pytest.raises(ValueError, match=f"threads must be 1..64, not {threads}"):
        Decoder(threads=threads)


def test_an_unobserved_decoder_returns_pictures_but_no_frames() -> None:
    stock, observed = _core.Decoder(observe=False), _core.Decoder()
    for data in KINDS["alt-ref"]():
        assert stock.decode(data) == ([], True, -1)
        observed.decode(data)
        ours, theirs = observed.displayed_planes(), stock.displayed_planes()
        assert ours is not None
        assert theirs is not None
        for plane, same in zip(ours, theirs, strict=True):
            np.testing.assert_array_equal(plane, same)


@pytest.mark.parametrize("kind", ["alt-ref", "4:4:4"])
def test_less_than_a_full_trace_is_the_same_but_for_what_is_left_out(kind: str) -> None:
    full, less = _core.Decoder(), _core.Decoder(full=False)
    for data in KINDS[kind]():
        for whole, part in zip(full.decode(data)[0], less.decode(data)[0], strict=True):
            assert (whole.full, part.full) == (True, False)
            for plane, same in zip(whole.planes, part.planes, strict=True):
                np.testing.assert_array_equal(plane, same)
            np.testing.assert_array_equal(whole.blocks, part.blocks)
            for here, there in zip(whole.weights(2, 3), part.weights(2, 3), strict=True):
                np.testing.assert_array_equal(here, there)
            for missing in ("prediction", "reconstruction"):
                with pytest.raises(ValueError, match="less than a full trace"):
                    getattr(part, missing)
            with pytest.raises(ValueError, match="less than a full trace"):
                part.texture(2, 3)


def test_decode_yields_the_frames_of_decode_packets(tmp_path: Path) -> None:
    path = encode(tmp_path / "clip.webm", "alt-ref", frames=30)
    packets = list(decode_packets(path, grid="2x2"))
    frames = list(decode(VideoSource(path), grid=(2, 2)))
    assert len(packets) == 30
    assert [frame.index for frame in frames] == list(range(31))
    assert [f.packet for each in packets for f in each.frames] == [f.packet for f in frames]
    assert all(frame.grid == PatchGrid(2, 2) for frame in frames)
