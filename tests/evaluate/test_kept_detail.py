"""Detail kept for whole frames is that of single patches, bit for bit, and is computed once."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from palantir.codec import decode_packets
from palantir.enhance import Enhancer
from palantir.enhance.inference import AnchorSource
from palantir.errors import MediaError
from palantir.evaluate.kept_detail import KeptDetail
from palantir.grid import PatchGrid
from palantir.media import Planes
from palantir.models import SRNetwork
from tests.enhance.networks import convolutions
from tests.enhance.streams import QUICK, encode, moving_picture

GRID = PatchGrid(3, 4)
FRAMES = 4


@pytest.fixture(scope="module")
def lr(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("clips") / "lr.webm"
    return encode(path, (moving_picture(i, 67, 45) for i in range(FRAMES)), options=QUICK)


def enhanced(
    lr: Path, source: SRNetwork | AnchorSource, anchors: NDArray[np.bool_], reuse: str = "detail"
) -> tuple[list[Planes], float]:
    enhancer = Enhancer(source, GRID, reuse=reuse)
    frames = [enhancer.process(packet, anchors[packet.frames[0].index][None])
              for packet in decode_packets(lr)]  # fmt: skip
    return [frame.planes for frame in frames if frame], enhancer.cost.share


@pytest.mark.parametrize(("channels", "output"), [(1, "picture"), (1, "detail"), (3, "picture")])
@pytest.mark.parametrize("reuse", ["detail", "paper"])
def test_frames_and_cost_are_those_of_the_network(
    lr: Path, tmp_path: Path, channels: int, output: str, reuse: str
) -> None:
    network = convolutions(tmp_path, 3, channels, output=output)
    kept = KeptDetail(tmp_path / "kept", network)
    for share in (0.1, 0.4, 1):
        anchors = np.random.default_rng(4).random((FRAMES, GRID.count)) < share
        expected, cost = enhanced(lr, network, anchors, reuse)
        for _ in "computed", "read":
            frames, kept_cost = enhanced(lr, kept, anchors, reuse)
            assert kept_cost == cost
            for planes, wanted in zip(frames, expected, strict=True):
                assert all(np.array_equal(a, b) for a, b in zip(planes, wanted, strict=True))


def test_a_frame_goes_through_the_network_once_and_only_with_anchors(
    lr: Path, tmp_path: Path
) -> None:
    network = convolutions(tmp_path, 2, 1)
    kept = KeptDetail(tmp_path / "kept", network)
    anchors = np.zeros((FRAMES, GRID.count), bool)
    anchors[1, 3] = anchors[2, :2] = True
    first, _ = enhanced(lr, kept, anchors)
    made = {path: path.stat().st_mtime_ns for path in (tmp_path / "kept").rglob("*.npy")}
    assert len(made) == 2
    again, _ = enhanced(lr, KeptDetail(tmp_path / "kept", network), anchors)
    assert made == {path: path.stat().st_mtime_ns for path in (tmp_path / "kept").rglob("*.npy")}
    assert all(np.array_equal(a[0], b[0]) for a, b in zip(first, again, strict=True))


def test_a_damaged_file_is_an_error_that_names_it(lr: Path, tmp_path: Path) -> None:
    network = convolutions(tmp_path, 2, 1)
    kept = KeptDetail(tmp_path / "kept", network)
    anchors = np.ones((FRAMES, GRID.count), bool)
    enhanced(lr, kept, anchors)
    (path, *_) = sorted((tmp_path / "kept").rglob("*.npy"))
    for data in (b"", path.read_bytes()[:-2], path.read_bytes()[:200]):
        path.write_bytes(data)
        with pytest.raises(MediaError, match=path.name):
            enhanced(lr, kept, anchors)
    np.save(path, np.zeros(5, np.int16))
    with pytest.raises(MediaError, match="not the detail of a frame of this stream"):
        enhanced(lr, kept, anchors)
