"""Tiles of one size share a run of the network, and no bit of their detail depends on it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from palantir.enhance import inference
from palantir.enhance.inference import AnchorInference, FrameAnchors
from palantir.media.colour import Colour
from palantir.models import SRNetwork
from palantir.tiles import Tile
from tests.enhance.networks import convolutions
from tests.enhance.streams import moving_picture
from tests.models.small_networks import stack

COLOUR = Colour("bt709", False)
# Inner tiles of one size, with one at the left border (its halo is cut) and one of another size.
TILES = [Tile(20, 12, 40, 28), Tile(0, 12, 20, 28), Tile(60, 12, 80, 28), Tile(40, 40, 60, 56),
         Tile(60, 30, 94, 39), Tile(20, 44, 40, 60)]  # fmt: skip


@pytest.fixture
def shapes(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, ...]]:
    """Of every run of a network."""
    seen: list[tuple[int, ...]] = []
    run = SRNetwork.run

    def noted(self: SRNetwork, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        seen.append(batch.shape)
        return run(self, batch)

    monkeypatch.setattr(SRNetwork, "run", noted)
    return seen


@pytest.mark.parametrize("channels", [1, 3])
def test_a_batch_of_tiles_gives_the_detail_of_each_alone(
    tmp_path: Path, channels: int, shapes: list[tuple[int, ...]]
) -> None:
    network = convolutions(tmp_path, 2, channels)
    frame = moving_picture(2, 121, 81)
    shapes.clear()
    together = AnchorInference(network)
    ((details, pixels),) = together.run([FrameAnchors(frame, TILES, COLOUR)])
    assert sorted(shape[0] for shape in shapes) == [1, 1, 4]
    alone = AnchorInference(network)
    for tile, detail in zip(TILES, details, strict=True):
        (((expected,), cost),) = alone.run([FrameAnchors(frame, [tile], COLOUR)])
        pixels -= cost
        assert detail.tile == expected.tile == tile
        for plane, wanted in zip(detail.planes, expected.planes, strict=True):
            np.testing.assert_array_equal(plane, wanted)
    assert pixels == 0


@pytest.mark.parametrize("channels", [1, 3])
def test_frames_together_give_what_each_gives_alone(
    tmp_path: Path, channels: int, shapes: list[tuple[int, ...]]
) -> None:
    inference = AnchorInference(convolutions(tmp_path, 2, channels))
    frames = [
        FrameAnchors(moving_picture(0, 121, 81), TILES, COLOUR),
        FrameAnchors(moving_picture(1, 121, 81), [], COLOUR),
        FrameAnchors(moving_picture(2, 95, 77), TILES[:2], Colour("bt601", full_range=True)),
        FrameAnchors(moving_picture(3, 121, 81), TILES[1:], Colour("bt601", full_range=False)),
    ]
    shapes.clear()
    made = inference.run(frames)
    runs = len(shapes)
    for detail, anchors in zip(made, frames, strict=True):
        (alone,) = inference.run([anchors])
        assert detail.pixels == alone.pixels
        for ours, expected in zip(detail.anchors, alone.anchors, strict=True):
            assert ours.tile == expected.tile
            for plane, wanted in zip(ours.planes, expected.planes, strict=True):
                np.testing.assert_array_equal(plane, wanted)
    assert runs < len(shapes) - runs


def test_a_batch_has_bounded_pixels(
    tmp_path: Path, shapes: list[tuple[int, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    network = convolutions(tmp_path, 2, 1)
    shapes.clear()
    monkeypatch.setattr(inference, "_BATCH_PIXELS", 3 * 26 * 22)
    AnchorInference(network).run([FrameAnchors(moving_picture(0, 121, 81), TILES, COLOUR)])
    assert sorted(shape[0] for shape in shapes) == [1, 1, 1, 3]
    assert max(shape[0] * shape[2] * shape[3] for shape in shapes) <= 3 * 26 * 22


@pytest.mark.parametrize("channels", [1, 3])
def test_large_tiles_go_strip_by_strip_with_the_same_bits(
    tmp_path: Path, shapes: list[tuple[int, ...]], monkeypatch: pytest.MonkeyPatch, channels: int
) -> None:
    network = convolutions(tmp_path, 2, channels)
    frames = [FrameAnchors(moving_picture(0, 121, 81), [Tile(0, 0, 121, 81), TILES[0]], COLOUR)]
    (whole,) = AnchorInference(network).run(frames)
    shapes.clear()
    monkeypatch.setattr(inference, "_STRIP_PIXELS", 20 * 121)
    (strips,) = AnchorInference(network).run(frames)
    assert max(shape[2] for shape in shapes) == 16 + 2 * 8
    for ours, expected in zip(strips.anchors, whole.anchors, strict=True):
        for plane, wanted in zip(ours.planes, expected.planes, strict=True):
            np.testing.assert_array_equal(plane, wanted)


def test_a_network_for_single_pictures_gets_them_singly(
    tmp_path: Path, shapes: list[tuple[int, ...]]
) -> None:
    path = tmp_path / "single.onnx"
    path.write_bytes(stack((3, 3), shape=(1, 1, "h", "w")))
    network = SRNetwork.load(path, threads=1)
    shapes.clear()
    AnchorInference(network).run([FrameAnchors(moving_picture(0, 121, 81), TILES, COLOUR)])
    assert [shape[0] for shape in shapes] == [1] * len(TILES)


def test_no_tiles_need_no_run(tmp_path: Path, shapes: list[tuple[int, ...]]) -> None:
    network = convolutions(tmp_path, 2, 1)
    shapes.clear()
    frame = FrameAnchors(moving_picture(0, 121, 81), [], COLOUR)
    assert AnchorInference(network).run([frame, frame]) == [([], 0), ([], 0)]
    assert AnchorInference(network).run([]) == []
    assert shapes == []
