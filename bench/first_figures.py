"""Speed and memory figures, each beside its target; the words are those of docs/method.md."""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from fractions import Fraction
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.cases import Shape, generated_cases, interval_of
from bench.clip import FRAMES, benchmark_clip
from bench.reuse import time_reuse
from bench.selection_latency import anchors_within
from bench.timing import seconds_of, side_by_side
from palantir import _core
from palantir.codec import decode_packets
from palantir.graph import ErrorGraph
from palantir.graph.construct import GraphBuilder
from palantir.grid import PatchGrid
from palantir.media import VideoSource
from palantir.schedule import select

__all__ = ["print_figures"]

_SELECTIONS = 15  # rounds of each selection
_REUSES = 5

Row = tuple[str, str, str, str]  # what, measured, target, against


def print_figures() -> None:
    """Measure and print the table; about two minutes."""
    clip = benchmark_clip()
    rows = [*_decoding(clip), *_selection(clip), *_reuse(), *_process(clip)]
    table = Table(title=f"{clip.name}, {FRAMES} frames; one thread unless said; medians")
    for heading in ("what", "measured", "target", "against"):
        table.add_column(heading)
    for row in rows:
        table.add_row(*row)
    Console().print(table)


def _decoding(clip: Path) -> list[Row]:
    packets = [packet.data for packet in VideoSource(clip).packets()]
    grid = PatchGrid(3, 5)

    def decode(observe: bool) -> None:
        decoder = _core.Decoder(observe=observe)
        for data in packets:
            for frame in decoder.decode(data)[0]:
                frame.texture(grid.rows, grid.columns)
                frame.weights(grid.rows, grid.columns)

    stock, traced, ratio = side_by_side(lambda: decode(False), lambda: decode(True))
    frames = [frame for packet in decode_packets(clip) for frame in packet.frames]

    def construct() -> None:
        builder = GraphBuilder(grid, error_model="paper")
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
            "decoded frames in memory to graph, by the paper's error model",
        ),
    ]


def _ms(seconds: float) -> str:
    return f"{1e3 * seconds / FRAMES:.2f} ms"


def _selection(clip: Path) -> list[Row]:
    """On graphs of the clip, and on one made up of the size that a target is stated for."""
    coarse, fine = (_first_gop(clip, grid) for grid in (PatchGrid(3, 5), PatchGrid(15, 27)))
    (generated,) = generated_cases([Shape(60, PatchGrid(15, 27))])
    live = interval_of(coarse, 30, 2)
    return [
        _selection_row("a GoP of the clip", coarse, "<= 0.5 ms", against_sequential=True),
        _selection_row("a GoP of the clip", fine, "<= 100 ms"),
        _selection_row("generated", generated.graph, "<= 100 ms"),
        _selection_row("2 frames of the clip", live, "<= 10 us"),
    ]


def _first_gop(clip: Path, grid: PatchGrid) -> ErrorGraph:
    builder = GraphBuilder(grid, error_model="paper")
    for packet in decode_packets(clip, grid=grid):
        if packet.packet.index and any(frame.key for frame in packet.frames):
            break
        for frame in packet.frames:
            builder.add(frame)
        if packet.displayed is not None:
            builder.show(packet.displayed)
    return builder.build()


def _selection_row(
    what: str, graph: ErrorGraph, target: str, against_sequential: bool = False
) -> Row:
    count = anchors_within(Fraction(1, 20), graph.nodes)
    seconds = seconds_of(partial(_core.select_adjoint, *graph.arrays, count), _SELECTIONS)
    measured = f"{1e6 * seconds:.2f} us" if seconds < 1e-4 else f"{1e3 * seconds:.3f} ms"
    if against_sequential:
        begin = time.perf_counter()
        select(graph, count, "sequential")
        measured += f", {(time.perf_counter() - begin) / seconds:.0f} times faster"
    return (
        f"selection, {what}: {graph.nodes} nodes, {count} anchors",
        measured,
        target,
        "the sequential selector, compiled" * against_sequential,
    )


def _reuse() -> list[Row]:
    rows: list[Row] = []
    for share, words in ((Fraction(0), "no anchors"), (Fraction(1, 60), "detail of 1/60 anchors")):
        found = time_reuse(share, _REUSES)
        times = f"{1e3 * found.one_thread:.1f} ms a frame, {1e3 * found.two_threads:.1f} on two"
        rows.append(
            (
                f"reuse only to x4, decode included, {words}",
                f"{times} threads: {found.ratio:.2f}x",
                "<= 8 ms; >= 1.7x",
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
