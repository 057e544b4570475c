"""The `engine` command: enhancement at several sizes beside what bounds it and what replaces it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from bench.clip import benchmark_clip
from bench.engine_run import Finding, Run, find
from bench.report import Report, Table, machine
from bench.timing import seconds_of
from bench.untrained import paper_network
from palantir import _core
from palantir.cli.progress import progress_bar
from palantir.codec import decode_packets
from palantir.graph import ErrorGraph
from palantir.media import VideoSource
from palantir.media.pictures import to_frame
from palantir.models import SRNetwork
from palantir.profile import CacheProfile
from palantir.schedule import select

__all__ = ["FOLDER", "SIZES", "Size", "report_engine", "thread_counts"]

_BUDGETS = (0.0, 1 / 60, 1 / 20, 1 / 10)
_PAPER_AT = 1 / 20  # the budget that the paper's network is run at, too
_REAL_TIME = 30  # frames a second
_PEER_FRAMES = 10
_NETWORK_ROUNDS = 2
FOLDER = Path("build/bench")


@dataclass(frozen=True)
class Size:
    """An LR size and what it is enlarged by."""

    width: int
    height: int
    scale: int

    def __str__(self) -> str:
        return f"{self.width}x{self.height} x{self.scale}"


SIZES = (Size(426, 240, 4), Size(854, 480, 4), Size(960, 540, 4), Size(1920, 1080, 2))


@dataclass(frozen=True)
class Peers:
    """Seconds a frame, on one thread: of less work, and of other ways to the same size."""

    decode: float  # stock libvpx
    copy: float  # of the SR frame
    bilinear: float  # swscale
    bicubic: float
    per_frame: float  # network alone, on as many threads as said


@dataclass(frozen=True)
class _Case:
    """What a row is of: `budget` as a share of patches, a profile with as many, a network."""

    budget: float
    label: str
    profile: Path
    model: Path | None


def report_engine(
    sizes: Sequence[Size], models: dict[int, Path | None], frames: int, threads: tuple[int, ...]
) -> Report:
    """Measure everything; `models` by scale, None the shipped one."""
    rows, stages, data = [], [], []
    paper = paper_network(FOLDER / "untrained-paper-x4.onnx")
    total = len(threads) * sum(len(_BUDGETS) + (size.scale == 4) for size in sizes)
    with progress_bar("engine", total, None) as report:
        for size in sizes:
            clip = benchmark_clip(size.width, size.height)
            cases = _cases(clip, size, models[size.scale], paper)
            for count in threads:
                bounds = _bounds(clip, size)
                for case in cases:
                    peers = Peers(*bounds, _network_seconds(size, case.model, count))
                    found = _measure(clip, case, frames, count)
                    rows.append(_row(size, count, case.label, found[0], peers))
                    stages.append(_stage_row(size, count, case.label, found[1], peers))
                    data.append(_datum(size, count, case, found, peers))
                    report(len(rows))
    all_sizes = tuple(sizes) == SIZES
    options = [] if all_sizes else [f" --size {size.width}x{size.height}" for size in sizes]
    if model := models.get(4):
        options.append(f" --model {model.name}")
    return Report(
        "engine",
        "".join([f"python -m bench engine --frames {frames}", *options]),
        [_speed_table(rows, frames), _stage_table(stages)],
        {"machine": machine(), "frames": frames, "rows": data},
    )


def _cases(clip: Path, size: Size, model: Path | None, paper: Path) -> list[_Case]:
    """One a budget, and at x4 one with the paper's network."""
    graph = ErrorGraph.from_video(clip)
    cases = [
        _Case(budget, f"{100 * budget:.3g} %", _profile(graph, clip, budget), model)
        for budget in _BUDGETS
    ]
    if size.scale == 4:
        at = next(case for case in cases if case.budget == _PAPER_AT)
        cases.append(replace(at, label=f"{at.label}, 8x48 network", model=paper))
    return cases


def _measure(clip: Path, case: _Case, frames: int, threads: int) -> tuple[Finding, Finding]:
    """Overlapped, and stage by stage."""
    told = None if case.model is None else str(case.model)
    return tuple(  # type: ignore[return-value]
        find(Run(str(clip), str(case.profile), told, "detail", frames, threads, stages))
        for stages in (False, True)
    )


def _profile(graph: ErrorGraph, clip: Path, budget: float) -> Path:
    path = FOLDER / f"{clip.stem}-{budget:.4f}.pcp"
    selection = select(graph, budget, interval="gop") if budget else select(graph, 1, "none")
    CacheProfile.from_selection(graph, selection).save(path)
    return path


def _bounds(clip: Path, size: Size) -> tuple[float, float, float, float]:
    """The first four of `Peers`."""
    packets = [packet.data for packet in VideoSource(clip).packets()]

    def decode() -> None:
        decoder = _core.Decoder(observe=False)
        for data in packets:
            decoder.decode(data)

    pictures = list(_pictures(clip))
    enlarged = (size.width * size.scale, size.height * size.scale)

    def swscale(interpolation: str) -> None:
        for picture in pictures:
            picture.reformat(*enlarged, interpolation=interpolation, threads=1)

    sr = np.zeros(enlarged[0] * enlarged[1] * 3 // 2, np.uint8)
    target = np.empty_like(sr)
    target[:] = sr
    return (
        seconds_of(decode, 3) / len(packets),
        seconds_of(lambda: np.copyto(target, sr), 20),
        seconds_of(lambda: swscale("BILINEAR"), 3) / len(pictures),
        seconds_of(lambda: swscale("BICUBIC"), 3) / len(pictures),
    )


def _network_seconds(size: Size, model: Path | None, threads: int) -> float:
    network = SRNetwork.load(model, threads=threads)
    channels = 1 if network.colour == "luma" else 3
    picture = np.zeros((1, channels, size.height, size.width), np.float32)
    return seconds_of(lambda: network.run(picture), _NETWORK_ROUNDS)


def _pictures(clip: Path) -> Iterator[Any]:
    frames = (frame for packet in decode_packets(clip) for frame in packet.frames)
    for frame in islice(frames, _PEER_FRAMES):
        yield to_frame(frame.native.planes)


def _row(size: Size, threads: int, budget: str, found: Finding, peers: Peers) -> list[str]:
    seconds = found.seconds / found.frames
    ratios = (peers.decode, peers.copy, peers.bilinear, peers.bicubic, peers.per_frame)
    return [
        str(size), str(threads), budget, f"{1e3 * seconds:.1f}", f"{1 / seconds:.1f}",
        *(f"{seconds / peer:.2f}" for peer in ratios),
        f"{found.cpu / found.frames * _REAL_TIME:.2f}", f"{found.peak:.0f}",
    ]  # fmt: skip


def _stage_row(size: Size, threads: int, budget: str, found: Finding, peers: Peers) -> list[str]:
    stages = (f"{1e3 * seconds / found.frames:.2f}" for seconds in found.stages)
    bounds = (f"{1e3 * seconds:.2f}" for seconds in (peers.decode, peers.copy))
    return [str(size), str(threads), budget, *stages, *bounds]


def _datum(
    size: Size, threads: int, case: _Case, found: tuple[Finding, Finding], peers: Peers
) -> dict[str, Any]:
    return {
        "size": asdict(size), "threads": threads, "budget": case.budget, "anchors": case.label,
        "overlapped": asdict(found[0]), "in_turn": asdict(found[1]), "peers": asdict(peers),
    }  # fmt: skip


def _speed_table(rows: list[list[str]], frames: int) -> Table:
    return Table(
        "Enhancement into memory",
        [
            "LR size", "threads", "anchors", "ms a frame", "frames/s", "/ stock decode",
            "/ copy of the SR frame", "/ swscale bilinear", "/ swscale bicubic",
            "/ per-frame network", "cores for 30 frames/s", "peak MB",
        ],
        rows,
        f"{frames} frames of the benchmark clip, detail reuse, on {machine()}. Ratios are of the "
        "time a frame; peers have one thread, the network as many as the row. Cores for 30 "
        "frames/s: 30 times the CPU time of a frame. 8x48 network: the paper's, and at x2 one of "
        "the shipped network's shape, both with random weights. Each row is a process of its own; "
        "the first frame is not counted.",
    )  # fmt: skip


def _stage_table(rows: list[list[str]]) -> Table:
    return Table(
        "Where the time goes",
        [
            "LR size", "threads", "anchors", "decode and trace", "network", "reuse",
            "stock decode", "copy of the SR frame",
        ],
        rows,
        "Milliseconds a frame, stages taken in turn.",
    )  # fmt: skip


def thread_counts() -> tuple[int, ...]:
    """1 and 2, where there are two cores."""
    return (1, 2) if (os.cpu_count() or 1) > 1 else (1,)
