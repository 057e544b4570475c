"""Schedules that a live stream gets, and the whole-GoP schedules they are compared with."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from palantir.codec import DecodedPacket, decode_packets
from palantir.graph import ErrorGraph
from palantir.media import VideoSource
from palantir.schedule import select
from palantir.schedule.live import LiveScheduler

__all__ = ["BUDGET", "INTERVALS", "Estimate", "Schedule", "estimate_of", "schedules_of"]

BUDGET = 0.05
INTERVALS: tuple[int | str, ...] = (2, 12, "200ms")

Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Schedule:
    """Anchors of one stream, bool [T, P], under the name that tables show."""

    name: str
    anchors: Flags


@dataclass(frozen=True)
class Estimate:
    """Of one schedule of one clip.

    share    anchors, as a share of the patches
    overall  J as a share of J without anchors
    later    the same of the frames from the second key frame on; None where there is but one
    """

    clip: str
    schedule: str
    share: float
    overall: float
    later: float | None

    def to_dict(self) -> dict[str, Any]:
        """Ready for JSON."""
        return asdict(self)


def schedules_of(lr: Path, graph: ErrorGraph) -> Iterator[Schedule]:
    """The whole-GoP schedule; of each interval, live ones and a whole-GoP one of as many anchors.

    A share of a short interval is rounded to whole anchors: 5 % of 30 patches are 2, 6.7 %.
    """
    source = VideoSource(lr)
    packets = list(decode_packets(source, grid=graph.grid))
    whole = select(graph, BUDGET, interval="gop")
    yield Schedule("gop", whole.anchors_by_frame(len(graph.frames), graph.grid.count))
    for interval in INTERVALS:
        plain = _live(packets, source, interval, False)
        yield Schedule(f"{interval}", plain)
        yield Schedule(f"{interval}, tail", _live(packets, source, interval, True))
        yield Schedule(f"gop as {interval}", _whole_gops(graph, plain))


def _live(
    packets: Sequence[DecodedPacket], source: VideoSource, interval: int | str, tail: bool
) -> Flags:
    live = LiveScheduler(
        BUDGET, interval, tail=tail, error_model="paper", time_base=source.time_base
    )
    for packet in packets:
        live.push(packet)
    live.flush()
    return live.record().anchors


def _whole_gops(graph: ErrorGraph, other: Flags) -> Flags:
    """The schedule that knows each whole GoP, with as many anchors in it as `other` has."""
    patches = graph.grid.count
    errors = np.zeros(graph.nodes)
    anchors = np.zeros(graph.nodes, np.bool_)
    for first, stop in graph.intervals("gop"):
        part = graph.between(first, stop, errors)
        order = select(part, max(1, int(other[first:stop].sum()))).order
        errors[first * patches : stop * patches] = part.errors(order)
        anchors[first * patches + order] = True
    return anchors.reshape(other.shape)


def estimate_of(clip: str, graph: ErrorGraph, schedule: Schedule) -> Estimate:
    """What the schedule is estimated to leave on the graph."""
    keys = np.flatnonzero(graph.frames.key)
    left = _shown_errors(graph, schedule.anchors)
    untouched = _shown_errors(graph, np.zeros_like(schedule.anchors))
    return Estimate(
        clip,
        schedule.name,
        share=float(schedule.anchors.mean()),
        overall=float(left.sum() / untouched.sum()),
        later=float(left[keys[1] :].sum() / untouched[keys[1] :].sum()) if len(keys) > 1 else None,
    )


def _shown_errors(graph: ErrorGraph, anchors: Flags) -> NDArray[np.float64]:
    """Sum of the errors of each frame, 0 for those never displayed: float64 [T]."""
    errors = graph.errors(np.flatnonzero(anchors)).reshape(anchors.shape)
    sums: NDArray[np.float64] = errors.sum(axis=1) * graph.shown
    return sums
