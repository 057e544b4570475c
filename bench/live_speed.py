"""How long live selection takes an interval, and how ten streams share the cores."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from bench.timing import Timing, side_by_side
from palantir import _core
from palantir.codec import CodedFrame, DecodedPacket, decode_packets
from palantir.graph.error_models import ErrorModel, PatchErrors, paper
from palantir.grid import PatchGrid
from palantir.schedule.live import LiveScheduler

__all__ = ["STREAMS", "Part", "Scaling", "measure_parts", "measure_scaling"]

STREAMS = 10
_COARSE, _FINE = PatchGrid(3, 5), PatchGrid(15, 27)
_SETTINGS: tuple[tuple[PatchGrid, int | str, bool], ...] = (  # grid, interval, errors known
    (_COARSE, 2, False),
    (_COARSE, 2, True),
    (_COARSE, 12, True),
    (_FINE, 2, True),
    (_FINE, "gop", True),
    (_FINE, "gop", False),
)
_FRAMES = 2  # of an interval
_ANCHORS = 2  # 5 % of 30 patches, to the nearest
_PASSES = 10  # over the clip, where errors are known beforehand
_FEW_PASSES = 1
_SCALED = 65  # packets of each of the STREAMS, about a GoP
_ROUNDS = 7

Samples = dict[str, list[float]]  # seconds of each interval, by what they were spent in


@dataclass(frozen=True)
class Part:
    """Seconds that an interval spends in one thing; `rounds` of its timing are intervals."""

    name: str
    tail: bool
    timing: Timing

    def to_dict(self) -> dict[str, Any]:
        """Ready for JSON."""
        return asdict(self)


@dataclass(frozen=True)
class Scaling:
    """STREAMS schedulers over one and over two threads.

    known      errors and weights were worked out beforehand; else that counts too
    one, two   intervals a second, all of them together
    speedup    two / one, the median over the rounds
    """

    grid: str
    interval: str
    known: bool
    one: float
    two: float
    speedup: float

    def to_dict(self) -> dict[str, Any]:
        """Ready for JSON."""
        return asdict(self)


def measure_parts(clip: Path) -> Iterator[Part]:
    """Of intervals of 2 frames of 3x5 patches; packets decoded beforehand."""
    packets = list(decode_packets(clip, grid=_COARSE))
    frames = [frame for packet in packets for frame in packet.frames]
    errors = {frame.index: paper(frame, _COARSE) for frame in frames}
    for tail in (False, True):
        samples = _native(frames, errors, tail)
        known = _known(packets, _COARSE)
        samples["LiveScheduler, errors known"] = _schedulers(packets, tail, known, _PASSES)
        samples["LiveScheduler, whole"] = _schedulers(packets, tail, paper, _FEW_PASSES)
        yield from (Part(name, tail, _timing(seconds)) for name, seconds in samples.items())


def _native(frames: Sequence[CodedFrame], errors: Mapping[int, PatchErrors], tail: bool) -> Samples:
    """By calls of the native core."""
    steps = (f"push of {_FRAMES} frames", "select", "settle")
    samples: Samples = {step: [] for step in steps}
    columns = [
        (f.index, f.shown, f.key, f.slots, _COARSE.count, *errors[f.index][:5]) for f in frames
    ]
    for _ in range(_PASSES):
        live = _core.LiveSelector(_COARSE.count, tail)
        for first in range(0, len(columns) - _FRAMES + 1, _FRAMES):
            times = [time.perf_counter()]
            for column in columns[first : first + _FRAMES]:
                live.push(_core.LiveFrame(*column))
            times.append(time.perf_counter())
            order, *_ = live.select(_ANCHORS, math.inf)
            times.append(time.perf_counter())
            live.settle(order)
            times.append(time.perf_counter())
            for step, seconds in zip(steps, np.diff(times).tolist(), strict=True):
                samples[step].append(seconds)
    return samples


def _known(packets: Sequence[DecodedPacket], grid: PatchGrid) -> ErrorModel:
    """The paper's error model, worked out beforehand."""
    errors = {frame.index: paper(frame, grid) for packet in packets for frame in packet.frames}
    return lambda frame, _: errors[frame.index]


def _schedulers(
    packets: Sequence[DecodedPacket], tail: bool, model: ErrorModel, passes: int
) -> list[float]:
    """Of the intervals whose frames came in packets that held no other's."""
    samples = []
    for _ in range(passes):
        live = LiveScheduler(0.05, _FRAMES, _COARSE, tail=tail, error_model=model)
        seconds, pushed = 0.0, 0
        for packet in packets:
            begin = time.perf_counter()
            closed = live.push(packet)
            seconds += time.perf_counter() - begin
            pushed += len(packet.frames)
            if not closed:
                continue
            if pushed == _FRAMES:
                samples.append(seconds)
            seconds, pushed = 0.0, pushed - sum(len(interval.index) for interval in closed)
    return samples


def _timing(seconds: Sequence[float]) -> Timing:
    low, middle, high = np.quantile(seconds, (0.25, 0.5, 0.75)).tolist()
    return Timing(middle, low, high, len(seconds))


def measure_scaling(clip: Path) -> Iterator[Scaling]:
    """Each setting; packets decoded beforehand, everything after that counted."""
    packets = list(islice(decode_packets(clip), _SCALED))
    for grid, interval, known in _SETTINGS:
        model = _known(packets, grid) if known else paper
        scheduler = partial(LiveScheduler, 0.05, interval, grid, tail=True, error_model=model)
        short = known and grid == _COARSE
        stream = partial(_stream, packets, scheduler, _PASSES if short else _FEW_PASSES)
        one, two, ratio = side_by_side(
            partial(_over_threads, 1, stream), partial(_over_threads, 2, stream), _ROUNDS
        )
        closed = STREAMS * stream(0)
        yield Scaling(str(grid), str(interval), known, closed / one, closed / two, 1 / ratio)


def _stream(
    packets: Sequence[DecodedPacket], scheduler: Callable[[], LiveScheduler], passes: int, _: int
) -> int:
    """Intervals closed in so many passes over the packets, by a scheduler each."""
    closed = 0
    for _ in range(passes):
        live = scheduler()
        closed += sum(len(live.push(packet)) for packet in packets) + len(live.flush())
    return closed


def _over_threads(threads: int, stream: Callable[[int], int]) -> None:
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(stream, range(STREAMS)))
