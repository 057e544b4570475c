"""The tail of a live scheduler: what an error left in a reference slot costs after the interval."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from palantir.codec import DecodedPacket
from palantir.graph import ErrorGraph
from palantir.schedule import LiveInterval, LiveScheduler
from tests.schedule.live_streams import assert_same, decoded, graph_of, nodes_of, run

LENGTH = 31  # coded frames in a GoP of "alt-ref", one of them hidden
Float = NDArray[np.float64]


def slots_of(packets: Sequence[DecodedPacket]) -> list[tuple[int, ...]]:
    return [frame.slots for packet in packets for frame in packet.frames]


def cost_by_phase(
    graph: ErrorGraph, slots: Sequence[tuple[int, ...]], first: int, picks: NDArray[np.int64]
) -> list[dict[int, float]]:
    """For each frame of the GoP from `first` on: slot -> mean cost of a unit of error in its frame.

    From whole influences of what follows; frames of earlier GoPs cost nothing.
    """
    count, stop = graph.grid.count, first + LENGTH
    result = []
    for last in range(first, stop):
        rest = graph.between(last + 1, stop, np.zeros(graph.nodes))
        offset = (last + 1) * count
        anchors = picks[(picks >= offset) & (picks < stop * count)] - offset
        influence = rest.influence(anchors)
        influence[anchors] = 0
        later = graph.weights[offset : stop * count].T @ influence
        mean = np.asarray(later).reshape(-1, count).mean(axis=1)
        holders = {index: slots[last].count(index) for index in slots[last] if index >= first}
        result.append({
            slot: mean[index] / holders[index]
            for slot, index in enumerate(slots[last]) if index >= first
        })  # fmt: skip
    return result


def greedy(graph: ErrorGraph, tail: Float, count: int) -> tuple[list[int], list[float]]:
    """Picks by whole sweeps where a unit of error in a node costs `tail` beyond the graph."""
    weights = graph.weights.toarray()
    own = graph.arrays.shown + tail
    order: list[int] = []
    gains = []
    for _ in range(count):
        influence = own.copy()
        for node in reversed(range(graph.nodes)):
            if node not in order:
                influence += weights[node] * influence[node]
        gain = graph.errors(order) * influence
        order.append(int(np.argmax(gain >= gain.max() * (1 - 1e-9))))
        gains.append(gain[order[-1]])
    return order, gains


@pytest.mark.parametrize("interval", [5, LENGTH, 12])
def test_it_is_the_influence_that_slots_had_in_earlier_gops(interval: int) -> None:
    """Three GoPs: none, the first one's costs, and the mean of the first two."""
    packets = decoded("alt-ref", 3)
    graph, slots = graph_of(packets), slots_of(packets)
    count = graph.grid.count
    closed = run(LiveScheduler(2, interval, tail=True), packets)
    picks = nodes_of(closed)
    costs = [cost_by_phase(graph, slots, first, picks) for first in (0, LENGTH)]
    errors = graph.errors(picks)
    checked = set()
    for each in closed:
        first, stop = int(each.index[0]), int(each.index[-1]) + 1
        known = first // LENGTH  # GoPs that had ended when the interval began
        tail = np.zeros(((stop - first), count))
        gop, phase = divmod(stop - 1, LENGTH)
        for slot, index in enumerate(slots[stop - 1]):
            if known and index >= max(first, gop * LENGTH):
                halves = [cost[phase].get(slot, 0.0) for cost in costs[:known]]
                tail[index - first] += np.mean(halves)
        order, gains = greedy(graph.between(first, stop, errors), tail.ravel(), 2)
        assert each.order.tolist() == order
        np.testing.assert_allclose(each.gain, gains, rtol=1e-9)
        checked.add((known, bool(tail.any())))
    assert {(0, False), (1, interval < LENGTH), (2, interval < LENGTH)} <= checked


def sum_of_objectives(closed: Sequence[LiveInterval]) -> float:
    return sum(each.objective for each in closed)


def test_the_first_gop_is_scheduled_as_without_it() -> None:
    packets = decoded("alt-ref", 4)
    plain = run(LiveScheduler("5%", 5), packets)
    tailed = run(LiveScheduler("5%", 5, tail=True), packets)
    first = LENGTH // 5  # intervals that end within it
    assert_same(tailed[:first], plain[:first])
    assert any(
        a.order.tolist() != b.order.tolist()
        for a, b in zip(tailed[first:], plain[first:], strict=True)
    )


@pytest.mark.parametrize("interval", [2, 5])
def test_it_lowers_the_error_of_a_stream_whose_gops_are_alike(interval: int) -> None:
    packets = decoded("alt-ref", 4)
    plain, tailed = (
        run(LiveScheduler(2, interval, "3x4", tail=tail, error_model="paper"), packets)
        for tail in (False, True)
    )
    assert sum_of_objectives(tailed) < 0.95 * sum_of_objectives(plain)
    assert sum(each.untouched for each in tailed) == sum(each.untouched for each in plain)


@pytest.mark.parametrize("interval", [2, 5])
def test_it_lowers_the_detail_that_is_missing_too(interval: int) -> None:
    packets = decoded("alt-ref", 4)
    plain, tailed = (
        run(LiveScheduler(2, interval, "3x4", tail=tail), packets) for tail in (False, True)
    )
    assert sum_of_objectives(tailed) < sum_of_objectives(plain)


def test_it_changes_nothing_where_an_interval_is_a_gop() -> None:
    packets = decoded("alt-ref", 3)
    plain, tailed = (run(LiveScheduler(2, "gop", tail=tail), packets) for tail in (False, True))
    assert_same(tailed, plain)
