"""The decoder's self-check: scale 1 gives back LR; without anchors, any scale gives U(LR)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from palantir import _core
from palantir.codec import DecodedPacket, Decoder, decode_packets
from palantir.enhance import Enhancer
from palantir.grid import PatchGrid
from palantir.media import Packet, Planes, VideoSource
from palantir.models import SRNetwork
from tests.codec.streams import KINDS
from tests.codec.streams import packet as as_packet
from tests.data_folder import VECTORS, needs_data, vector
from tests.enhance.networks import identity

GRID = PatchGrid(2, 2)
Shown = tuple[DecodedPacket, Planes | None]


def stock_pictures(path: Path) -> Iterator[Shown]:
    """Packets, each with the picture that libvpx displays for it without our observer."""
    return beside_stock(VideoSource(path).packets())


def beside_stock(stream: Iterable[Packet]) -> Iterator[Shown]:
    traced, stock = Decoder(), _core.Decoder(observe=False)
    for packet in stream:
        stock.decode(packet.data)
        yield traced.decode(packet), stock.displayed_planes()


def assert_shows(stream: Iterable[Shown], enhancer: Enhancer, share: float) -> int:
    """Every displayed frame is U(LR) exactly, LR itself at scale 1; how many sizes there were."""
    random = np.random.default_rng(5)
    scale, sizes = enhancer.scale, set()
    for packet, picture in stream:
        anchors = random.random((len(packet.frames), GRID.count)) < share
        frame = enhancer.process(packet, anchors)
        assert (frame is None) == (picture is None)
        if frame is None or picture is None:
            continue
        for plane, lr in zip(frame.planes, picture, strict=True):
            wanted = lr
            if scale > 1:
                wanted = _core.compose(_core.upscale(lr, scale, "sharp"))
                wanted = wanted[: plane.shape[0], : plane.shape[1]]
            np.testing.assert_array_equal(plane, wanted)
        sizes.add(frame.planes[0].shape)
    return len(sizes)


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> SRNetwork:
    return identity(tmp_path_factory.mktemp("networks"))


@pytest.mark.parametrize("share", [0.0, 0.2, 1.0])
def test_scale_one_gives_back_lr(rich_clip: Path, network: SRNetwork, share: float) -> None:
    assert assert_shows(stock_pictures(rich_clip), Enhancer(network, GRID), share) == 1


@pytest.mark.parametrize("kind", ["alt-ref", "new-sizes", "intra-only", "tiny"])
def test_scale_one_gives_back_unusual_streams(kind: str, network: SRNetwork) -> None:
    enhancer = Enhancer(network, GRID)
    sizes = assert_shows(beside_stock(map(as_packet, KINDS[kind]())), enhancer, 0.2)
    assert (sizes > 1) == (kind == "new-sizes")


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_no_anchors_give_the_plain_upscaling(rich_clip: Path, scale: int) -> None:
    assert assert_shows(stock_pictures(rich_clip), Enhancer(None, GRID, scale=scale), 0) == 1


@pytest.mark.parametrize("kind", ["alt-ref", "new-sizes", "intra-only", "tiny"])
def test_unusual_streams_are_upscaled_plainly(kind: str) -> None:
    assert assert_shows(beside_stock(map(as_packet, KINDS[kind]())), Enhancer(None, GRID), 0)


@needs_data
@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in VECTORS if name.startswith("vp90-")])
def test_scale_one_gives_back_lr_on_every_vector(name: str, network: SRNetwork) -> None:
    enhancer = Enhancer(network, GRID)
    assert_shows(stock_pictures(vector(name)), enhancer, 0.1)


@needs_data
@pytest.mark.parametrize(
    ("name", "sizes"),
    [
        ("vp90-2-02-size-08x08.webm", 1),
        ("vp90-2-11-size-351x288.webm", 1),
        ("vp90-2-17-show-existing-frame.webm", 1),
        ("vp90-2-18-resize.ivf", 3),
        ("vp90-2-21-resize_inter_320x180_5_3-4.webm", 2),
        ("vp90-2-14-resize-fp-tiles-1-2.webm", 2),
    ],
)
def test_no_anchors_give_the_plain_upscaling_of_vectors(name: str, sizes: int) -> None:
    stream = islice(stock_pictures(vector(name)), 40)
    assert assert_shows(stream, Enhancer(None, GRID), 0) == sizes


@needs_data
@pytest.mark.parametrize("reuse", ["detail", "paper"])
def test_sizes_may_change_on_the_way(reuse: str) -> None:
    network = SRNetwork.load(threads=1)
    random = np.random.default_rng(1)
    seen = set()
    for name in ("vp90-2-18-resize.ivf", "vp90-2-21-resize_inter_320x180_5_3-4.webm"):
        enhancer = Enhancer(network, PatchGrid(3, 4), reuse=reuse)
        for packet in decode_packets(vector(name)):
            anchors = random.random((len(packet.frames), 12)) < 0.15
            frame = enhancer.process(packet, anchors)
            coded = {f.index: f for f in packet.frames}
            if frame is not None:
                lr = coded[frame.coded]
                assert (frame.width, frame.height) == (4 * lr.width, 4 * lr.height)
                seen.add(frame.width)
            if packet.packet.index > 30:
                break
    assert len(seen) > 2
