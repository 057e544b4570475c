"""Patches to calibrate on: drawn from all of a stream, as the network sees them there."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from palantir.enhance.calibration import stream_patches
from palantir.enhance.network_input import network_input
from palantir.errors import ModelError
from palantir.grid import PatchGrid
from palantir.media import VideoSource, read_frames
from palantir.models import SRNetwork
from palantir.tiles import Tile, with_halo
from tests.enhance.networks import convolutions
from tests.enhance.streams import coded_frames
from tests.models.small_networks import helper, model

Patches = list[NDArray[np.float32]]


@pytest.fixture(scope="module", params=[1, 3])
def network(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> SRNetwork:
    return convolutions(tmp_path_factory.mktemp("networks"), 2, int(request.param))


def all_patches(clip: Path, network: SRNetwork) -> Patches:
    """Every patch with its halo, in the order of the stream."""
    radius, colour = network.radius, VideoSource(clip).colour
    assert radius is not None
    patches = []
    for frame in coded_frames(clip):
        width, height = frame.width, frame.height
        grid = PatchGrid.square(width, height, 3)
        x, y = grid.column_edges(width), grid.row_edges(height)
        for row in range(grid.rows):
            for column in range(grid.columns):
                tile = Tile(*map(int, (x[column], y[row], x[column + 1], y[row + 1])))
                area = with_halo(tile, radius, width, height)
                patches.append(network_input(frame.native.planes, area, colour, network))
    return patches


def places(drawn: Patches, among: Patches) -> list[int]:
    return [next(i for i, one in enumerate(among) if np.array_equal(one, patch)) for patch in drawn]


def test_patches_are_drawn_from_the_whole_stream_in_its_order(
    plain_clip: Path, network: SRNetwork
) -> None:
    heard: list[int] = []
    every = all_patches(plain_clip, network)
    drawn = stream_patches(VideoSource(plain_clip), network, 20, progress=heard.append)
    where = places(drawn, every)
    assert len(where) == 20
    assert where == sorted(set(where))
    assert where[0] < len(every) / 3
    assert where[-1] > 2 * len(every) / 3
    assert heard == list(range(1, 9))


def test_the_seed_makes_the_draw(plain_clip: Path, network: SRNetwork) -> None:
    every, source = all_patches(plain_clip, network), VideoSource(plain_clip)
    one, same, other = (
        places(stream_patches(source, network, 10, seed=seed), every) for seed in (1, 1, 2)
    )
    assert one == same != other


def test_a_short_stream_gives_all_it_has(plain_clip: Path, network: SRNetwork) -> None:
    every = all_patches(plain_clip, network)
    drawn = stream_patches(VideoSource(plain_clip), network, len(every) + 1)
    assert places(drawn, every) == list(range(len(every)))


def test_a_network_whose_halo_is_not_known_is_refused(plain_clip: Path, tmp_path: Path) -> None:
    nodes = [
        helper.make_node("GlobalAveragePool", ["x"], ["mean"]),
        helper.make_node("Sub", ["x", "mean"], ["y"]),
    ]
    path = tmp_path / "whole.onnx"
    path.write_bytes(model(nodes, []))
    with pytest.raises(ModelError, match=r"whole\.onnx: its receptive field is unbounded"):
        stream_patches(VideoSource(plain_clip), SRNetwork.load(path, threads=1), 4)


def test_hidden_frames_are_drawn_from_too(hidden_clip: Path, network: SRNetwork) -> None:
    every, shown = all_patches(hidden_clip, network), sum(1 for _ in read_frames(hidden_clip))
    drawn = stream_patches(VideoSource(hidden_clip), network, 10_000)
    assert len(drawn) == len(every) > shown * PatchGrid.square(51, 39, 3).count
