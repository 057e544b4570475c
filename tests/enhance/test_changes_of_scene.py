"""No ghosts: through a cut, a fade and a flash the picture is no worse than plainly upscaled.

The network is replaced by one that knows the truth and runs on the first frame only: detail as good
as can be, so that whatever is worse than plain upscaling later has been carried there wrongly.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from palantir import _core
from palantir.codec import decode_packets
from palantir.enhance import Enhancer
from palantir.enhance.inference import AnchorDetail, FrameAnchors, FrameDetail
from palantir.grid import PatchGrid
from palantir.quality import mean_squared_error
from palantir.tiles import Tile
from tests.enhance.streams import encode, texture

WIDTH, HEIGHT, SCALE, FRAMES, CHANGE = 160, 96, 2, 14, 5
ONE_GOP = {"deadline": "good", "cpu-used": "4", "lag-in-frames": "0", "auto-alt-ref": "0"}

WORSE = 1.04  # times the error of plain upscaling: what a prediction that happens to fit may cost

Picture = NDArray[np.float64]
Plane = NDArray[np.uint8]


@cache
def image(seed: int) -> Picture:
    """A texture with detail finer than LR pixels."""
    side = 512
    noise = np.fft.fft2(np.random.default_rng(seed).standard_normal((side, side)))
    radius = np.hypot(*np.meshgrid(np.fft.fftfreq(side), np.fft.fftfreq(side)))
    fine = np.fft.ifft2(noise * ((radius > 0.2) & (radius < 0.35))).real
    return np.asarray(80 * texture(seed, side) + 18 * fine / fine.std() + 110)


def scene(seed: int, index: int) -> Picture:
    """It moves by a pixel and a half of LR, and by half a pixel, a frame; HR luma."""
    return image(seed)[index : index + HEIGHT * SCALE, 3 * index : 3 * index + WIDTH * SCALE]


def cut(index: int) -> Picture:
    return scene(1 if index < CHANGE else 50, index)


def fade(index: int) -> Picture:
    share = float(np.clip((index - CHANGE) / 6, 0, 1))
    return (1 - share) * scene(1, index) + share * scene(50, index)


def flash(index: int) -> Picture:
    return scene(1, index) + (110 if index == CHANGE else 0)


def to_black(index: int) -> Picture:
    return scene(1, index) * float(np.clip(1 - (index - CHANGE) / 5, 0.15, 1)) + 16


CHANGES = (cut, fade, flash, to_black)
# Times that error, of detail that never fades (7/8 of which is shown).
GHOSTS = {cut: 1.05, fade: 1.5, to_black: 1.4}


class _Truth:
    """Detail that makes the first frame's luma the original."""

    scale = SCALE

    def __init__(self, original: Plane) -> None:
        self._wanted = original.astype(np.int16) << _core.FRACTION_BITS

    def run(self, frames: Sequence[FrameAnchors]) -> list[FrameDetail]:
        return [FrameDetail([self._detail(one, tile) for tile in one.tiles], 0) for one in frames]

    def _detail(self, anchors: FrameAnchors, tile: Tile) -> AnchorDetail:
        plain = _core.upscale(anchors.frame[0], SCALE, "bicubic")
        return AnchorDetail(tile, (self._wanted - plain, None, None))


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Path, list[Plane]]]:
    """LR streams of one GoP, and their originals' luma."""
    folder = tmp_path_factory.mktemp("clips")
    grey = np.full((HEIGHT // 2, WIDTH // 2), 128, np.uint8)
    made = {}
    for kind in CHANGES:
        originals = [np.clip(np.rint(kind(i)), 0, 255).astype(np.uint8) for i in range(FRAMES)]
        small = (
            luma.reshape(HEIGHT, SCALE, WIDTH, SCALE).mean(axis=(1, 3)).round().astype(np.uint8)
            for luma in originals
        )
        path = folder / f"{kind.__name__}.webm"
        encode(path, ((luma, grey, grey) for luma in small), options=ONE_GOP, bitrate=1_500_000)
        made[kind.__name__] = path, originals
    return made


def errors(
    lr: Path, originals: list[Plane], fade_length: float | None = None, anchors: bool = True
) -> NDArray[np.float64]:
    """Mean squared error of each frame with the first one known."""
    enhancer = Enhancer(_Truth(originals[0]), PatchGrid(1, 1), fade=fade_length)
    found = []
    for packet, original in zip(decode_packets(lr), originals, strict=True):
        (coded,) = packet.frames
        assert coded.key == (coded.index == 0)
        frame = enhancer.process(packet, np.array([[anchors and coded.index == 0]]))
        assert frame is not None
        found.append(mean_squared_error(original, frame.planes[0]))
    return np.array(found)


@pytest.mark.parametrize("kind", [kind.__name__ for kind in CHANGES])
def test_no_frame_is_worse_than_plainly_upscaled(
    clips: dict[str, tuple[Path, list[Plane]]], kind: str
) -> None:
    ratio = errors(*clips[kind]) / errors(*clips[kind], anchors=False)
    assert ratio[0] < 0.01
    assert ratio[1:CHANGE].max() < 0.8  # detail helps
    assert ratio[CHANGE:].max() < WORSE


@pytest.mark.parametrize(
    ("kind", "least"), [(kind.__name__, least) for kind, least in GHOSTS.items()]
)
def test_detail_that_never_fades_would_be_a_ghost(
    clips: dict[str, tuple[Path, list[Plane]]], kind: str, least: float
) -> None:
    """The clips can tell."""
    ratio = errors(*clips[kind], 1e6) / errors(*clips[kind], anchors=False)
    assert ratio[CHANGE:].max() > least


def test_detail_survives_a_flash(clips: dict[str, tuple[Path, list[Plane]]]) -> None:
    ratio = errors(*clips["flash"]) / errors(*clips["flash"], anchors=False)
    assert ratio[-3:].max() < 0.8
