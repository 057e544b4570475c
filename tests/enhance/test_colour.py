"""YUV to RGB and back by ITU-T H.273, chroma sampling, and the range that luma networks get."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Literal, cast

import numpy as np
import pytest
from numpy.typing import NDArray

from palantir.enhance import SRFrame
from palantir.enhance.colour import (
    area_to_rgb,
    halve_chroma,
    picture_to_rgb,
    rgb_to_yuv,
    upsample_chroma,
    yuv_to_rgb,
)
from palantir.enhance.inference import AnchorInference, FrameAnchors
from palantir.media.colour import Colour
from palantir.models import SRNetwork
from palantir.tiles import Tile

MATRICES: tuple[Literal["bt601", "bt709"], ...] = ("bt601", "bt709")
ALL = [Colour(matrix, full) for matrix in MATRICES for full in (False, True)]
BLACK, WHITE = (0, 0, 0), (1, 1, 1)
RED, GREEN, BLUE = (1, 0, 0), (0, 1, 0), (0, 0, 1)

# Table values of colour bars at 100 %, 8 bits.
CODE_POINTS = [
    *((Colour(m, False), BLACK, (16, 128, 128)) for m in MATRICES),
    *((Colour(m, False), WHITE, (235, 128, 128)) for m in MATRICES),
    *((Colour(m, True), BLACK, (0, 128, 128)) for m in MATRICES),
    *((Colour(m, True), WHITE, (255, 128, 128)) for m in MATRICES),
    (Colour("bt601", False), RED, (81, 90, 240)),
    (Colour("bt601", False), GREEN, (145, 54, 34)),
    (Colour("bt601", False), BLUE, (41, 240, 110)),
    (Colour("bt709", False), RED, (63, 102, 240)),
    (Colour("bt709", False), GREEN, (173, 42, 26)),
    (Colour("bt709", False), BLUE, (32, 240, 118)),
    (Colour("bt601", True), RED, (76, 85, 255)),
    (Colour("bt601", True), GREEN, (150, 44, 21)),
    (Colour("bt709", True), GREEN, (182, 30, 12)),
]


def single(values: tuple[float, ...]) -> NDArray[np.float32]:
    return np.array(values, np.float32).reshape(3, 1, 1)


@pytest.mark.parametrize(("colour", "rgb", "yuv"), CODE_POINTS)
def test_known_colours_have_their_code_points(
    colour: Colour, rgb: tuple[float, ...], yuv: tuple[float, ...]
) -> None:
    np.testing.assert_allclose(rgb_to_yuv(single(rgb), colour).ravel(), yuv, atol=0.51)


@pytest.mark.parametrize("colour", ALL)
def test_there_and_back_is_the_identity(colour: Colour) -> None:
    y, u, v = np.random.default_rng(0).uniform(0, 255, (3, 9, 7)).astype(np.float32)
    np.testing.assert_allclose(
        rgb_to_yuv(yuv_to_rgb(y, u, v, colour), colour), np.stack([y, u, v]), atol=1e-3
    )


@pytest.mark.parametrize(("colour", "rgb", "yuv"), CODE_POINTS)
def test_frames_turn_to_rgb(
    colour: Colour, rgb: tuple[float, ...], yuv: tuple[int, int, int]
) -> None:
    y = np.full((5, 7), yuv[0], np.uint8)
    u, v = (np.full((3, 4), level, np.uint8) for level in yuv[1:])
    picture = SRFrame((y, u, v), 0, 0, 0, 0, colour).to_rgb()
    assert picture.shape == (5, 7, 3)
    assert picture.dtype == np.uint8
    np.testing.assert_allclose(picture, np.broadcast_to(rgb, (5, 7, 3)) * np.array(255), atol=3)


@pytest.mark.parametrize(("height", "width"), [(1, 1), (4, 6), (5, 7)])
def test_chroma_is_doubled_about_pixel_centres(height: int, width: int) -> None:
    """A ramp stays the same ramp inside; the ends are repeated."""
    half_height, half_width = (height + 1) // 2, (width + 1) // 2
    ramp = np.add.outer(20 * np.arange(half_height), 8 * np.arange(half_width)).astype(np.uint8)
    rows = ((np.arange(height) + 0.5) / 2 - 0.5).clip(0, half_height - 1)
    columns = ((np.arange(width) + 0.5) / 2 - 0.5).clip(0, half_width - 1)
    np.testing.assert_allclose(
        upsample_chroma(ramp, width, height), np.add.outer(20 * rows, 8 * columns)
    )


def test_chroma_is_halved_by_means() -> None:
    plane = np.array([[1, 3, 10], [5, 7, 20], [2, 4, 100]], np.float32)
    np.testing.assert_array_equal(halve_chroma(plane), [[4, 15], [3, 100]])


class Recorder:
    """In place of a network of scale 1: keeps its input, returns a constant."""

    def __init__(self, wanted: str, output: str, answer: float) -> None:
        self.seen = np.zeros(0, np.float32)
        self.answer = answer
        self.traits = SimpleNamespace(
            scale=1,
            colour="luma",
            output=output,
            range=wanted,
            radius=0,
            halo=0,
            takes_batches=True,
        )

    def __getattr__(self, name: str) -> object:
        return getattr(self.traits, name)

    def run(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        self.seen = batch
        return np.full_like(batch, self.answer)


CHANGES = [  # stream's range, network's, levels and what the network must get for them
    (False, "limited", (16, 235), (16 / 255, 235 / 255)),
    (True, "full", (0, 255), (0, 1)),
    (True, "limited", (0, 255), (16 / 255, 235 / 255)),
    (False, "full", (16, 235), (0, 1)),
]


def detail_of(recorder: Recorder, luma: NDArray[np.uint8], full_range: bool) -> NDArray[np.int16]:
    chroma = np.full((1, 1), 128, np.uint8)
    inference = AnchorInference(cast(SRNetwork, recorder))
    frame = FrameAnchors((luma, chroma, chroma), [Tile(0, 0, 2, 1)], Colour("bt709", full_range))
    ((detail,),) = (made.anchors for made in inference.run([frame]))
    assert detail.planes[0] is not None
    assert detail.planes[1] is None
    assert detail.planes[2] is None
    return detail.planes[0]


@pytest.mark.parametrize(("full_range", "wanted", "levels", "inputs"), CHANGES)
def test_luma_networks_get_their_range(
    full_range: bool, wanted: str, levels: tuple[int, int], inputs: tuple[float, float]
) -> None:
    luma = np.array([levels], np.uint8)
    recorder = Recorder(wanted, "picture", inputs[1])  # it answers white
    detail = detail_of(recorder, luma, full_range)
    np.testing.assert_allclose(recorder.seen.ravel(), inputs, atol=1e-6)
    np.testing.assert_array_equal(detail.ravel(), [(levels[1] - levels[0]) * 64, 0])


@pytest.mark.parametrize(("full_range", "wanted", "levels", "inputs"), CHANGES)
def test_detail_is_brought_to_the_streams_range(
    full_range: bool, wanted: str, levels: tuple[int, int], inputs: tuple[float, float]
) -> None:
    gain = 255 * (inputs[1] - inputs[0]) / (levels[1] - levels[0])
    detail = detail_of(Recorder(wanted, "detail", -0.1), np.array([levels], np.uint8), full_range)
    np.testing.assert_allclose(detail / 64, -0.1 * 255 / gain, atol=1 / 64)


@pytest.mark.parametrize(("width", "height"), [(64, 48), (63, 47), (5, 3), (1, 1)])
def test_an_area_has_the_colours_of_the_whole_picture_bit_for_bit(width: int, height: int) -> None:
    random = np.random.default_rng(9)
    chroma = ((height + 1) // 2, (width + 1) // 2)
    y, u, v = (random.integers(0, 256, shape, dtype=np.uint8)
               for shape in ((height, width), chroma, chroma))  # fmt: skip
    whole = picture_to_rgb((y, u, v), ALL[2])
    for _ in range(60):
        left, top = int(random.integers(width)), int(random.integers(height))
        right = int(random.integers(left, width)) + 1
        bottom = int(random.integers(top, height)) + 1
        area = Tile(left, top, right, bottom)
        found = area_to_rgb((y, u, v), ALL[2], area)
        np.testing.assert_array_equal(found, whole[:, top:bottom, left:right])
