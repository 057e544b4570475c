"""No ghosts: after a hard cut nothing of the scene before it is seen."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from palantir import _core
from palantir.codec import CodedFrame
from palantir.enhance import Enhancer
from palantir.grid import PatchGrid
from tests.enhance.networks import convolutions
from tests.enhance.streams import coded_frames, encode, moving_picture, packets

CUT, FRAMES = 5, 9
GRID = PatchGrid(2, 3)


@pytest.fixture(scope="module")
def cut_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two scenes in one GoP."""
    options = {"deadline": "good", "cpu-used": "4", "lag-in-frames": "0", "auto-alt-ref": "0"}
    scenes = (
        moving_picture(i if i < CUT else 3 * i, 96, 64, seed=1 if i < CUT else 40)
        for i in range(FRAMES)
    )
    path = tmp_path_factory.mktemp("clips") / "cut.webm"
    return encode(path, scenes, options=options, bitrate=800_000)


@pytest.fixture(scope="module")
def added(cut_clip: Path, tmp_path_factory: pytest.TempPathFactory) -> list[NDArray[np.int64]]:
    """SR luma less U(LR) of each frame, where every patch before the cut is an anchor.

    The network adds strong noise, which would be seen at once.
    """
    network = convolutions(
        tmp_path_factory.mktemp("networks"), 2, 1, output="detail", value_range="limited"
    )
    enhancer, differences = Enhancer(network, GRID), []
    for packet in packets(cut_clip):
        (coded,) = packet.frames
        frame = enhancer.process(packet, np.full((1, GRID.count), coded.index < CUT))
        assert frame is not None
        plain = _core.compose(_core.upscale(coded.native.planes[0], 2, "sharp"))
        differences.append(frame.planes[0].astype(np.int64) - plain)
    return differences


def miss_of(frame: CodedFrame) -> NDArray[np.int64]:
    """The least miss of the prediction in the 5x5 pixels about each; intra misses all."""
    miss = np.abs(frame.planes[0].astype(np.int64) - frame.prediction[0])
    for block in frame.blocks[frame.blocks["inter"] == 0]:
        x, y = int(block["x"]), int(block["y"])
        miss[y : y + block["height"], x : x + block["width"]] = 255
    padded = np.pad(miss, 2, mode="edge")
    height, width = miss.shape
    windows = [padded[j : j + height, i : i + width] for j in range(5) for i in range(5)]
    return np.asarray(np.min(windows, axis=0))


def test_the_cut_is_no_key_frame(cut_clip: Path) -> None:
    frames = coded_frames(cut_clip)
    assert [frame.key for frame in frames] == [True] + [False] * (FRAMES - 1)


def test_detail_is_strong_before_the_cut(added: list[NDArray[np.int64]]) -> None:
    for difference in added[:CUT]:
        assert np.abs(difference).mean() > 10


def test_nothing_is_carried_over_the_cut(added: list[NDArray[np.int64]]) -> None:
    before = np.abs(added[CUT - 1]).mean()
    for difference in added[CUT:]:
        assert np.abs(difference).mean() < 0.05 * before


def test_where_the_prediction_failed_there_is_no_detail(
    cut_clip: Path, added: list[NDArray[np.int64]]
) -> None:
    """Nothing about such places looks like the scene before."""
    frame = coded_frames(cut_clip)[CUT]
    failed = miss_of(frame) > 48
    assert failed.mean() > 0.3
    assert np.abs(added[CUT].reshape(64, 2, 96, 2).max(axis=(1, 3))[failed]).max() <= 1
