"""Speed and memory figures, each beside its target; the words are those of docs/method.md."""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from functools import partial
from pathlib import Path
from statistics import median

import numpy as np
from rich.console import Console
from rich.table import Table
from scipy.sparse import random_array

from bench.clip import FRAMES, benchmark_clip
from bench.timing import seconds_of, side_by_side
from palantir import _core
from palantir.codec import decode_packets
from palantir.enhance import Enhancer
from palantir.graph import ErrorGraph, FrameTable
from palantir.graph.construct import GraphBuilder
from palantir.grid import PatchGrid
from palantir.media import VideoSource
from palantir.models import SRNetwork
from palantir.schedule import select

__all__ = ["print_figures"]

Row = tuple[str, str, str, str]  # what, measured, target, against


def print_figures() -> None:
    """Measure and print the table; about two minutes."""
    clip = benchmark_clip()
    rows = [*_decoding(clip), *_selection(), *_reuse(clip), *_process(clip)]
    table = Table(title=f"{clip.name}, {FRAMES} frames; one thread unless said; medians")
    for heading in ("what", "measured", "target", "against"):
        table.add_column(heading)
    for row in rows:
        table.add_row(*row)
    Console().print(table)


def _decoding(clip: Path) -> list[Row]:
    packets = [packet.data for packet in VideoSource(clip).packets()]
    grid = PatchGrid.default(854, 480)

    def decode(observe: bool) -> None:
        decoder = _core.Decoder(observe=observe)
        for data in packets:
            for frame in decoder.decode(data)[0]:
                frame.texture(grid.rows, grid.columns)
                frame.weights(grid.rows, grid.columns)

    stock, traced, ratio = side_by_side(lambda: decode(False), lambda: decode(True))
    frames = [frame for packet in decode_packets(clip) for frame in packet.frames]

    def construct() -> None:
        builder = GraphBuilder(grid)
        for frame in frames:
            builder.add(frame)
        builder.build()

    construction = seconds_of(construct)
    return [
        (
            "traced decode / stock decode",
            f"{ratio:.2f}x  ({_ms(traced)} / {_ms(stock)} a frame)",
            "<= 1.5x",
            "stock libvpx, same build, no observer",
        ),
        (
            "construction",
            f"{1e3 * construction / len(frames):.3f} ms a coded frame",
            "<= 3 ms",
            "decoded frames in memory to graph",
        ),
    ]


def _ms(seconds: float) -> str:
    return f"{1e3 * seconds / FRAMES:.2f} ms"


def _random_graph(frames: int, grid: PatchGrid) -> ErrorGraph:
    """Each patch refers to about six patches of the four frames before it."""
    random = np.random.default_rng(1)
    patches = grid.count
    nodes = frames * patches
    density = 6 / nodes
    upper = random_array((nodes, nodes), density=density, rng=random).tocoo()
    row, column = np.maximum(*upper.coords), np.minimum(*upper.coords)
    near = np.maximum(row // patches - 1 - column % 4, 0) * patches + column % patches
    keep = near // patches < row // patches
    weights = type(upper)(
        (upper.data[keep] * 0.3, (row[keep], near[keep])), shape=(nodes, nodes)
    ).tocsr()
    table = FrameTable.plain(64 * grid.columns, 64 * grid.rows, np.ones(frames, bool))
    size = (64 * grid.columns, 64 * grid.rows)
    return ErrorGraph(random.exponential(1e3, nodes), weights, table, grid, size)


def _selection() -> list[Row]:
    rows: list[Row] = []
    cases = (
        (60, PatchGrid(3, 5), 45, "<= 0.5 ms"),
        (60, PatchGrid(15, 27), 1215, "<= 100 ms"),
        (2, PatchGrid(3, 5), 2, "<= 10 us"),
    )
    for frames, grid, count, target in cases:
        graph = _random_graph(frames, grid)
        seconds = seconds_of(partial(_core.select_adjoint, *graph.arrays, count))
        measured = f"{1e3 * seconds:.3f} ms"
        if graph.nodes == 900:
            begin = time.perf_counter()
            select(graph, count, "sequential")
            measured += f", {(time.perf_counter() - begin) / seconds:.0f} times faster"
        rows.append(
            (
                f"selection, {graph.nodes} nodes, {count} anchors",
                measured,
                target,
                "the sequential selector" if graph.nodes == 900 else "",
            )
        )
    return rows


def _reuse(clip: Path) -> list[Row]:
    """Frames after a key frame all of whose patches were anchors: detail is live everywhere."""
    rows: list[Row] = []
    network = SRNetwork.load()
    grid = PatchGrid.default(854, 480)
    for mode in ("detail", "paper"):
        enhancer = Enhancer(network, grid, reuse=mode)
        times = []
        begin = time.perf_counter()
        for packet in decode_packets(clip):
            first = packet.packet.index == 0
            anchors = np.full((len(packet.frames), grid.count), first)
            enhancer.process(packet, anchors)
            now = time.perf_counter()
            if not first and packet.packet.index < 60:
                times.append(now - begin)
            begin = now
            if packet.packet.index == 60:
                break
        rows.append(
            (
                f"reuse only, {mode}, to x4, decode included",
                f"{1e3 * median(times):.1f} ms a frame",
                "<= 8 ms",
                "",
            )
        )
    return rows


def _process(clip: Path) -> list[Row]:
    def run(*arguments: str) -> float:
        command = [sys.executable, *arguments]
        return seconds_of(lambda: subprocess.run(command, check=True, capture_output=True), 5)

    empty = run("-c", "pass")
    imported = run("-c", "import palantir")
    cold = run("-m", "palantir.schedule", str(clip), "-o", "build/bench/cold.pcp")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return [
        ("import palantir", f"{1e3 * (imported - empty):.0f} ms over bare Python", "<= 150 ms", ""),
        (
            "cold latency of palantir.schedule",
            f"{cold:.2f} s for {FRAMES} frames",
            "",
            "process start to profile on disk",
        ),
        ("peak memory of this benchmark", f"{peak:.0f} MB", "", "holds all decoded LR frames"),
    ]
