"""`study_fidelity` ranks sets of anchors by the graph, and by what enhancing truly gives."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from scipy.sparse import csr_array

from palantir.codec import decode_packets
from palantir.enhance import Enhancer
from palantir.errors import ScheduleError
from palantir.evaluate import FidelityQuestion, study_fidelity
from palantir.evaluate.fidelity import (
    SINGLE,
    correlations,
    estimates,
    random_sets,
    rank_correlation,
    single_anchors,
)
from palantir.evaluate.question import NetworkWish
from palantir.graph import ErrorGraph, FrameTable, PatchGrid
from palantir.media import encode_lr, read_frames
from palantir.models import SRNetwork
from palantir.schedule.frame_order import alt_refs
from tests.enhance.networks import convolutions
from tests.enhance.streams import QUICK, encode, moving_picture

FIRST, FRAMES, SCALE, BUDGET = 3, 6, 2, Fraction(1, 5)


def test_the_rank_correlation_is_spearmans() -> None:
    # Ranks 1 3 2 4 against 1 2 3 4: 1 - 6 * (0 + 1 + 1 + 0) / (4 * 15).
    assert rank_correlation([10, 30, 20, 90], [1, 2, 3, 4]) == pytest.approx(0.8)
    # Ranks 1.5 1.5 3 against 1 2 3: covariance 1.5 over the root of 1.5 * 2.
    assert rank_correlation([5, 5, 7], [1, 2, 3]) == pytest.approx(1.5 / 3**0.5)
    assert rank_correlation([3, 2, 1], [1, 4, 5]) == pytest.approx(-1)
    assert rank_correlation([1, 1, 1], [1, 2, 3]) is None
    assert rank_correlation([1, 2], [1, 2]) is None


def chain() -> ErrorGraph:
    """Four frames of one patch; the first alone is copied, by both that follow the second."""
    weights = np.zeros((4, 4))
    weights[2, 0] = weights[3, 0] = 1
    table = FrameTable.plain(64, 64, np.ones(4, np.bool_))
    texture = np.array([2.0, 3.0, 5.0, 1.0])
    return ErrorGraph(texture, csr_array(weights), table, PatchGrid(1, 1), (64, 64))


def test_each_estimate_is_what_it_says_it_is() -> None:
    """J is 2 + 3 + (5 + 2) + (1 + 2) = 15; gains are 6, 3, 7, 3."""
    ways = estimates({"paper": chain()})
    left = {name: [way(np.array([node])) for node in range(4)] for name, way in ways.items()}
    assert left == {
        "paper": [9, 12, 8, 12],
        "texture alone": [9, 8, 6, 10],
        "weights alone": [3, 5, 4, 4],
    }


def graph_of(frames: int) -> ErrorGraph:
    """Twelve patches a frame, each of which depends on some of the frames before it by lot.

    Frame 0 is a key frame, and every tenth from the fifth on is hidden.
    """
    lots, grid = np.random.default_rng(8), PatchGrid(3, 4)
    nodes = frames * grid.count
    frame = np.arange(nodes) // grid.count
    weights = lots.random((nodes, nodes)) * (lots.random((nodes, nodes)) < 0.02)
    weights[frame[:, None] <= frame] = 0
    table = FrameTable.plain(640, 480, np.arange(frames) % 10 != 5)
    return ErrorGraph(lots.random(nodes), csr_array(weights), table, grid, (640, 480))


def test_true_errors_in_the_estimated_order_give_1_in_every_group() -> None:
    graph = graph_of(12)
    sets = single_anchors(graph, 30, 1) + random_sets(graph, BUDGET, 5, 1)
    way = estimates({"paper": graph})["paper"]
    true = np.array([way(one.anchors) for one in sets]) ** 3
    found = correlations(sets, true, way)
    reversed_ones = correlations(sets, -true, way)
    for group, count in ((SINGLE, 30), (f"random sets, {BUDGET}", 5)):
        assert found[group][0] == reversed_ones[group][0] == count
        assert found[group][1] == pytest.approx(1)
        assert reversed_ones[group][1] == pytest.approx(-1)


def test_single_anchors_are_drawn_from_each_kind_of_frame() -> None:
    graph = graph_of(40)
    kinds = {"key frames": graph.frames.key, "alt-refs": alt_refs(graph.frames)}
    many, few, other = (single_anchors(graph, *how) for how in ((60, 1), (45, 1), (60, 2)))
    nodes = [int(one.anchors[0]) for one in many]
    assert len(set(nodes)) == 60
    frames = np.array(nodes) // graph.grid.count
    for name, of_kind in kinds.items():
        named = [f"{SINGLE}, {name}" in one.groups for one in many]
        assert named == of_kind[frames].tolist()
    assert np.count_nonzero(kinds["key frames"][frames]) == 12  # all that there are
    assert np.count_nonzero(kinds["alt-refs"][frames]) == 24
    assert {one.name for one in few} < {one.name for one in many}
    assert {one.name for one in other} != {one.name for one in many}


@contextmanager
def silently(title: str, total: int | None) -> Iterator[Callable[[int], None]]:
    yield lambda done: None


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("fidelity")
    pictures = (moving_picture(i, 160, 128) for i in range(FIRST + FRAMES))
    encode(folder / "one_128p25.webm", pictures, options=QUICK, bitrate=2_000_000)
    return folder


def question(folder: Path, **changed: object) -> FidelityQuestion:
    values: dict[str, object] = {
        "clips": [folder / "one_128p25.webm"],
        "nodes": 7,
        "sets": 3,
        "budgets": (BUDGET,),
        "seed": 1,
        "first": {"": FIRST},
        "frames": {"one": FRAMES},
    } | changed
    return FidelityQuestion(**values)  # type: ignore[arg-type]


def true_error(
    lr: Path, hr: Path, network: SRNetwork, graph: ErrorGraph, anchors: list[int]
) -> float:
    """Mean squared error of luma, of the whole stream enhanced with the network itself."""
    flags = np.zeros(graph.nodes, np.bool_)
    flags[anchors] = True
    rows = iter(flags.reshape(-1, graph.grid.count))
    enhancer = Enhancer(network, graph.grid)
    originals = [planes[0] for planes in read_frames(hr)][FIRST:]
    errors: list[float] = []
    for packet in decode_packets(lr):
        frame = enhancer.process(packet, np.stack([next(rows) for _ in packet.frames]))
        if frame is not None:
            height, width = frame.planes[0].shape
            original = originals[len(errors)][:height, :width].astype(np.float64)
            errors.append(((original - frame.planes[0]) ** 2).mean())
    assert len(errors) == FRAMES
    return float(np.mean(errors))


def test_true_errors_are_those_of_enhancing_with_these_anchors(
    folder: Path, tmp_path: Path
) -> None:
    network = convolutions(tmp_path, SCALE, 1, output="detail", value_range="limited")
    asked = question(folder, network=NetworkWish(str(network.path)))
    found, (table,) = study_fidelity(asked, folder / "out", silently)
    hr, lr = folder / "one_128p25.webm", tmp_path / "lr.webm"
    encode_lr(hr, lr, SCALE, start=FIRST, frames=FRAMES)
    graph = ErrorGraph.from_video(lr, error_model="detail")
    with (folder / "out" / "fidelity-sets.csv").open() as file:
        lines = list(csv.DictReader(file))
    none = lines.pop()
    assert (none["set"], none["anchors"], none["detail"]) == ("none", "0", "1.0")
    base = true_error(lr, hr, network, graph, [])
    assert float(none["mse"]) == pytest.approx(base, abs=1e-4)
    singles = [line for line in lines if line["anchors"] == "1"]
    assert len(singles) == 7
    estimated, true = [], []
    for line in singles:
        frame, patch = (int(word) for word in line["set"].split()[1::2])
        node = frame * graph.grid.count + patch
        estimated.append(graph.objective() - graph.objective([node]))
        true.append(base - true_error(lr, hr, network, graph, [node]))
        assert base - float(line["mse"]) == pytest.approx(true[-1], abs=2e-4)
    assert np.ptp(true) > 0.01
    (detail,) = (one for one in found if (one.group, one.estimate) == (SINGLE, "detail"))
    assert detail.count == 7
    assert detail.rank_correlation == pytest.approx(rank_correlation(estimated, true))
    assert table.rows[0] == [SINGLE, "7", "detail", *[f"{detail.rank_correlation:+.2f}"] * 2]
    sizes = [int(line["anchors"]) for line in lines if line["anchors"] != "1"]
    assert len(sizes) == 3 + 9
    assert max(sizes) - min(sizes) <= 1  # of equal area; patches at the border are smaller
    kept = (folder / "out" / "measured.jsonl").read_bytes()
    assert study_fidelity(asked, folder / "out", silently)[0] == found
    assert (folder / "out" / "measured.jsonl").read_bytes() == kept  # nothing is measured again


def test_what_cannot_be_studied_is_refused(folder: Path) -> None:
    with pytest.raises(ScheduleError, match="no clips, reuse modes or error models"):
        question(folder, clips=[])
    with pytest.raises(ScheduleError, match="no nodes and no budgets"):
        question(folder, nodes=0, budgets=())
    with pytest.raises(ScheduleError, match="budget 2 is not a share"):
        question(folder, budgets=[Fraction(2)])
    with pytest.raises(ScheduleError, match="no clip is called 'two', only one"):
        question(folder, first={"two": 3})
    with pytest.raises(ScheduleError, match="called the same: one, one"):
        question(folder, clips=[Path("one_1.webm"), Path("one_2.webm")])
    with pytest.raises(ScheduleError, match="neither detail, detail:FADE nor paper"):
        question(folder, reuse=["none"])
