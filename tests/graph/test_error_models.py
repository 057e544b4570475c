"""An error model is a function; adding one takes nothing but the function."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from palantir.codec import CodedFrame, decode, decode_packets
from palantir.errors import ScheduleError
from palantir.graph import ErrorGraph, PatchGrid
from palantir.graph.construct import GraphBuilder
from palantir.graph.error_models import (
    ERROR_MODELS,
    DetailModel,
    ErrorModel,
    PatchErrors,
    error_model_of,
    paper,
)
from palantir.media import VideoSource
from palantir.profile import REUSE_PARAMETERS, CacheProfile
from palantir.schedule import LiveScheduler, select
from tests.codec.streams import encode

GRID = PatchGrid(2, 3)
FADE = 2.0


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return encode(tmp_path_factory.mktemp("clip") / "clip.webm")


def frames_of_file(clip: Path) -> list[CodedFrame]:
    return list(decode(VideoSource(clip), grid=GRID))


def fading(frame: CodedFrame, grid: PatchGrid) -> PatchErrors:
    """Half of the paper's weights, and an error of 7 in every patch."""
    errors = paper(frame, grid)
    return errors._replace(texture=np.full(grid.count, 7.0), weight=errors.weight / 2)


def changed(**columns: object) -> ErrorModel:
    def model(frame: CodedFrame, grid: PatchGrid) -> PatchErrors:
        return paper(frame, grid)._replace(**columns)  # type: ignore[arg-type]

    return model


def test_the_papers_model_is_texture_and_pixels_referred_to(clip: Path) -> None:
    named = ErrorGraph.from_video(clip, GRID, error_model="paper")
    given = ErrorGraph.from_video(clip, GRID, error_model=paper)
    np.testing.assert_array_equal(named.texture, given.texture)
    np.testing.assert_array_equal(named.weights.toarray(), given.weights.toarray())
    assert named.unaided is None
    assert ERROR_MODELS["paper"]() is paper


def test_each_graph_has_a_detail_model_of_its_own() -> None:
    one, other = error_model_of("detail"), error_model_of("detail")
    assert isinstance(one, DetailModel)
    assert one is not other


def test_without_anchors_a_patch_lacks_all_its_detail(clip: Path) -> None:
    graph = ErrorGraph.from_video(clip, GRID, error_model="detail")
    assert graph.unaided is not None
    np.testing.assert_allclose(graph.errors(), graph.unaided, rtol=1e-12)
    assert (graph.errors([0, 3, 5]) <= graph.unaided * (1 + 1e-12)).all()


def test_a_part_of_a_graph_keeps_the_bounds_of_its_patches(clip: Path) -> None:
    graph = ErrorGraph.from_video(clip, GRID, error_model="detail")
    part = graph.between(2, 5, graph.errors())
    assert graph.unaided is not None
    assert part.unaided is not None
    np.testing.assert_array_equal(part.unaided, graph.unaided[12:30])
    np.testing.assert_allclose(part.errors(), part.unaided, rtol=1e-12)


def test_an_edge_carries_the_share_that_the_source_lacks(clip: Path) -> None:
    """Where a frame's reference has all its detail, only what it cannot bring is missing."""
    graph = ErrorGraph.from_video(clip, GRID, error_model="detail")
    errors = graph.errors(np.arange(6))
    frame = frames_of_file(clip)[1]
    energy, missing, *_ = frame.native.detail(2, 3, FADE)
    np.testing.assert_allclose(errors[6:12], missing, rtol=1e-12)
    assert graph.unaided is not None
    np.testing.assert_array_equal(graph.unaided[6:12], energy)
    assert missing.sum() < 0.9 * energy.sum()


def test_a_frame_that_the_detail_model_has_not_seen_brings_nothing(clip: Path) -> None:
    frames = frames_of_file(clip)
    late = DetailModel()(frames[3], GRID)
    assert len(late.patch) == 0
    assert late.unaided is not None
    np.testing.assert_allclose(late.texture, late.unaided, rtol=1e-12)


def test_frames_may_come_again_to_the_detail_model(clip: Path) -> None:
    """As where another frame of their packet was refused."""
    once, twice = DetailModel(), DetailModel()
    for frame in frames_of_file(clip):
        twice(frame, GRID)
        first, second = once(frame, GRID), twice(frame, GRID)
        for here, there in zip(first, second, strict=True):
            np.testing.assert_array_equal(here, there)


def test_the_detail_model_remembers_what_slots_hold_and_no_more(tmp_path: Path) -> None:
    model, distinct = DetailModel(), 0
    ends: dict[int, set[int]] = {-1: set()}  # what the slots hold after each packet
    for frame in frames_of_file(encode(tmp_path / "clip.webm", "alt-ref", frames=30)):
        model(frame, GRID)
        slots = set(frame.slots)
        assert slots <= model._worths.keys()
        assert model._worths.keys() <= slots | ends[frame.packet - 1]
        ends[frame.packet] = slots
        distinct = max(distinct, len(slots))
    assert distinct > 2


def test_the_fade_is_that_of_detail_reuse(clip: Path) -> None:
    assert REUSE_PARAMETERS["detail"] == {"fade": FADE}
    key, frame = frames_of_file(clip)[:2]

    def texture(model: DetailModel) -> float:
        model(key, GRID)
        return float(model(frame, GRID).texture.sum())

    assert texture(DetailModel(1e9)) < texture(DetailModel()) < texture(DetailModel(0.1))
    assert texture(DetailModel()) == texture(DetailModel(FADE))


def test_a_function_of_ones_own_makes_the_graph(clip: Path) -> None:
    graph = ErrorGraph.from_video(clip, GRID, error_model=paper)
    other = ErrorGraph.from_video(clip, GRID, error_model=fading)
    assert set(other.texture) == {7.0}
    np.testing.assert_array_equal(other.weights.toarray(), graph.weights.toarray() / 2)


def test_a_graph_knows_the_name_of_its_model(clip: Path) -> None:
    class Own:
        def __call__(self, frame: CodedFrame, grid: PatchGrid) -> PatchErrors:
            return paper(frame, grid)

    here = "tests.graph.test_error_models"
    for model, name in (
        ("paper", "paper"),
        (paper, "paper"),
        ("detail", "detail"),
        (DetailModel(), "detail"),
        (DetailModel(0.5), "detail:0.5"),
        (fading, f"{here}.fading"),
        (changed(), f"{here}.changed.<locals>.model"),
        (Own(), f"{here}.test_a_graph_knows_the_name_of_its_model.<locals>.Own"),
    ):
        graph = ErrorGraph.from_video(clip, GRID, error_model=model)
        assert graph.error_model == name
        assert graph.between(1, 3, graph.errors()).error_model == name
        profile = CacheProfile.from_selection(graph, select(graph, 3))
        assert profile.parameters == {"interval": "all", "error_model": name}
        live = LiveScheduler(1, error_model=model)
        for packet in decode_packets(clip):
            live.push(packet)
        assert live.record().parameters["error_model"] == name


def test_a_model_may_fill_the_same_arrays_for_every_frame(clip: Path) -> None:
    texture, unaided = np.empty(GRID.count), np.empty(GRID.count)

    def refilling(frame: CodedFrame, grid: PatchGrid) -> PatchErrors:
        errors = paper(frame, grid)
        texture[:], unaided[:] = errors.texture, frame.index + 1.0
        return errors._replace(texture=texture, unaided=unaided)

    graph = ErrorGraph.from_video(clip, GRID, error_model=refilling)
    expected = ErrorGraph.from_video(clip, GRID, error_model=paper)
    np.testing.assert_array_equal(graph.texture, expected.texture)
    assert graph.unaided is not None
    assert graph.unaided[:: GRID.count].tolist() == list(range(1, len(graph.frames) + 1))


def test_edges_between_the_same_patches_add_up(clip: Path) -> None:
    def twice(frame: CodedFrame, grid: PatchGrid) -> PatchErrors:
        once = paper(frame, grid)
        patch, reference = np.tile(once.patch, 2), np.tile(once.reference, 2)
        source, weight = np.tile(once.source, 2), np.tile(once.weight, 2)
        return PatchErrors(once.texture, patch, reference, source, weight)

    weights = ErrorGraph.from_video(clip, GRID, error_model=paper).weights.toarray()
    doubled = ErrorGraph.from_video(clip, GRID, error_model=twice).weights.toarray()
    np.testing.assert_array_equal(doubled, 2 * weights)


@pytest.mark.parametrize(
    ("model", "why"),
    [
        ("papers", "error model 'papers' is none of: detail, paper"),
        (changed(texture=np.ones(5)), r"columns of lengths \[5, 0, 0, 0, 0\] for 6 patches"),
        (changed(weight=np.ones(1)), r"columns of lengths \[6, 0, 0, 0, 1\]"),
        (changed(texture=np.ones((6, 1))), "coded frame 0 what is no column"),
        (changed(unaided=np.ones(5)), r"columns of lengths \[6, 0, 0, 0, 0, 5\]"),
        (changed(texture=np.full(6, np.nan)), "texture of frame 0 patch 0 is nan"),
        (changed(texture=np.full(6, -1.0)), "texture of frame 0 patch 0 is -1"),
        (lambda frame, grid: None, "gives coded frame 0 NoneType, not PatchErrors"),
        (5, "error model 5 is none of: detail, paper"),
        ("paper:4", "error model 'paper:4' is none of: detail, paper"),
        ("detail:", "fade '' is not a number of grey levels above 0"),
        ("detail:-1", r"fade -1\.0 is not a number of grey levels above 0"),
        (DetailModel, "error model DetailModel is a class: give one of its objects"),
    ],
)
def test_a_model_that_cannot_be_used_is_refused(
    clip: Path, model: str | ErrorModel, why: str
) -> None:
    with pytest.raises(ScheduleError, match=why):
        ErrorGraph.from_video(clip, GRID, error_model=model)


@pytest.mark.parametrize(
    "fade",
    [0, -1.0, np.nan, np.inf, 10**400, Fraction(1, 10**400), np.float32("inf"), True, "2", None],
)
def test_a_fade_that_is_no_number_above_0_is_refused(fade: float) -> None:
    with pytest.raises(ScheduleError, match="is not a number of grey levels above 0"):
        DetailModel(fade)


@pytest.mark.parametrize("fade", [4, np.float32(4), np.int64(4), Fraction(4)])
def test_a_fade_may_be_of_any_kind_of_number(fade: float) -> None:
    assert DetailModel(fade).name == "detail:4.0"


def test_the_grid_may_not_change_between_a_frame_and_its_references(clip: Path) -> None:
    model, frames = DetailModel(), frames_of_file(clip)
    model(frames[0], GRID)
    with pytest.raises(ScheduleError, match="frame 1 has 3x4 patches, frame 0, to which it refers"):
        model(frames[1], PatchGrid(3, 4))
    assert len(model(frames[1], GRID).patch) > 0
    assert len(model(frames[0], PatchGrid(3, 4)).patch) == 0  # a key frame refers to none
    assert len(model(frames[1], PatchGrid(3, 4)).patch) > 0


@pytest.mark.parametrize("first", [True, False])
def test_errors_without_anchors_are_given_for_all_frames_or_none(clip: Path, first: bool) -> None:
    def now_and_then(frame: CodedFrame, grid: PatchGrid) -> PatchErrors:
        given = first == (frame.index != 3)
        return paper(frame, grid)._replace(unaided=np.ones(grid.count) if given else None)

    builder = GraphBuilder(GRID, error_model=now_and_then)
    live = LiveScheduler(1, 2, GRID, error_model=now_and_then)
    packets = list(decode_packets(clip))
    for packet in packets[:3]:
        builder.add(packet.frames[0])
        live.push(packet)
    what = "no errors" if first else "errors"
    why = f"the error model gives coded frame 3 {what} without anchors, unlike the frames before"
    with pytest.raises(ScheduleError, match=why):
        builder.add(packets[3].frames[0])
    with pytest.raises(ScheduleError, match=why):
        live.push(packets[3])


def test_a_live_scheduler_checks_what_a_model_gives(clip: Path) -> None:
    live = LiveScheduler(1, 2, GRID, error_model=lambda frame, grid: (1, 2))  # type: ignore
    with pytest.raises(ScheduleError, match="gives coded frame 0 tuple, not PatchErrors"):
        live.push(next(decode_packets(clip)))


@pytest.mark.parametrize(
    ("column", "value", "why"),
    [
        ("unaided", np.array([1, 1, 0.0, 1, 1, 1]), "errors without anchors, 0 in patch 2"),
        ("unaided", np.array([1, 1, 1, 1, 1, -2.5]), "errors without anchors, -2.5 in patch 5"),
        ("unaided", np.full(6, np.nan), "errors without anchors, nan in patch 0"),
        ("unaided", np.full(6, np.inf), "errors without anchors, inf in patch 0"),
        ("unaided", ["1"] * 6, "errors without anchors of <U1, not of numbers"),
        ("unaided", np.ones(6) + 1j, "errors without anchors of complex128, not of numbers"),
        ("texture", None, "a column texture of object, not of numbers"),
        ("texture", [[1], [1, 2]], "a column texture that is no array"),
        ("patch", np.zeros(3), "a column patch of float64, not of whole numbers"),
        ("source", [None], "a column source of object, not of whole numbers"),
    ],
)
def test_graphs_and_live_schedulers_take_only_numbers_that_can_be_used(
    clip: Path, column: str, value: object, why: str
) -> None:
    model, packet = changed(**{column: value}), next(decode_packets(clip))
    with pytest.raises(ScheduleError, match=f"the error model gives coded frame 0 {why}"):
        GraphBuilder(GRID, error_model=model).add(packet.frames[0])
    with pytest.raises(ScheduleError, match=f"the error model gives coded frame 0 {why}"):
        LiveScheduler(1, 2, GRID, error_model=model).push(packet)


def test_columns_may_be_lists_also_where_frames_are_missing(clip: Path) -> None:
    def listed(frame: CodedFrame, grid: PatchGrid) -> PatchErrors:
        errors = paper(frame, grid)._replace(unaided=np.full(grid.count, 9.0))
        return PatchErrors(*(column.tolist() for column in errors if column is not None))

    packets = [packet for i, packet in enumerate(decode_packets(clip)) if i != 2]
    builder = GraphBuilder(GRID, error_model=listed)
    live = LiveScheduler(1, 1, GRID, error_model=listed)
    closed = []
    for packet in packets:
        builder.add(packet.frames[0])
        builder.show(packet.frames[0].index)
        closed += live.push(packet)
    objective = builder.build().objective()
    assert sum(each.untouched for each in closed) == pytest.approx(objective)


def test_a_live_scheduler_checks_errors_without_anchors(clip: Path) -> None:
    live = LiveScheduler(1, 2, GRID, error_model=changed(unaided=np.ones(5)))
    with pytest.raises(ScheduleError, match=r"of shape \(5,\) for 6 patches"):
        live.push(next(decode_packets(clip)))


@pytest.mark.parametrize(
    ("column", "value", "why"),
    [("patch", 6, "patch 6 where there are 6"), ("source", -1, "source -1 where there are 6"),
     ("reference", 0, "reference 0 where there are 0")],
)  # fmt: skip
def test_an_edge_that_leads_nowhere_is_refused(
    clip: Path, column: str, value: int, why: str
) -> None:
    def astray(frame: CodedFrame, grid: PatchGrid) -> PatchErrors:
        ends = {"patch": 0, "source": 0, "reference": -1, column: value}
        edge = {name: np.array([end], np.int32) for name, end in ends.items()}
        if column != "reference":
            edge["reference"] = np.array([frame.index - 1], np.int32)
        if frame.index == 0 and column != "reference":
            return paper(frame, grid)
        return PatchErrors(
            np.ones(grid.count), edge["patch"], edge["reference"], edge["source"], np.ones(1)
        )

    with pytest.raises(ScheduleError, match=f"edge with {why}"):
        ErrorGraph.from_video(clip, GRID, error_model=astray)
