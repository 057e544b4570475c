"""Two networks: each patch is what its own network makes of it, and travels like any detail."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from palantir.enhance import Enhancer, enhance
from palantir.enhance.inference import plane_area
from palantir.errors import ModelError, ProfileError
from palantir.grid import PatchGrid
from palantir.media import Planes, VideoSource
from palantir.models import SRNetwork
from palantir.profile import CacheProfile
from palantir.tiles import merge_anchors, with_halo
from tests.enhance.networks import convolutions, silent
from tests.enhance.per_frame import per_frame_sr
from tests.enhance.streams import packets

GRID = PatchGrid(3, 4)


@pytest.fixture(scope="module", params=["luma", "rgb"])
def light(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> SRNetwork:
    folder = tmp_path_factory.mktemp("light")
    if request.param == "rgb":
        return convolutions(folder, 2, 3)
    return convolutions(folder, 2, 1, value_range="limited")


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> SRNetwork:
    return convolutions(
        tmp_path_factory.mktemp("large"), 2, 1, output="detail", value_range="limited"
    )


@pytest.mark.parametrize("reuse", ["detail", "paper"])
def test_each_patch_is_its_own_networks(
    rich_clip: Path, large: SRNetwork, light: SRNetwork, reuse: str
) -> None:
    stream = packets(rich_clip)[:1]
    enhancer = Enhancer(large, GRID, light=light, light_price=0.25, reuse=reuse)
    tiers = np.random.default_rng(0).integers(1, 3, (1, GRID.count), np.uint8)
    frame = enhancer.process(stream[0], tiers)
    (coded,) = stream[0].frames
    assert frame is not None
    for number, network in ((1, large), (2, light)):
        whole = per_frame_sr(network, coded)
        tiles = merge_anchors(tiers[0] == number, GRID, coded.width, coded.height)
        assert tiles
        for tile in tiles:
            for p, (plane, wanted) in enumerate(zip(frame.planes, whole, strict=True)):
                area = plane_area(tile, p, 2)
                np.testing.assert_array_equal(plane[area], wanted[area])
        assert network.radius is not None
        areas = (with_halo(tile, network.radius, coded.width, coded.height) for tile in tiles)
        cost = enhancer.cost
        assert sum(area.pixels for area in areas) == (cost.inferred, cost.light)[number - 1]
    assert enhancer.cost.share == (cost.inferred + cost.light / 4) / (coded.width * coded.height)
    assert frame.anchors == GRID.count


@pytest.mark.parametrize("reuse", ["detail", "paper"])
def test_light_detail_travels_as_if_its_network_were_the_only_one(
    rich_clip: Path, large: SRNetwork, light: SRNetwork, reuse: str
) -> None:
    def frames(enhancer: Enhancer, number: int) -> list[Planes]:
        lots, shown = np.random.default_rng(1), []
        for packet in packets(rich_clip)[:8]:
            anchors = number * (lots.random((len(packet.frames), GRID.count)) < 0.2)
            frame = enhancer.process(packet, anchors.astype(np.uint8))
            shown += [frame.planes] if frame else []
        return shown

    together = frames(Enhancer(large, GRID, light=light, reuse=reuse), 2)
    alone = frames(Enhancer(light, GRID, reuse=reuse), 1)
    for planes, wanted in zip(together, alone, strict=True):
        assert all(np.array_equal(a, b) for a, b in zip(planes, wanted, strict=True))


def test_a_profile_names_the_patches_of_both(
    rich_clip: Path, large: SRNetwork, light: SRNetwork
) -> None:
    stream = packets(rich_clip)
    table = [packet.packet.index for packet in stream for _ in packet.frames]
    tiers = np.random.default_rng(2).choice(3, (len(table), GRID.count), p=[0.8, 0.1, 0.1])
    profile = CacheProfile(
        lr_size=(99, 71), grid=GRID, anchors=tiers > 0, light=tiers == 2,
        packet=np.array(table), shown=np.ones(len(table), bool), selector="tiers", parameters={},
        budget=7, estimated_before=2.0, estimated_after=1.0, reuse="detail",
        segment_sha256=VideoSource(rich_clip).sha256(),
    )  # fmt: skip
    with pytest.raises(ProfileError, match=r"^profile: made for two networks, and no light one"):
        enhance(rich_clip, profile, large)
    single = replace(profile, light=None)
    assert enhance(rich_clip, single, large, light_model=light.path)  # may be, where none is picked
    enhancer, rows = Enhancer(large, GRID, light=light), iter(tiers.astype(np.uint8))
    enhanced = enhance(rich_clip, profile, large, light_model=light.path, model_threads=1)
    for packet in stream:
        anchors = np.array([next(rows) for _ in packet.frames])
        expected = enhancer.process(packet, anchors)
        if expected is not None:
            planes = next(enhanced).planes
            assert all(map(np.array_equal, planes, expected.planes))
    assert (enhanced.cost.inferred, enhanced.cost.light) == (
        enhancer.cost.inferred,
        enhancer.cost.light,
    )
    assert light.macs_per_pixel is not None
    assert large.macs_per_pixel is not None
    assert enhanced.cost.light_price == light.macs_per_pixel / large.macs_per_pixel


def test_light_anchors_need_a_light_network(rich_clip: Path, large: SRNetwork) -> None:
    packet = packets(rich_clip)[0]
    with pytest.raises(ModelError, match="clip: anchor patches need a light network beside"):
        Enhancer(large, GRID, name="clip").process(packet, np.full((1, 12), 2, np.uint8))


def test_both_networks_enlarge_alike(large: SRNetwork, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="the light network enlarges 3 times, the other 2 times"):
        Enhancer(large, GRID, light=silent(tmp_path, 3))
