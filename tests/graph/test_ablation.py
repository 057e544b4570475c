from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.sparse import csr_array

from palantir.graph import ErrorGraph, FrameTable, PatchGrid
from palantir.graph.ablation import without_texture, without_weight
from palantir.graph.construct import GraphBuilder
from tests.codec.streams import KINDS, frames_of


def graph_of(key: list[int], intra_only: list[int], frames: int, patches: int) -> ErrorGraph:
    """Every patch refers to patch 0 of every earlier frame."""
    index, nodes = np.arange(frames), frames * patches
    weights = np.zeros((nodes, nodes))
    weights[:, ::patches] = 0.25
    weights[np.arange(nodes)[:, None] // patches <= np.arange(nodes) // patches] = 0
    table = FrameTable.plain(64, 64, index % 3 != 1, np.isin(index, key))
    table = replace(table, intra_only=np.isin(index, intra_only))
    texture = np.random.default_rng(0).random(nodes)
    return ErrorGraph(
        texture, csr_array(weights), table, PatchGrid(1, patches), (64, 64), bytes(32)
    )


def by_hand() -> ErrorGraph:
    weights = np.zeros((6, 6))
    weights[2, 0], weights[3, 0] = 0.5, 0.25
    table = FrameTable.plain(64, 64, [True] * 3, [True, False, True])
    texture = np.array([7.0, 3, 2, 5, 4, 6])
    return ErrorGraph(texture, csr_array(weights), table, PatchGrid(1, 2), (64, 64))


def test_the_example_without_weights() -> None:
    ablated = without_weight(by_hand())
    expected = np.zeros((6, 6))
    expected[2, 0] = expected[3, 1] = 1
    assert ablated.weights.toarray().tolist() == expected.tolist()
    assert ablated.texture.tolist() == [7, 3, 2, 5, 4, 6]
    assert ablated.errors().tolist() == [7, 3, 9, 8, 4, 6]


def test_the_example_without_texture() -> None:
    ablated = without_texture(by_hand())
    assert ablated.weights.toarray().tolist() == by_hand().weights.toarray().tolist()
    assert ablated.errors().tolist() == [1, 1, 1.5, 1.25, 1, 1]


def test_where_errors_without_anchors_are_known_they_all_become_1() -> None:
    """Patch 2 has half of its error of 8 from patch 0, patch 3 a third of 6 from patch 1."""
    weights = np.zeros((4, 4))
    weights[2, 0], weights[3, 1] = 1, 0.25
    table = FrameTable.plain(64, 64, [True, True], [True, False])
    unaided = np.array([4.0, 8, 8, 6])
    graph = ErrorGraph(
        np.array([4.0, 8, 4, 4]), csr_array(weights), table, PatchGrid(1, 2), (64, 64),
        unaided=unaided,
    )  # fmt: skip
    np.testing.assert_allclose(graph.errors(), unaided)
    ablated = without_texture(graph)
    np.testing.assert_allclose(ablated.errors(), 1)
    np.testing.assert_allclose(ablated.errors([0])[2], 0.5)
    np.testing.assert_allclose(ablated.errors([1])[3], 4 / 6)
    assert graph.weights.toarray().tolist() == weights.tolist()


def test_without_weights_what_is_no_texture_comes_from_the_same_patch_of_the_frame_before() -> None:
    builder = GraphBuilder(PatchGrid(2, 3), error_model="detail")
    for frame in frames_of(KINDS["alt-ref"]() + KINDS["sub-8x8"]()):
        builder.add(frame)
    graph = builder.build()
    assert graph.unaided is not None
    ablated = without_weight(graph)
    np.testing.assert_allclose(ablated.errors(), graph.unaided, rtol=1e-12)
    assert ablated.unaided is graph.unaided
    anchors = np.random.default_rng(1).random((len(graph.frames), 6)) < 0.2
    texture, unaided = (each.reshape(-1, 6) for each in (graph.texture, graph.unaided))
    expected = np.zeros_like(unaided)
    for t, key in enumerate(graph.frames.key):
        here = unaided[t]
        if not key:
            here = texture[t] + (unaided[t] - texture[t]) * expected[t - 1] / unaided[t - 1]
        expected[t] = np.where(anchors[t], 0, here)
    errors = ablated.errors(np.flatnonzero(anchors))
    np.testing.assert_allclose(errors, expected.ravel(), rtol=1e-9, atol=1e-9)
    assert (errors < 0.9 * graph.unaided)[~anchors.ravel()].any()


def test_without_weights_key_and_intra_only_frames_depend_on_nothing() -> None:
    graph = graph_of(key=[3], intra_only=[5], frames=8, patches=3)
    ablated = without_weight(graph)
    for node in range(24):
        expected = [node - 3] if node // 3 in (1, 2, 4, 6, 7) else []
        row = ablated.weights[[node]]
        assert row.indices.tolist() == expected
        assert row.data.tolist() == [1] * len(expected)


def test_the_rest_stays_and_the_graph_itself_is_left_alone() -> None:
    graph = graph_of(key=[0], intra_only=[], frames=4, patches=2)
    before = graph.texture.copy(), graph.weights.toarray()
    for ablate in (without_weight, without_texture):
        ablated = ablate(graph)
        assert ablated.frames is graph.frames
        assert (ablated.grid, ablated.lr_size) == (graph.grid, graph.lr_size)
        assert ablated.segment_sha256 == graph.segment_sha256
    assert graph.texture.tolist() == before[0].tolist()
    assert graph.weights.toarray().tolist() == before[1].tolist()


def test_one_frame() -> None:
    graph = graph_of(key=[], intra_only=[], frames=1, patches=4)
    assert without_weight(graph).weights.nnz == 0
    assert without_texture(graph).texture.tolist() == [1] * 4
