"""With every patch an anchor the result is per-frame SR; with some, it is so inside them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from palantir import _core
from palantir.codec import CodedFrame, DecodedPacket
from palantir.enhance import Enhancer, SRFrame
from palantir.grid import PatchGrid
from palantir.media import Planes
from palantir.models import SRNetwork
from palantir.tiles import Tile
from tests.data_folder import SPAN, needs_data, vector
from tests.enhance.networks import convolutions
from tests.enhance.per_frame import per_frame_sr, whole_levels
from tests.enhance.streams import packets


def enhanced(
    stream: list[DecodedPacket], enhancer: Enhancer, anchors: NDArray[np.bool_]
) -> list[tuple[SRFrame, CodedFrame]]:
    """Displayed frames beside their coded ones; `anchors` serve every frame."""
    shown = []
    for packet in stream:
        frame = enhancer.process(packet, np.tile(anchors, (len(packet.frames), 1)))
        if frame is not None:
            shown += [(frame, coded) for coded in packet.frames if coded.index == frame.coded]
    return shown


def assert_same(planes: Planes, expected: Planes) -> None:
    for plane, wanted in zip(planes, expected, strict=True):
        np.testing.assert_array_equal(plane, wanted)


@pytest.fixture(scope="module")
def odd_stream(rich_clip: Path) -> list[DecodedPacket]:
    return packets(rich_clip, 3)


NETWORKS = ["shipped", "luma2", "luma3", "luma4", "detail3", "rgb1", "rgb2", "rgb3", "rgb4"]


@pytest.fixture(scope="module", params=NETWORKS)
def network(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> SRNetwork:
    name, folder = str(request.param), tmp_path_factory.mktemp("networks")
    if name == "shipped":
        return SRNetwork.load(threads=1, halo=8)  # all that a pixel depends on
    kind, scale = name[:-1], int(name[-1])
    if kind == "rgb":
        return convolutions(folder, scale, 3)
    output = "detail" if kind == "detail" else "picture"
    return convolutions(folder, scale, 1, output=output, value_range="limited")


@pytest.mark.parametrize("reuse", ["detail", "paper"])
def test_all_patches_are_per_frame_sr(
    odd_stream: list[DecodedPacket], network: SRNetwork, reuse: str
) -> None:
    enhancer = Enhancer(network, PatchGrid(3, 5), reuse=reuse)
    shown = enhanced(odd_stream, enhancer, np.ones(15, bool))
    assert len(shown) == 3
    for frame, coded in shown:
        assert_same(frame.planes, per_frame_sr(network, coded))
        assert frame.anchors == 15
    assert enhancer.cost.share == 1.0


def anchor_area(grid: PatchGrid, anchors: NDArray[np.bool_], coded: CodedFrame, plane: int,
                scale: int) -> NDArray[np.bool_]:  # fmt: skip
    """SR samples whose first luma pixel lies in an anchor."""
    rows = np.searchsorted(grid.row_edges(coded.height)[1:-1], np.arange(coded.height), "right")
    columns = np.searchsorted(grid.column_edges(coded.width)[1:-1], np.arange(coded.width), "right")
    luma = anchors.reshape(grid.rows, grid.columns)[rows][:, columns]
    step = 2 if plane else 1
    return luma[::step, ::step].repeat(scale, axis=0).repeat(scale, axis=1)


@pytest.mark.parametrize("reuse", ["detail", "paper"])
@pytest.mark.parametrize("grid", [PatchGrid(3, 5), PatchGrid(1, 8), PatchGrid(14, 9)])
def test_separate_tiles_are_cut_from_per_frame_sr(
    odd_stream: list[DecodedPacket], network: SRNetwork, reuse: str, grid: PatchGrid
) -> None:
    """On a chessboard no two tiles merge; both colours together give the whole frame."""
    board = (np.add.outer(np.arange(grid.rows), np.arange(grid.columns)) % 2 == 0).ravel()
    for anchors in (board, ~board):
        enhancer = Enhancer(network, grid, reuse=reuse)
        for frame, coded in enhanced(odd_stream[:2], enhancer, anchors):
            for p, wanted in enumerate(per_frame_sr(network, coded)):
                area = anchor_area(grid, anchors, coded, p, network.scale)
                area = area[: wanted.shape[0], : wanted.shape[1]]
                np.testing.assert_array_equal(frame.planes[p][area], wanted[area])


def test_a_key_frame_outside_anchors_is_plain(
    odd_stream: list[DecodedPacket], network: SRNetwork
) -> None:
    """But for what shares a spot of 2x2 LR pixels with an anchor."""
    anchors = np.arange(15) == 7
    grid = PatchGrid(3, 5)
    ((frame, coded),) = enhanced(odd_stream[:1], Enhancer(network, grid), anchors)
    for p, plane in enumerate(frame.planes):
        base = _core.compose(_core.upscale(coded.native.planes[p], network.scale, "sharp"))
        side = network.scale if p else 2 * network.scale
        inside = anchor_area(grid, anchors, coded, p, network.scale)
        spots = np.add.reduceat(inside, np.arange(0, inside.shape[0], side), axis=0)
        spots = np.add.reduceat(spots, np.arange(0, inside.shape[1], side), axis=1)
        outside = spots.repeat(side, axis=0).repeat(side, axis=1) == 0
        outside = outside[: plane.shape[0], : plane.shape[1]]
        base = base[: plane.shape[0], : plane.shape[1]]
        np.testing.assert_array_equal(plane[outside], base[outside])


def test_the_halo_is_paid_for(odd_stream: list[DecodedPacket], network: SRNetwork) -> None:
    anchors = np.arange(15) == 7  # columns 38..57 and rows 23..46, made even: 38..58, 22..46
    enhancer = Enhancer(network, PatchGrid(3, 5))
    enhanced(odd_stream[:2], enhancer, anchors)
    halo = network.halo
    assert halo is not None
    side = [min(high + halo, end) - max(low - halo, 0)
            for low, high, end in ((38, 58, 99), (22, 46, 71))]  # fmt: skip
    assert enhancer.cost.total == 2 * 99 * 71
    assert enhancer.cost.inferred == 2 * side[0] * side[1]
    assert enhancer.cost.share == enhancer.cost.inferred / enhancer.cost.total


@pytest.mark.parametrize("halo", [0, 2])
def test_with_less_halo_an_anchor_is_what_the_network_makes_of_so_much(
    odd_stream: list[DecodedPacket], tmp_path: Path, halo: int
) -> None:
    network = convolutions(tmp_path, 2, 1, value_range="limited")
    assert network.radius is not None
    assert network.radius > halo
    patch = Tile(38, 22, 58, 46)  # columns 38..57 and rows 23..46, made even
    less = SRNetwork.load(network.path, threads=1, halo=halo)
    enhancer = Enhancer(less, PatchGrid(3, 5))
    ((frame, coded),) = enhanced(odd_stream[:1], enhancer, np.arange(15) == 7)
    seen = Tile(patch.left - halo, patch.top - halo, patch.right + halo, patch.bottom + halo)
    luma = coded.native.planes[0][seen.top : seen.bottom, seen.left : seen.right]
    made = whole_levels(
        255 * network.run((luma.astype(np.float32) / np.float32(255))[None, None])[0, 0]
    )
    top, right = 2 * (halo + 1), made.shape[1] - 2 * (halo + 1)
    inner = made[top : len(made) - 2 * halo, 2 * halo : right]
    assert enhancer.cost.inferred == seen.pixels
    np.testing.assert_array_equal(frame.planes[0][2 * 23 : 2 * 46, 2 * 38 : 2 * 57], inner)


@needs_data
@pytest.mark.slow
@pytest.mark.parametrize("reuse", ["detail", "paper"])
def test_span_on_every_patch_is_per_frame_sr(reuse: str) -> None:
    network = SRNetwork.load(SPAN, halo=21)
    stream = packets(vector("vp90-2-03-size-226x202.webm"), 2)
    for frame, coded in enhanced(stream, Enhancer(network, PatchGrid(2, 2), reuse=reuse),
                                 np.ones(4, bool)):  # fmt: skip
        expected = per_frame_sr(network, coded)
        assert_same(frame.planes, expected)
    corner = np.array([True, False, False, True])
    for frame, _ in enhanced(stream[:1], Enhancer(network, PatchGrid(2, 2), reuse=reuse), corner):
        whole = per_frame_sr(network, stream[0].frames[0])[0]
        np.testing.assert_array_equal(frame.planes[0][:404, :452], whole[:404, :452])
        np.testing.assert_array_equal(frame.planes[0][404:, 452:], whole[404:, 452:])
