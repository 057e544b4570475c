"""From a stream to its graph: every trace lands at its node, the table tells what is shown."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import fields
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from palantir.codec import CodedFrame, decode
from palantir.errors import BitstreamError, MediaError, ScheduleError
from palantir.graph import ErrorGraph, PatchGrid
from palantir.graph.construct import GraphBuilder, graph_from_video
from palantir.graph.error_models import DetailModel, PatchErrors
from palantir.media import VideoSource
from tests.codec.frame_header import show_existing
from tests.codec.streams import KINDS, decode_all, encode, frames_of, stream
from tests.data_folder import needs_data, vector

GRID = PatchGrid(2, 3)


def graph_of(packets: str | Sequence[bytes], grid: PatchGrid | None = GRID) -> ErrorGraph:
    """Of packets at 25 a second, or of those of one of KINDS."""
    builder = GraphBuilder(grid, error_model="paper")
    for decoded in decode_all(KINDS[packets]() if isinstance(packets, str) else packets):
        for frame in decoded.frames:
            builder.add(frame)
        if decoded.displayed is not None:
            builder.show(decoded.displayed, decoded.packet.duration)
    return builder.build()


@pytest.mark.parametrize("kind", KINDS)
def test_texture_and_weights_land_at_node_t_times_p_plus_p(kind: str) -> None:
    graph = graph_of(kind)
    frames = frames_of(KINDS[kind](), grid=GRID)
    nodes = GRID.count * len(frames)
    texture, weights = np.zeros(nodes), np.zeros((nodes, nodes))
    for t, frame in enumerate(frames):
        texture[t * GRID.count : (t + 1) * GRID.count] = frame.native.texture(2, 3)
        for patch, reference, source, weight in zip(*frame.weights[:4], strict=True):
            weights[t * GRID.count + patch, reference * GRID.count + source] = weight
    np.testing.assert_array_equal(graph.texture, texture)
    np.testing.assert_array_equal(graph.weights.toarray(), weights)
    assert graph.weights.has_canonical_format


def test_the_frame_table_holds_the_facts_of_each_frame() -> None:
    table = graph_of("alt-ref").frames
    frames = frames_of(KINDS["alt-ref"]())
    assert len(table) == len(frames) == 31
    for column in fields(table):
        if column.name not in ("time", "duration"):
            expected = [getattr(frame, column.name) for frame in frames]
            np.testing.assert_array_equal(getattr(table, column.name), expected, column.name)
    assert table.shown.sum() == 30


def test_a_frames_time_is_its_packets_and_only_shown_frames_last() -> None:
    table = graph_of("alt-ref").frames  # 25 packets a second, one of them a superframe
    np.testing.assert_array_equal(table.time, table.packet / 25)
    np.testing.assert_array_equal(table.duration, table.shown / 25)
    assert not table.shown.all()


def test_times_are_counted_in_the_sources_time_base(tmp_path: Path) -> None:
    path = encode(tmp_path / "clip.webm", "alt-ref", frames=30)
    packets = list(VideoSource(path).packets())
    table = ErrorGraph.from_video(path, grid=GRID).frames
    assert VideoSource(path).time_base == Fraction(1, 1000)
    np.testing.assert_array_equal(table.time, [packets[i].pts / 1000 for i in table.packet])
    assert table.duration.sum() == pytest.approx(30 / 25)
    assert table.duration[~table.shown].tolist() == [0]


def test_a_frame_that_is_shown_twice_lasts_twice_as_long() -> None:
    packets = KINDS["sub-8x8"]()
    last = frames_of(packets)[-1]
    table = graph_of((*packets, show_existing(0))).frames
    assert len(table) == 6
    expected = np.full(6, 1 / 25)
    expected[last.slots[0]] *= 2
    np.testing.assert_allclose(table.duration, expected)


def test_a_hidden_frame_lasts_as_long_as_the_packet_that_shows_it_later() -> None:
    *packets, showing = KINDS["intra-only"]()
    hidden = [True, True, False, True, True, True, True]
    np.testing.assert_allclose(graph_of(packets).frames.duration, np.array(hidden) / 25)
    np.testing.assert_allclose(graph_of((*packets, showing)).frames.duration, np.full(7, 1 / 25))


def test_a_frame_shown_by_a_later_packet_counts_as_shown() -> None:
    graph = graph_of("intra-only")
    hidden = frames_of(KINDS["intra-only"]())[2]
    assert hidden.intra_only
    assert not hidden.shown
    assert graph.frames.intra_only.tolist() == [False, False, True] + 4 * [False]
    assert graph.shown.all()


@pytest.mark.parametrize("container", ["webm", "ivf"])
def test_from_video_is_the_graph_of_the_decoded_frames(tmp_path: Path, container: str) -> None:
    path = encode(tmp_path / f"clip.{container}", "alt-ref", frames=30)
    graph = ErrorGraph.from_video(path, grid=(2, 3), error_model="paper", threads=2)
    same = graph_of("alt-ref")
    np.testing.assert_array_equal(graph.texture, same.texture)
    np.testing.assert_array_equal(graph.weights.toarray(), same.weights.toarray())
    assert graph.lr_size == (101, 67)
    assert graph.grid == GRID


def test_the_hash_is_that_of_the_segments_packets(tmp_path: Path) -> None:
    path = encode(tmp_path / "clip.webm", "alt-ref", frames=30)
    graph = ErrorGraph.from_video(path)
    assert graph.segment_sha256 == VideoSource(path).sha256()
    assert graph.segment_sha256 == hashlib.sha256(b"".join(stream("alt-ref", frames=30))).digest()


def test_the_default_grid_is_that_of_the_first_frame() -> None:
    assert graph_of("new-sizes", None).grid == PatchGrid.default(101, 67)


@pytest.mark.parametrize("grid", [(68, 1), (1, 102)])
def test_a_grid_that_does_not_fit_is_refused(tmp_path: Path, grid: tuple[int, int]) -> None:
    path = encode(tmp_path / "clip.webm")
    with pytest.raises(ScheduleError, match="does not fit a 101x67 frame"):
        ErrorGraph.from_video(path, grid=grid)


def test_a_grid_must_fit_the_smallest_frame() -> None:
    with pytest.raises(ScheduleError, match="patch grid 67x1 does not fit a 100x66 frame"):
        graph_of("new-sizes", PatchGrid(67, 1))


def test_progress_hears_every_packet(tmp_path: Path) -> None:
    heard: list[int] = []
    graph_from_video(encode(tmp_path / "clip.webm"), progress=heard.append)
    assert heard == [1, 2, 3, 4, 5, 6]


def test_a_stream_without_frames_has_no_graph() -> None:
    with pytest.raises(MediaError, match="no coded frame"):
        GraphBuilder(GRID).build()


def test_a_broken_stream_has_no_graph(tmp_path: Path) -> None:
    path = encode(tmp_path / "clip.ivf")
    content = bytearray(path.read_bytes())
    at = content.index(stream()[2])
    content[at : at + 20] = bytes(20)
    path.write_bytes(content)
    with pytest.raises(BitstreamError, match="packet 2 after 2 coded frames"):
        ErrorGraph.from_video(path)


def test_frames_that_the_error_model_saw_but_the_graph_refused_bring_nothing() -> None:
    """By the model "detail", which says what a patch lacks without anchors."""
    frames = frames_of(KINDS["alt-ref"](), grid=GRID)[:12]
    model, refused = DetailModel(), {2, 3, 7}

    def spoiled(frame: CodedFrame, grid: PatchGrid) -> PatchErrors:
        errors = model(frame, grid)
        return errors._replace(weight=errors.weight[1:]) if frame.index in refused else errors

    builder = GraphBuilder(GRID, error_model=spoiled)
    for frame in frames:
        if frame.index in refused:
            with pytest.raises(ScheduleError, match="columns of lengths"):
                builder.add(frame)
        else:
            builder.add(frame)
    graph, whole = builder.build(), GraphBuilder(GRID)
    for frame in frames:
        whole.add(frame)
    rest = np.repeat([frame.index not in refused for frame in frames], GRID.count)
    full = whole.build()
    assert full.unaided is not None
    weights, lost = full.weights.toarray(), ~rest * full.unaided
    assert (weights[rest] @ lost).any()
    np.testing.assert_allclose(graph.texture, (full.texture + weights @ lost)[rest], rtol=1e-9)
    np.testing.assert_array_equal(graph.weights.toarray(), weights[rest][:, rest])
    np.testing.assert_allclose(graph.errors(), full.unaided[rest], rtol=1e-12)


@needs_data
@pytest.mark.parametrize("name", ["17-show-existing-frame", "11-size-351x288", "02-size-08x08"])
def test_graphs_of_vectors_point_back_and_show_what_is_displayed(name: str) -> None:
    path = vector(f"vp90-2-{name}.webm")
    graph = ErrorGraph.from_video(path, grid=(1, 2))
    edges = graph.weights.tocoo()
    assert np.all(edges.coords[1] // 2 < edges.coords[0] // 2)
    displayed = {each.displayed for each in decode_all(path)} - {None}
    assert set(np.flatnonzero(graph.shown).tolist()) == displayed
    assert len(graph.frames) == sum(1 for _ in decode(path))
