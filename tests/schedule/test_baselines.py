"""The examples worked out in the baselines' docstrings, and what holds for each on any graph."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from importlib import import_module

import numpy as np
import pytest
from scipy.sparse import csr_array

from palantir.errors import ScheduleError
from palantir.graph import ErrorGraph, FrameTable, PatchGrid
from palantir.schedule import Picks

MakeGraph = Callable[..., ErrorGraph]
Select = Callable[..., Picks]

COUNTED = ("key_alt", "key_uniform", "neuroscaler", "random", "texture")
WHOLE_FRAMES = ("key_alt", "key_uniform", "neuroscaler")


def selector(name: str) -> Select:
    select: Select = import_module(f"palantir.schedule.{name}").select
    return select


def stream(
    coded_bytes: Sequence[int],
    key: Sequence[int] = (0,),
    hidden: Sequence[int] = (),
    packet: Sequence[int] | None = None,
    texture: Sequence[float] | None = None,
) -> ErrorGraph:
    """Frames of one patch, or of as many as `texture` gives, each predicted from the one before."""
    count = len(coded_bytes)
    index = np.arange(count)
    shown = ~np.isin(index, hidden)
    table = FrameTable.plain(64, 64, shown, np.isin(index, key))
    table = replace(
        table,
        coded_bytes=np.array(coded_bytes),
        packet=index if packet is None else np.array(packet),
    )
    values = np.ones(count) if texture is None else np.array(texture)
    patches = len(values) // count
    weights = csr_array(np.eye(len(values), k=-patches))
    return ErrorGraph(values, weights, table, PatchGrid(1, patches), (64, 64))


def order(name: str, graph: ErrorGraph, count: int | None = None) -> list[int]:
    return selector(name)(graph, graph.nodes if count is None else count).order.tolist()  # type: ignore[no-any-return]


def test_neuroscaler_picks_by_hand() -> None:
    graph = stream([100, 40, 10, 30, 5, 20, 50], key=[0, 6], hidden=[1])
    assert order("neuroscaler", graph) == [0, 6, 1, 3, 5, 2, 4]


def test_key_uniform_picks_by_hand() -> None:
    assert order("key_uniform", stream([1] * 10, key=[0, 6])) == [0, 6, 3, 8, 1, 2, 4, 5, 7, 9]


def test_key_alt_picks_by_hand() -> None:
    graph = stream([100, 40, 90, 70, 90, 90, 90, 90], hidden=[1, 3])
    assert order("key_alt", graph) == [0, 3, 1, 5, 2, 4, 6, 7]


def test_texture_picks_by_hand() -> None:
    assert order("texture", stream([1] * 4, texture=[2, 5, 5, 1])) == [1, 2, 0, 3]


def test_all_and_none_disregard_the_count() -> None:
    graph = stream([1, 1], texture=[3, 1, 2, 2])
    for count in (0, 1, 9):
        every = selector("all")(graph, count)
        assert every.order.tolist() == [0, 1, 2, 3]
        assert every.total.tolist() == [3 + 1 + 5 + 3, 1 + 2 + 3, 2 + 2, 2, 0]
        nothing = selector("none")(graph, count)
        assert len(nothing.order) == len(nothing.gain) == 0
        assert nothing.total.tolist() == [12]


@pytest.mark.parametrize("name", WHOLE_FRAMES)
def test_patches_of_a_frame_follow_one_another_by_falling_texture(name: str) -> None:
    graph = stream([9, 9], texture=[1, 4, 4, 7, 2, 3])
    assert order(name, graph) == [1, 2, 0, 3, 5, 4]
    assert order(name, graph, 4) == [1, 2, 0, 3]


def test_neuroscaler_lowers_the_sum_of_accumulated_residuals_most() -> None:
    for seed in range(30):
        rng = np.random.default_rng(seed)
        key = np.flatnonzero(rng.random(12) < 0.2).tolist()
        graph = stream(
            rng.integers(0, 9, 12).tolist(), key, np.flatnonzero(rng.random(12) < 0.3).tolist()
        )
        picks = order("neuroscaler", graph)
        kind = np.where(graph.frames.key, 0, np.where(graph.shown, 2, 1))
        assert kind[picks].tolist() == sorted(kind.tolist())
        for k, frame in enumerate(picks):
            rivals = [f for f in picks[k:] if kind[f] == kind[frame]]
            sums = [accumulated(graph.frames, [*picks[:k], f]) for f in rivals]
            best = [f for f, total in zip(rivals, sums, strict=True) if total == min(sums)]
            assert frame == min(best), f"seed {seed}, pick {k}"


def accumulated(table: FrameTable, anchors: Sequence[int]) -> int:
    total = residual = 0
    for frame in range(len(table)):
        carried = 0 if table.key[frame] else residual
        residual = 0 if frame in anchors else carried + int(table.coded_bytes[frame])
        total += residual
    return total


@pytest.mark.parametrize("name", ["key_alt", "neuroscaler"])
def test_a_frame_followed_by_another_in_its_packet_is_an_alt_ref(name: str) -> None:
    """Frame 1 is displayed later by show_existing_frame, so that it counts as shown."""
    graph = stream([90, 5, 5, 5, 5, 5], packet=[0, 1, 1, 2, 3, 4])
    assert order(name, graph, 2) == [0, 1]


def test_frames_are_spaced_evenly_at_every_power_of_two() -> None:
    picks = order("key_uniform", stream([1] * 64))
    for step in (32, 16, 8, 4, 2):
        assert sorted(picks[: 64 // step]) == list(range(0, 64, step))


def test_random_depends_on_the_seed_and_on_the_interval() -> None:
    graph = stream([7, 7, 8, 9, 9, 9], packet=[0, 1, 1, 2, 3, 4], texture=[1] * 60)
    select = selector("random")
    assert select(graph, 60).order.tolist() == select(graph, 60, seed=0).order.tolist()
    picks = {tuple(select(graph, 60, seed=seed).order.tolist()) for seed in range(20)}
    assert len(picks) == 20
    intervals = [graph.between(t, t + 1, np.zeros(60)) for t in range(6)]
    assert len({tuple(select(part, 10).order.tolist()) for part in intervals}) == 6


def test_random_draws_every_patch_equally_often() -> None:
    graph = stream([1] * 2, texture=[1] * 10)
    first = [int(selector("random")(graph, 1, seed=seed).order[0]) for seed in range(2000)]
    assert np.bincount(first, minlength=10).min() > 150  # 200 expected; 13 standard deviation


def test_a_negative_seed_is_refused() -> None:
    with pytest.raises(ScheduleError, match="seed -1 is negative"):
        selector("random")(stream([1]), 1, seed=-1)


@pytest.mark.parametrize("name", COUNTED)
def test_picks_are_nested_and_as_many_as_asked_for(name: str, random_graph: MakeGraph) -> None:
    for seed in range(40):
        graph = with_sizes(random_graph(seed), seed)
        whole = selector(name)(graph, graph.nodes + 7)
        assert sorted(whole.order.tolist()) == list(range(graph.nodes))
        for count in {0, 1, graph.grid.count, graph.nodes // 2, graph.nodes - 1}:
            picks = selector(name)(graph, count)
            assert picks.order.tolist() == whole.order[:count].tolist()
            assert picks.order.dtype == np.int64
            totals = [graph.objective(picks.order[:k]) for k in range(count + 1)]
            np.testing.assert_allclose(picks.total, totals, rtol=1e-9, atol=1e-9 * totals[0])
            assert picks.gain.tolist() == (-np.diff(picks.total)).tolist()


def with_sizes(graph: ErrorGraph, seed: int) -> ErrorGraph:
    """The same graph with coded sizes, often equal, and with other key frames, perhaps none."""
    rng = np.random.default_rng(seed)
    count = len(graph.frames)
    sizes, key = rng.integers(0, 4, count), rng.random(count) < rng.choice([0, 0.3, 1])
    return replace(graph, frames=replace(graph.frames, coded_bytes=sizes, key=key))


@pytest.mark.parametrize("name", COUNTED)
def test_graphs_of_one_frame_without_key_frames_or_all_hidden(name: str) -> None:
    one = stream([5], texture=[1, 2])
    assert sorted(order(name, one)) == [0, 1]
    assert len(order(name, stream([5, 6, 7], key=[]), 2)) == 2
    hidden = selector(name)(stream([5, 6, 7], hidden=[0, 1, 2]), 3)
    assert sorted(hidden.order.tolist()) == [0, 1, 2]
    assert hidden.total.tolist() == [0] * 4


@pytest.mark.parametrize("name", WHOLE_FRAMES)
def test_without_anything_to_tell_frames_apart_the_first_comes_first(name: str) -> None:
    assert order(name, stream([0] * 4, key=[]), 1) == [0]
    assert order(name, stream([0] * 4, key=[2]), 2) == [2, 0]
