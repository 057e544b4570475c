"""The quality of single anchor frames equals enhancing the whole stream anew for each of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from palantir.codec import decode_packets
from palantir.enhance import Enhancer
from palantir.errors import MediaError, ScheduleError
from palantir.evaluate import measure_single_anchors
from palantir.graph import ErrorGraph, PatchGrid
from palantir.media import Planes, VideoSource
from palantir.media.pictures import crop_planes
from palantir.models import SRNetwork
from palantir.quality import psnr_y
from palantir.schedule.frame_order import alt_refs
from tests.codec.frame_header import show_existing
from tests.enhance.networks import convolutions
from tests.enhance.streams import encode, moving_picture
from tests.media.test_source import ivf

GRID = PatchGrid(2, 2)
OPTIONS = {"deadline": "realtime", "cpu-used": "6", "lag-in-frames": "16", "auto-alt-ref": "1"}
DISPLAYS = 26


@pytest.fixture(scope="module")
def lr(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two GoPs with an alt-ref each; the last packet of each shows what a slot holds.

    That is the alt-ref of the first and the last frame of the second.
    """
    folder = tmp_path_factory.mktemp("clips")
    pictures = (moving_picture(i, 51, 39) for i in range(24))
    packets = list(
        VideoSource(encode(folder / "a.ivf", pictures, options=OPTIONS, gop=12)).packets()
    )
    second = [packet.key for packet in packets].index(True, 1)
    data = [packet.data for packet in packets]
    shown = [*data[:second], show_existing(2), *data[second:], show_existing(0)]
    return ivf(shown, folder / "shown-again.ivf")


@pytest.fixture(scope="module")
def graph(lr: Path) -> ErrorGraph:
    graph = ErrorGraph.from_video(lr, GRID)
    table = graph.frames
    assert np.count_nonzero(table.key) == np.count_nonzero(alt_refs(table)) == 2
    assert np.count_nonzero(~table.shown) == 1
    assert np.count_nonzero(table.duration > 1.5 / 25) == 1  # shown twice
    return graph


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> SRNetwork:
    folder = tmp_path_factory.mktemp("networks")
    return convolutions(folder, 2, 1, output="detail", value_range="limited")


@cache
def originals(count: int = DISPLAYS) -> Sequence[Planes]:
    """HR pictures a little larger than SR."""
    return [moving_picture(i, 51 * 2 + 4, 39 * 2 + 2, seed=9) for i in range(count)]


def displayed(
    lr: Path, network: SRNetwork, reuse: str, anchors: NDArray[np.bool_]
) -> list[tuple[int, Planes]]:
    """The coded index and planes of each display, with whole frames as anchors (bool [T])."""
    enhancer, coded = Enhancer(network, GRID, reuse=reuse), 0
    frames = []
    for packet in decode_packets(lr):
        stop = coded + len(packet.frames)
        flags = np.repeat(anchors[coded:stop, None], GRID.count, axis=1)
        frame, coded = enhancer.process(packet, flags), stop
        if frame is not None:
            frames.append((frame.coded, frame.planes))
    return frames


def mean_by_frame(
    count: int, frames: Sequence[tuple[int, Planes]], references: Sequence[Planes]
) -> NDArray[np.float64]:
    found: list[list[float]] = [[] for _ in range(count)]
    for (coded, planes), reference in zip(frames, references, strict=True):
        height, width = planes[0].shape
        found[coded].append(psnr_y(crop_planes(reference, width, height), planes))
    return np.array([np.mean(each) if each else np.nan for each in found])


@pytest.mark.parametrize("reuse", ["detail", "paper"])
def test_rows_are_what_the_whole_stream_gives(
    lr: Path, graph: ErrorGraph, network: SRNetwork, reuse: str
) -> None:
    count = len(graph.frames)
    measured = measure_single_anchors(graph, lr, network, originals(), reuse=reuse)
    borders = np.flatnonzero(graph.frames.key | alt_refs(graph.frames))
    for anchor in sorted({0, count - 1, *(borders + 1), *borders, *borders[1:] - 1}):
        frames = displayed(lr, network, reuse, np.arange(count) == anchor)
        expected = mean_by_frame(count, frames, originals())
        np.testing.assert_allclose(measured.quality[anchor], expected, rtol=1e-12)
    assert measured.frames is graph.frames
    assert np.isnan(measured.quality[:, ~graph.shown]).all()


def test_the_fade_is_the_enhancers(lr: Path, graph: ErrorGraph, network: SRNetwork) -> None:
    default, same, other = (
        measure_single_anchors(graph, lr, network, originals(), fade=fade).quality
        for fade in (None, 2, 9)
    )
    np.testing.assert_array_equal(default, same)
    assert (default[0] != other[0]).any()


def test_without_hr_the_measure_is_per_frame_sr(
    lr: Path, graph: ErrorGraph, network: SRNetwork
) -> None:
    count = len(graph.frames)
    measured = measure_single_anchors(graph, lr, network)
    sr = [planes for _, planes in displayed(lr, network, "detail", np.ones(count, bool))]
    for anchor in (0, 5, count - 1):
        frames = displayed(lr, network, "detail", np.arange(count) == anchor)
        expected = mean_by_frame(count, frames, sr)
        np.testing.assert_allclose(measured.quality[anchor], expected, rtol=1e-12)
    assert np.diag(measured.quality)[graph.shown].tolist() == [100] * int(graph.shown.sum())


def test_its_selector_schedules_the_stream_gop_by_gop(
    lr: Path, graph: ErrorGraph, network: SRNetwork
) -> None:
    measured = measure_single_anchors(graph, lr, network)
    second = int(np.flatnonzero(graph.frames.key)[1])
    picked = []
    for first, stop in graph.intervals("gop"):
        part = graph.between(first, stop, np.zeros(graph.nodes))
        picks = measured.select(part, GRID.count)
        (frame,) = set((picks.order // GRID.count).tolist())
        rows = measured.quality[first:stop, first:stop][:, graph.shown[first:stop]]
        assert frame == int(np.argmax(rows.mean(axis=1)))
        picked.append(first + frame)
    assert picked[0] < second <= picked[1]


def test_progress_hears_of_each_candidate(lr: Path, graph: ErrorGraph, network: SRNetwork) -> None:
    done: list[int] = []
    measure_single_anchors(graph, lr, network, progress=done.append)
    assert done == list(range(1, len(graph.frames) + 1))


def test_hr_is_read_one_gop_at_a_time(lr: Path, graph: ErrorGraph, network: SRNetwork) -> None:
    read: list[Planes] = []
    held: list[int] = []

    def hr() -> Iterator[Planes]:
        for planes in originals():
            read.append(planes)
            yield planes

    measure_single_anchors(graph, lr, network, hr(), progress=lambda done: held.append(len(read)))
    second = int(np.flatnonzero(graph.frames.key)[1])
    displays = round(25 * graph.frames.duration[:second].sum())
    assert held == [displays] * second + [DISPLAYS] * (len(graph.frames) - second)


def test_clips_that_do_not_fit_are_refused(lr: Path, graph: ErrorGraph, network: SRNetwork) -> None:
    with pytest.raises(MediaError, match="frame 3: the HR clip ends before the LR stream"):
        measure_single_anchors(graph, lr, network, originals(3))
    with pytest.raises(MediaError, match="the HR frame of 51x39 is smaller than SR, 102x78"):
        measure_single_anchors(graph, lr, network, [moving_picture(0, 51, 39)])
    other = replace(graph, segment_sha256=bytes(32))
    with pytest.raises(ScheduleError, match="the graph is not of this stream"):
        measure_single_anchors(other, lr, network)
