"""The `engine` command: enhancement at several sizes beside what bounds it and what replaces it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from statistics import median
from typing import Any

from bench.clip import FRAME_RATE, benchmark_clip
from bench.engine_peers import Peers, measure_peers, per_frame_seconds
from bench.engine_run import Finding, Run, find
from bench.kept_timings import build_of
from bench.report import Report, Table, machine
from bench.untrained import paper_network
from palantir.cli.progress import progress_bar
from palantir.enhance.calibration import stream_patches
from palantir.evaluate.kept_results import KeptResults
from palantir.graph import ErrorGraph
from palantir.media import VideoSource
from palantir.models import SRNetwork, quantize, shipped_model
from palantir.profile import CacheProfile
from palantir.schedule import select

__all__ = ["SIZES", "Size", "report_engine"]

_FOLDER = Path("build/bench")
_INT8, _FLOAT, _PAPER = "int8", "float", "8x48"
_BUDGETS = (0.0, 1 / 60, 1 / 20, 1 / 10)
_OTHERS_AT = 1 / 20  # the budget that networks other than the int8 one are run at
_REAL_TIME = 30  # frames a second
_PATCHES = 32  # that int8 networks are calibrated on
_KEY = ("build", "size", "threads", "budget", "network", "frames")


@dataclass(frozen=True)
class Size:
    """An LR size and what it is enlarged by."""

    width: int
    height: int
    scale: int

    @property
    def sr(self) -> tuple[int, int]:
        """Width and height of the SR picture."""
        return self.width * self.scale, self.height * self.scale

    def __str__(self) -> str:
        return f"{self.width}x{self.height} x{self.scale}"


_PAPER_SIZE = Size(854, 480, 4)
SIZES = (Size(426, 240, 4), _PAPER_SIZE, Size(960, 540, 4), Size(1920, 1080, 2))


@dataclass(frozen=True)
class _Row:
    """What was measured of a size, a number of threads, a share of patches and a network."""

    size: Size
    threads: int
    budget: float
    network: str
    finding: Finding
    peers: Peers
    per_frame: float  # seconds of the network on a whole picture, on as many threads

    @classmethod
    def of(cls, kept: dict[str, Any]) -> _Row:
        size = next(size for size in SIZES if str(size) == kept["size"])
        finding, peers = Finding(**kept["finding"]), Peers(**kept["peers"])
        ours = (kept["threads"], kept["budget"], kept["network"])
        return cls(size, *ours, finding, peers, kept["per_frame"])

    @property
    def seconds(self) -> float:
        return self.finding.seconds / self.finding.frames

    @property
    def cells(self) -> list[str]:
        one, peers = self.finding, self.peers
        others = (peers.decode, peers.bilinear, peers.bicubic, self.per_frame, peers.copy)
        return [
            str(self.size), str(self.threads), f"{100 * self.budget:.3g} %", self.network,
            f"{1e3 * self.seconds:.1f}", f"{1 / self.seconds:.1f}",
            *(f"{1e3 * stage / one.frames:.2f}" for stage in one.stages),
            *(f"{self.seconds / other:.2f}" for other in others),
            f"{one.cpu / one.frames * _REAL_TIME:.2f}", f"{one.peak:.0f}",
        ]  # fmt: skip


class _Bench:
    """The clip of one size, and all that is measured on it."""

    def __init__(self, size: Size, frames: int) -> None:
        self._size, self._frames = size, frames
        self._per_frame: dict[tuple[str, int], float] = {}

    def measure(self, threads: int, budget: float, network: str) -> dict[str, Any]:
        """A row, as it is kept."""
        model, told = self._models[network], (network, threads)
        if told not in self._per_frame:
            size = (self._size.width, self._size.height)
            self._per_frame[told] = per_frame_seconds(size, model, threads)
        run = Run(str(self._clip), str(self._profile(budget)), str(model), self._frames, threads)
        return {
            "finding": asdict(find(run)),
            "peers": asdict(measure_peers(self._clip, self._size.sr, self._frames)),
            "per_frame": self._per_frame[told],
        }

    @cached_property
    def _clip(self) -> Path:
        return benchmark_clip(self._size.width, self._size.height)

    @cached_property
    def _graph(self) -> ErrorGraph:
        return ErrorGraph.from_video(self._clip, "3x5", error_model="paper")

    @cached_property
    def _models(self) -> dict[str, Path]:
        shipped = shipped_model(self._size.scale)
        models = {_FLOAT: shipped, _INT8: _int8(shipped, self._clip)}
        if self._size == _PAPER_SIZE:
            models[_PAPER] = paper_network(_FOLDER / "untrained-paper-x4.onnx")
        return models

    def _profile(self, budget: float) -> Path:
        """The anchors, with the same share in all that is timed, be it shorter than a GoP."""
        path = _FOLDER / f"engine-{self._size.width}-{budget:.4f}.pcp"
        interval = f"{1000 * self._frames // FRAME_RATE}ms"
        if budget:
            selection = select(self._graph, budget, interval=interval)
        else:
            selection = select(self._graph, 1, "none")
        CacheProfile.from_selection(self._graph, selection).save(path)
        return path


def report_engine(sizes: Sequence[Size], frames: int, fresh: bool) -> Report:
    """Measure `frames` frames of each row; what an earlier run kept is not measured again.

    With `fresh` it is.
    """
    path = _FOLDER / "engine.jsonl"
    if fresh:
        path.unlink(missing_ok=True)
    kept, build = KeptResults(path, _KEY), build_of("codec", "enhance", "models")
    cases = [(size, *case) for size in sizes for case in _cases(size)]
    rows: list[_Row] = []
    benches = {size: _Bench(size, frames) for size in sizes}
    with progress_bar("engine", len(cases), None) as progress:
        for size, threads, budget, network in cases:
            progress(len(rows), f"{size}, {100 * budget:.3g} %, {network}")
            key = dict(zip(_KEY, (build, str(size), threads, budget, network, frames), strict=True))
            if kept.find(**key) is None:
                kept.add({**key, **benches[size].measure(threads, budget, network)})
            rows.append(_Row.of(kept.find(**key) or {}))
            progress(len(rows))
    options = [f" --size {size.width}x{size.height}" for size in sizes if tuple(sizes) != SIZES]
    return Report(
        "engine",
        "".join([f"python -m bench engine --frames {frames}", *options]),
        [_speed_table(rows, frames), _peers_table(rows)],
        {"machine": machine(), "frames": frames, "rows": [asdict(row) for row in rows]},
    )


def _cases(size: Size) -> Iterator[tuple[int, float, str]]:
    """Threads, share of patches, network."""
    for threads in (1, 2) if (os.cpu_count() or 1) > 1 else (1,):
        yield from ((threads, budget, _INT8) for budget in _BUDGETS)
        yield threads, _OTHERS_AT, _FLOAT
        if size == _PAPER_SIZE:
            yield threads, _OTHERS_AT, _PAPER


def _int8(model: Path, clip: Path) -> Path:
    """Its 8-bit form, calibrated on the clip; made once."""
    path = _FOLDER / f"{model.stem}-int8-{clip.stem}.onnx"
    if not path.exists():
        network, source = SRNetwork.load(model), VideoSource(clip)
        quantize(network, stream_patches(source, network, _PATCHES), path)
    return path


def _speed_table(rows: list[_Row], frames: int) -> Table:
    return Table(
        "Enhancement into memory",
        [
            "LR size", "threads", "anchors", "network", "ms a frame", "frames/s",
            "decode and trace", "inference", "reuse", "/ stock decode", "/ bilinear", "/ bicubic",
            "/ per-frame SR", "/ copy", "cores for 30 frames/s", "peak MB",
        ],
        [row.cells for row in rows],
        f"The benchmark clip's first {frames} frames, detail reuse, on {machine()}. Ms a frame: "
        "with the stages overlapped where there are two threads; those of each stage are of a "
        "second pass, in turn. Ratios are of the ms a frame to times taken just before, which the "
        "second table tells. Cores: 30 times the CPU time of a frame. Networks: the shipped one "
        "in 8 bits (calibrated on the clip) and in float, the paper's 8x48 with random weights. "
        "Each row is a process of its own, whose peak memory is told.",
    )  # fmt: skip


def _peers_table(rows: list[_Row]) -> Table:
    """The others' times; of what is measured beside each row, the size's median."""
    names = (_INT8, _FLOAT, _PAPER)
    columns = [(name, threads) for name in names for threads in sorted({r.threads for r in rows})]
    cells = []
    for size in dict.fromkeys(row.size for row in rows):
        ours = [row for row in rows if row.size == size]
        alone = {(row.network, row.threads): f"{1e3 * row.per_frame:.0f}" for row in ours}
        shared = (
            median(getattr(row.peers, name) for row in ours)
            for name in ("decode", "bilinear", "bicubic", "copy")
        )
        cells.append([
            str(size), *(f"{1e3 * value:.2f}" for value in shared),
            *(alone.get(column, "-") for column in columns),
        ])  # fmt: skip
    return Table(
        "What it is compared with",
        [
            "LR size", "stock decode", "bilinear", "bicubic", "copy",
            *(f"per-frame SR, {name}, {threads} thread{'s' * (threads > 1)}"
              for name, threads in columns),
        ],
        cells,
        "Milliseconds a frame: libvpx without observer; upscaling by swscale; copying the SR frame "
        "once: on one thread, medians over the size's rows; the network alone on whole pictures.",
    )  # fmt: skip
