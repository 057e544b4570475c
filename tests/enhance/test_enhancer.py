"""The SR-enhanced decoder's slots, displayed frames and refusals."""

from __future__ import annotations

import weakref
from pathlib import Path

import numpy as np
import pytest

from palantir import _core
from palantir.codec import CodedFrame, DecodedPacket, Decoder
from palantir.enhance import Enhancer, SRFrame
from palantir.errors import ModelError, ScheduleError, UnsupportedError
from palantir.grid import PatchGrid
from palantir.media import Packet, VideoSource
from palantir.media.colour import Colour
from palantir.models import SRNetwork
from palantir.models.filter_bank import FilterBank
from tests.codec.frame_header import show_existing
from tests.codec.streams import KINDS
from tests.codec.streams import packet as as_packet
from tests.data_folder import needs_data, vector
from tests.enhance.networks import convolutions
from tests.enhance.per_frame import per_frame_sr
from tests.enhance.streams import QUICK, encode, moving_picture, packets

GRID = PatchGrid(2, 2)


def run(enhancer: Enhancer, packet: DecodedPacket, anchors: bool = True) -> SRFrame | None:
    return enhancer.process(packet, np.full((len(packet.frames), 4), anchors))


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> SRNetwork:
    return convolutions(
        tmp_path_factory.mktemp("networks"), 2, 1, output="detail", value_range="limited"
    )


def assert_is_per_frame_sr(frame: SRFrame, network: SRNetwork, coded: CodedFrame) -> None:
    assert frame.coded == coded.index
    for plane, wanted in zip(frame.planes, per_frame_sr(network, coded), strict=True):
        np.testing.assert_array_equal(plane, wanted)


@pytest.mark.parametrize("reuse", ["detail", "paper"])
def test_every_slot_can_be_shown_again(hidden_clip: Path, network: SRNetwork, reuse: str) -> None:
    decoder, enhancer = Decoder(), Enhancer(network, GRID, reuse=reuse)
    coded: dict[int, CodedFrame] = {}
    shown_hidden = shown = 0
    for packet in VideoSource(hidden_clip).packets():
        decoded = decoder.decode(packet)
        coded |= {frame.index: frame for frame in decoded.frames}
        shown += run(enhancer, decoded) is not None
        slots = decoded.frames[-1].slots
        for slot in range(8):
            again = decoder.decode(Packet(999, show_existing(slot), 4321, 40, False))
            assert not again.frames
            frame = run(enhancer, again)
            assert frame is not None
            assert (frame.pts, frame.index) == (4321, shown)
            shown += 1
            assert_is_per_frame_sr(frame, network, coded[slots[slot]])
            shown_hidden += not coded[slots[slot]].shown
    assert shown_hidden


def test_hidden_frames_are_enhanced_but_not_output(hidden_clip: Path, network: SRNetwork) -> None:
    stream = packets(hidden_clip)
    hidden = [f.index for packet in stream for f in packet.frames if not f.shown]
    assert hidden
    enhancer = Enhancer(network, GRID)
    shown: list[SRFrame] = []
    influenced = 0
    for packet in stream:
        anchors = np.array([[f.index in hidden] * 4 for f in packet.frames])
        frame = enhancer.process(packet, anchors)
        if frame is not None:
            shown.append(frame)
            assert frame.coded not in hidden
            assert frame.anchors == 0
            lr = next(f for f in packet.frames if f.index == frame.coded)
            plain = _core.compose(_core.upscale(lr.native.planes[0], 2, "sharp"))
            influenced += not np.array_equal(plain, frame.planes[0])
    assert influenced
    assert [frame.index for frame in shown] == list(range(24))
    assert [frame.pts for frame in shown] == sorted(frame.pts for frame in shown)
    assert enhancer.cost.share == pytest.approx(len(hidden) / (24 + len(hidden)))


@pytest.mark.parametrize("reuse", ["detail", "paper"])
def test_frames_that_no_slot_holds_are_forgotten(
    hidden_clip: Path, network: SRNetwork, reuse: str
) -> None:
    decoder, enhancer = Decoder(), Enhancer(network, GRID, reuse=reuse)
    alive: list[weakref.ref[CodedFrame]] = []
    for packet in VideoSource(hidden_clip).packets():
        decoded = decoder.decode(packet)
        alive += [weakref.ref(frame) for frame in decoded.frames]
        run(enhancer, decoded)
        slots = set(decoded.frames[-1].slots)
        del decoded
        assert {known.index for ref in alive if (known := ref())} <= slots
    assert len(alive) > 8


def assert_refused(packet: Packet, network: SRNetwork, words: str) -> None:
    enhancer = Enhancer(network, GRID, name="odd.webm")
    with pytest.raises(UnsupportedError, match=rf"odd.webm: coded frame 0 is {words}") as raised:
        run(enhancer, Decoder().decode(packet))
    assert "\n" not in str(raised.value)


def test_10_bits_are_refused_in_one_line(network: SRNetwork) -> None:
    assert_refused(as_packet(KINDS["10-bit"]()[0]), network, "10-bit")


@pytest.mark.parametrize(("pix_fmt", "subsampling"), [("yuv444p", "0, 0"), ("yuv422p", "1, 0")])
def test_full_chroma_is_refused_in_one_line(
    tmp_path: Path, pix_fmt: str, subsampling: str, network: SRNetwork
) -> None:
    pictures = [moving_picture(0, 64, 48)]
    path = encode(tmp_path / "odd.webm", pictures, options=QUICK, pix_fmt=pix_fmt)
    packet = next(iter(VideoSource(path).packets()))
    assert_refused(packet, network, rf"8-bit with chroma subsampling \({subsampling}\)")


@needs_data
def test_the_444_vector_is_refused(network: SRNetwork) -> None:
    with pytest.raises(UnsupportedError, match="takes 8-bit 4:2:0"):
        run(Enhancer(network, GRID), packets(vector("vp91-2-04-yuv444.webm"), 1)[0])


@needs_data
def test_frames_that_enter_no_slot_are_shown(network: SRNetwork) -> None:
    enhancer, dropped = Enhancer(network, GRID), 0
    for packet in packets(vector("vp90-2-12-droppable_1.ivf"), 6):
        frame, (coded,) = run(enhancer, packet), packet.frames
        assert frame is not None
        assert_is_per_frame_sr(frame, network, coded)
        dropped += coded.refresh == 0
    assert dropped


def test_anchors_need_a_network(plain_clip: Path) -> None:
    with pytest.raises(ModelError, match="anchor patches need a network"):
        run(Enhancer(None, GRID), packets(plain_clip, 1)[0])


def test_the_grid_must_fit(plain_clip: Path, network: SRNetwork) -> None:
    enhancer = Enhancer(network, PatchGrid(65, 1))
    with pytest.raises(ScheduleError, match="patch grid 65x1 does not fit a 96x64 frame"):
        enhancer.process(packets(plain_clip, 1)[0], np.ones((1, 65), bool))


def test_impossible_settings_are_refused(network: SRNetwork) -> None:
    with pytest.raises(UnsupportedError, match="reuse mode 'none' is neither detail nor paper"):
        Enhancer(network, GRID, reuse="none")
    with pytest.raises(UnsupportedError, match="fade must be above 0"):
        Enhancer(network, GRID, fade=0)
    with pytest.raises(ModelError, match="scale must be 1, 2, 3 or 4, not 5"):
        Enhancer(None, GRID, scale=5)


def test_no_cost_before_the_first_frame(network: SRNetwork) -> None:
    assert Enhancer(network, GRID).cost.share == 0


def test_without_anchors_nothing_is_paid(plain_clip: Path, network: SRNetwork) -> None:
    enhancer = Enhancer(network, GRID)
    for packet in packets(plain_clip):
        run(enhancer, packet, anchors=False)
    assert (enhancer.cost.inferred, enhancer.cost.total) == (0, 8 * 96 * 64)


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (None, Colour("bt601", False)),
        (Colour("bt709", False), Colour("bt709", False)),
        (Colour("bt709", True), Colour("bt709", True)),
    ],
)
def test_untagged_streams_take_the_colour_they_are_told(
    plain_clip: Path, told: Colour | None, expected: Colour
) -> None:
    frame = run(Enhancer(None, GRID, colour=told), packets(plain_clip, 1)[0], anchors=False)
    assert frame is not None
    assert frame.colour == expected


def test_paper_reuse_without_anchors_carries_upscaled_pixels(plain_clip: Path) -> None:
    """The first frame is the bilinear picture before the loop filter, block by block."""
    packet = packets(plain_clip, 1)[0]
    frame = run(Enhancer(None, GRID, reuse="paper", scale=2), packet, anchors=False)
    assert frame is not None
    expected = _core.reuse_paper(packet.frames[0].native, {}, 2, _core.BufferPool())
    for plane, wanted in zip(frame.planes, expected, strict=True):
        np.testing.assert_array_equal(plane, wanted)


@pytest.mark.parametrize(
    ("reuse", "carrier", "used"),
    [("detail", "network", True), ("detail", "light", False), ("paper", "network", False)],
)
def test_filters_are_those_of_the_large_network_in_detail_reuse(
    plain_clip: Path, tmp_path: Path, reuse: str, carrier: str, used: bool
) -> None:
    packet = packets(plain_clip, 1)[0]
    networks = {name: convolutions(tmp_path, 2, 1) for name in ("network", "light")}

    def shown() -> SRFrame:
        enhancer = Enhancer(networks["network"], GRID, light=networks["light"], reuse=reuse)
        frame = run(enhancer, packet, anchors=False)
        assert frame is not None
        return frame

    before = shown()
    networks[carrier].filters = FilterBank(np.full((112, 24, 2, 2), 20, np.int16))
    assert (shown().planes[0] != before.planes[0]).any() == used
