"""A live scheduler on real streams: the batch selector's picks, and streams with packets lost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from scipy.sparse import csr_array

from palantir.codec import CodedFrame, DecodedPacket, Decoder
from palantir.errors import BitstreamError, ScheduleError
from palantir.graph import ErrorGraph, PatchGrid
from palantir.graph.error_models import DetailModel, PatchErrors
from palantir.schedule import LiveScheduler, NetworkBudget, adjoint, select
from tests.codec.streams import packet, stream
from tests.schedule.live_streams import (
    LATE,
    STREAMS,
    TIME_BASE,
    assert_same,
    decoded,
    graph_of,
    nodes_of,
    run,
)

INTERVALS = ["gop", 1, 2, 5, 12, "200ms"]


@pytest.mark.parametrize("interval", INTERVALS)
@pytest.mark.parametrize("name", [name for name in STREAMS if name not in LATE])
def test_picks_are_those_of_the_batch_selector(name: str, interval: int | str) -> None:
    packets = decoded(name)
    graph = graph_of(packets)
    live = LiveScheduler("10%", interval, time_base=TIME_BASE)
    closed = run(live, packets)
    wanted = select(graph, "10%", interval=interval)
    assert [each.index[0] for each in closed] == [first for first, _ in graph.intervals(interval)]
    assert nodes_of(closed).tolist() == wanted.order.tolist()
    np.testing.assert_allclose(np.concatenate([each.gain for each in closed]), wanted.gain, 1e-9)
    anchors = np.concatenate([each.anchors for each in closed])
    np.testing.assert_array_equal(
        anchors, wanted.anchors_by_frame(len(graph.frames), graph.grid.count)
    )
    assert all(each.complete for each in closed)


@pytest.mark.parametrize("interval", INTERVALS)
@pytest.mark.parametrize("name", STREAMS)
def test_a_record_has_the_objectives_of_the_whole_graph(name: str, interval: int | str) -> None:
    packets = decoded(name)
    graph = graph_of(packets)
    live = LiveScheduler("10%", interval, time_base=TIME_BASE)
    picks = nodes_of(run(live, packets))
    record = live.record()
    assert record.objective == pytest.approx(graph.objective(picks), rel=1e-12)
    assert record.untouched == pytest.approx(graph.objective(), rel=1e-12)
    np.testing.assert_array_equal(record.shown, graph.shown)
    np.testing.assert_array_equal(record.packet, graph.frames.packet)
    assert (record.lr_size, record.grid) == (graph.lr_size, graph.grid)


def shown_when_closed(
    graph: ErrorGraph, packets: Sequence[DecodedPacket], stop: int, interval: int | str
) -> np.ndarray:
    """Which frames are known to be displayed when the interval up to `stop` closes, bool [T]."""
    of_frame = graph.frames.packet
    heard = len(packets)  # so many packets have been heard in full
    if stop < len(graph.frames):
        in_full = isinstance(interval, int) and of_frame[stop] != of_frame[stop - 1]
        heard = of_frame[stop - 1] + 1 if in_full else of_frame[stop]
    shown = np.array([frame.shown for each in packets for frame in each.frames])
    shown[[each.displayed for each in packets[:heard] if each.displayed is not None]] = True
    return shown


@pytest.mark.parametrize("interval", INTERVALS)
@pytest.mark.parametrize("name", LATE)
def test_picks_count_the_displays_that_are_known_by_then(name: str, interval: int | str) -> None:
    packets = decoded(name)
    graph = graph_of(packets)
    errors, orders, gains = np.zeros(graph.nodes), [], []
    for first, stop in graph.intervals(interval):
        shown = shown_when_closed(graph, packets, stop, interval)
        part = replace(graph, frames=replace(graph.frames, shown=shown)).between(
            first, stop, errors
        )
        picks = adjoint.select(part, 2)
        nodes = slice(first * graph.grid.count, stop * graph.grid.count)
        errors[nodes] = part.errors(picks.order)
        orders.append(nodes.start + picks.order)
        gains.append(picks.gain)
    closed = run(LiveScheduler(2, interval, time_base=TIME_BASE), packets)
    assert nodes_of(closed).tolist() == np.concatenate(orders).tolist()
    np.testing.assert_allclose(
        np.concatenate([each.gain for each in closed]), np.concatenate(gains), 1e-9
    )


@pytest.mark.parametrize("name", STREAMS)
def test_an_open_interval_hears_of_every_display(name: str) -> None:
    packets = decoded(name)
    graph = graph_of(packets)
    closed = run(LiveScheduler(1, "gop"), packets)
    for column in ("shown", "duration", "time", "packet", "key", "coded_bytes", "references"):
        parts = zip(closed, graph.intervals("gop"), strict=True)
        for found, (first, stop) in parts:
            wanted = getattr(graph.frames.between(first, stop), column)
            np.testing.assert_array_equal(getattr(found.frames, column), wanted)


def test_an_interval_keeps_what_was_known_when_it_closed() -> None:
    """The hidden alt-ref counts in the record once it is displayed, not in the closed interval."""
    packets = decoded("late-displays", 1)
    live = LiveScheduler(1, 4)
    closed = run(live, packets)
    (interval,) = (each for each in closed if not each.frames.shown.all())
    assert interval.frames.duration.sum() == pytest.approx(3 / 25)
    record = live.record()
    assert record.shown.all()
    errors = graph_of(packets).errors(nodes_of(closed)).reshape(len(record.shown), -1)
    late = errors[interval.index[~interval.frames.shown]].sum()
    assert late > 0
    assert record.objective == pytest.approx(sum(each.objective for each in closed) + late)


@pytest.mark.parametrize("budget", [1, 7, 0.3, "60MMAC/s"])
@pytest.mark.parametrize("interval", [1, 3, "160ms"])
def test_every_kind_of_budget_holds_within_each_interval(
    budget: int | float | str, interval: int | str
) -> None:
    allowance: object = budget
    if isinstance(budget, str):
        allowance = NetworkBudget(60e6, macs_per_pixel=1000, halo=4)
    packets = decoded("alt-ref")
    closed = run(LiveScheduler(allowance, interval, time_base=TIME_BASE), packets)  # type: ignore[arg-type]
    wanted = select(graph_of(packets), allowance, interval=interval)  # type: ignore[arg-type]
    assert nodes_of(closed).tolist() == wanted.order.tolist()
    assert len(wanted) > 0


def test_any_grid_goes() -> None:
    packets = decoded("sub-8x8")
    for grid in (PatchGrid(1, 1), PatchGrid(7, 9)):
        closed = run(LiveScheduler(5, 4, grid), packets)
        assert (
            nodes_of(closed).tolist()
            == select(graph_of(packets, grid), 5, interval=4).order.tolist()
        )


def survivors(packets: Sequence[bytes], lost: set[int]) -> tuple[list[DecodedPacket], int]:
    """What a decoder makes of the packets that are not lost, and how many of them it refuses."""
    decoder, result, refused = Decoder(), [], 0
    for index, data in enumerate(packets):
        try:
            if index not in lost:
                result.append(decoder.decode(packet(data, index)))
        except BitstreamError:
            refused += 1
    return result, refused


@pytest.mark.parametrize("interval", ["gop", 2, 5, "160ms"])
@pytest.mark.parametrize(
    ("encoder", "lost", "refused"),
    [
        ("sub-8x8", {0}, 5),  # up to the next key frame nothing can be decoded
        ("sub-8x8", {6}, 5),
        ("sub-8x8", {3, 6, 7, 8}, 5),
        ("sub-8x8", {6, 7, 8, 9, 10, 11}, 0),
        ("resilient", {6}, 0),  # decoded all the same, from the wrong references
        ("resilient", {3, 6, 7, 8}, 0),
    ],
    ids=str,
)
def test_after_lost_packets_all_is_right_from_the_next_key_frame(
    encoder: str, lost: set[int], refused: int, interval: int | str
) -> None:
    """Three GoPs of six packets; key frames and others are missing."""
    packets, errors = survivors(stream(encoder) * 3, lost)
    assert errors == refused
    before = [each for each in packets if each.packet.index < 12]
    after = packets[len(before) :]
    assert after[0].frames[0].key
    live = LiveScheduler(3, interval, time_base=TIME_BASE)
    intervals = run(live, before)
    assert sum(len(each.index) for each in intervals) == sum(len(each.frames) for each in before)
    assert_same(run(live, after), run(LiveScheduler(3, interval, time_base=TIME_BASE), after))


def test_frames_that_were_decoded_but_never_came_leave_no_error_behind() -> None:
    packets = decoded("alt-ref")
    gop = len(packets) // 2
    graph = graph_of(packets, error_model="paper")
    weights = graph.weights.tolil()
    missing = {3, 4, 9}  # coded frames in packets of their own, in the first GoP
    assert all(len(each.frames) == 1 for each in packets if each.frames[0].index in missing)
    count = graph.grid.count
    patches = np.array([index * count + p for index in missing for p in range(count)])
    weights[:, patches] = 0
    texture = graph.texture.copy()
    texture[patches] = 0
    part = replace(graph, texture=texture, weights=weights.tocsr())
    closed = run(
        LiveScheduler(1, 1, error_model="paper"),
        [p for p in packets if p.frames[0].index not in missing],
    )
    rest = [t for t in range(len(graph.frames)) if t not in missing]
    assert [each.index[0] for each in closed] == rest
    errors = part.errors(nodes_of(closed)).reshape(len(graph.frames), -1).sum(axis=1)
    shown = graph.shown
    np.testing.assert_allclose([each.objective for each in closed], (errors * shown)[rest], 1e-9)
    assert_same(closed[-gop:], run(LiveScheduler(1, 1, error_model="paper"), packets[gop:])[-gop:])


@pytest.mark.parametrize("interval", [1, 3, "gop"])
def test_frames_of_a_packet_that_was_left_out_bring_nothing(interval: int | str) -> None:
    """The error model "detail" has seen coded frame 11 when 12, of the same packet, is refused."""
    packets = decoded("alt-ref", 1)
    assert [frame.index for frame in packets[11].frames] == [11, 12]
    model = DetailModel()

    def failing(frame: CodedFrame, grid: PatchGrid) -> PatchErrors:
        errors = model(frame, grid)
        if frame.index == 12:
            raise ScheduleError("refused")
        return errors

    live, closed = LiveScheduler(2, interval, "3x4", error_model=failing), []
    for decoded_packet in packets:
        if decoded_packet is packets[11]:
            with pytest.raises(ScheduleError, match="refused"):
                live.push(decoded_packet)
        else:
            closed += live.push(decoded_packet)
    closed += live.flush()
    graph = graph_of(packets, PatchGrid(3, 4))
    assert graph.unaided is not None
    wanted = graph.unaided.reshape(len(graph.frames), -1).sum(axis=1) * graph.shown
    for each in closed:
        np.testing.assert_allclose(each.untouched, wanted[each.index].sum(), rtol=1e-9)
    lost = np.isin(np.arange(graph.nodes) // 12, [11, 12]) * graph.unaided
    weights = graph.weights.toarray()
    part = replace(
        graph, texture=graph.texture + weights @ lost, weights=csr_array(weights * (lost == 0))
    )
    picks = [12 * each.index[each.order // 12] + each.order % 12 for each in closed]
    errors = part.errors(np.concatenate(picks)).reshape(-1, 12).sum(axis=1) * graph.shown
    for each in closed:
        np.testing.assert_allclose(each.objective, errors[each.index].sum(), rtol=1e-9)
