"""Decoded packets for the tests of live selection, and what the same stream is as one graph."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from functools import cache

import numpy as np
from numpy.typing import NDArray

from palantir.codec import DecodedPacket
from palantir.graph import ErrorGraph, PatchGrid
from palantir.graph.construct import GraphBuilder
from palantir.schedule import LiveInterval, LiveScheduler
from tests.codec.frame_header import show_existing
from tests.codec.streams import KINDS, decode_all, stream

TIME_BASE = Fraction(1, 25)  # of the packets of `tests.codec.streams`


def _with_late_displays() -> tuple[bytes, ...]:
    """The hidden alt-ref is displayed as it is, twice, eight frames after it was decoded."""
    packets = stream("alt-ref", frames=30)[:19]
    last = decode_all(packets)[-1].frames[0]
    slot = last.slots.index(11)
    return *packets, show_existing(slot), show_existing(slot)


STREAMS: dict[str, Callable[[], tuple[bytes, ...]]] = {
    **{name: make for name, make in KINDS.items() if name[0] != "4"},  # chroma changes nothing here
    "late-displays": _with_late_displays,
}  # one GoP each
LATE = ("intra-only", "late-displays")  # those with frames displayed by later packets


@cache
def decoded(name: str, gops: int = 2) -> tuple[DecodedPacket, ...]:
    """One of STREAMS, so many times over, by one decoder."""
    return tuple(decode_all(STREAMS[name]() * gops))


def graph_of(
    packets: Iterable[DecodedPacket],
    grid: PatchGrid | None = None,
    time_base: Fraction = TIME_BASE,
    error_model: str = "detail",
) -> ErrorGraph:
    builder = GraphBuilder(grid, error_model=error_model, time_base=time_base)
    for packet in packets:
        for frame in packet.frames:
            builder.add(frame)
        if packet.displayed is not None:
            builder.show(packet.displayed, packet.packet.duration)
    return builder.build(bytes(32))


def run(live: LiveScheduler, packets: Iterable[DecodedPacket]) -> list[LiveInterval]:
    """All intervals of `packets`, pushed one by one."""
    closed = [interval for packet in packets for interval in live.push(packet)]
    return [*closed, *live.flush()]


def nodes_of(intervals: Sequence[LiveInterval]) -> NDArray[np.int64]:
    """The picks of all intervals, as nodes of the whole stream's graph."""
    picks = [each.index[0] * each.anchors.shape[1] + each.order for each in intervals]
    return np.concatenate(picks)


def assert_same(found: Sequence[LiveInterval], wanted: Sequence[LiveInterval]) -> None:
    """The same intervals with the same outcome."""
    assert [a.index.tolist() for a in found] == [b.index.tolist() for b in wanted]
    for a, b in zip(found, wanted, strict=True):
        assert a.order.tolist() == b.order.tolist()
        np.testing.assert_array_equal(a.anchors, b.anchors)
        np.testing.assert_allclose(a.gain, b.gain, rtol=1e-9)
        np.testing.assert_allclose([a.objective, a.untouched], [b.objective, b.untouched])
