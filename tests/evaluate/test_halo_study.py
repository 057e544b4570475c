"""`study_halo`: patches with less surroundings, against whole frames and the original."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from palantir.errors import MediaError, ModelError
from palantir.evaluate import HaloLoss, study_halo
from palantir.grid import PatchGrid
from palantir.media import Planes, VideoSource, read_frames
from palantir.models import SRNetwork
from palantir.quality.psnr import mean_squared_error, psnr
from tests.enhance.networks import convolutions
from tests.enhance.per_frame import per_frame_sr
from tests.enhance.streams import coded_frames, encode, moving_picture

SIZE = 64, 48
HALOS = (0, 1, 3, 5)
GRID = PatchGrid(3, 4)


def pictures(count: int, width: int, height: int) -> list[Planes]:
    return [moving_picture(index, width, height) for index in range(count)]


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A stream, and one of twice its size, which stands for the original."""
    folder = tmp_path_factory.mktemp("clips")
    low, high = folder / "low.webm", folder / "high.webm"
    encode(low, pictures(5, *SIZE))
    encode(high, pictures(5, 2 * SIZE[0] + 1, 2 * SIZE[1]))
    return low, high


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> SRNetwork:
    return convolutions(tmp_path_factory.mktemp("networks"), 2, 1, value_range="limited")


@pytest.fixture(scope="module")
def losses(clips: tuple[Path, Path], network: SRNetwork) -> list[HaloLoss]:
    return study_halo(VideoSource(clips[0]), clips[1], network, HALOS, grid=GRID, every=2)


def test_whole_frames_are_per_frame_sr(
    clips: tuple[Path, Path], network: SRNetwork, losses: list[HaloLoss]
) -> None:
    frames, originals = coded_frames(clips[0]), list(read_frames(clips[1]))
    errors = [
        mean_squared_error(originals[i][0][:, : 2 * SIZE[0]], per_frame_sr(network, frames[i])[0])
        for i in (0, 2, 4)
    ]
    assert (losses[-1].halo, losses[-1].cost) == (None, 1.0)
    assert losses[-1].psnr_y == pytest.approx(psnr(float(np.mean(errors))))


def test_the_whole_receptive_field_loses_nothing_and_less_of_it_something(
    network: SRNetwork, losses: list[HaloLoss]
) -> None:
    assert network.radius == 3
    assert [loss.halo for loss in losses] == [*HALOS, None]
    assert losses[2].psnr_y == losses[3].psnr_y == losses[4].psnr_y
    assert losses[4].psnr_y not in (losses[0].psnr_y, losses[1].psnr_y)


def test_the_cost_is_the_patches_with_their_halo(losses: list[HaloLoss]) -> None:
    for halo, loss in zip(HALOS, losses, strict=False):
        sides = [16 + 2 * halo - (halo if at in (0, last) else 0) for last in (3, 2)
                 for at in range(last + 1)]  # fmt: skip
        assert loss.cost == pytest.approx(sum(sides[:4]) * sum(sides[4:]) / (SIZE[0] * SIZE[1]))


def test_an_original_that_does_not_fit_is_refused(
    clips: tuple[Path, Path], network: SRNetwork, tmp_path: Path
) -> None:
    source = VideoSource(clips[0])
    with pytest.raises(MediaError, match=r"low\.webm: its frames are 64x48, smaller than 128x96"):
        study_halo(source, clips[0], network)
    encode(tmp_path / "short.webm", pictures(2, 2 * SIZE[0], 2 * SIZE[1]))
    with pytest.raises(MediaError, match=r"short\.webm: ends after 2 frames"):
        study_halo(source, tmp_path / "short.webm", network)
    with pytest.raises(ModelError, match="a halo of -1 pixels is none"):
        study_halo(source, clips[1], network, (4, -1))
