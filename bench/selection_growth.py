"""How the cost of `adjoint` grows with nodes, edges and anchors, each with the others held."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

import numpy as np

from bench.graphs import codec_like
from bench.report import Table, duration
from bench.timing import Timing, time_rounds
from palantir.graph import ErrorGraph
from palantir.grid import PatchGrid
from palantir.schedule import Picks

__all__ = ["Series", "growth_table", "measure_growth"]

_FRAMES = 60
_HELD_EDGES = 19_000
_MORE_NODES = ((8, 10, 6), (9, 10, 4), (9, 12, 3), (8, 15, 2), (10, 16, 1))  # grid, blocks
_FINEST = PatchGrid(20, 20)
_MORE_EDGES = (1, 2, 3, 4, 6, 8)  # blocks along a patch's side
_HELD_ANCHORS = 300
_MORE_ANCHORS = (30, 100, 300, 1000, 3000)
_FINER = ((3, 5), (6, 10), (10, 20), (20, 20), (28, 42))
_LONGER = (60, 120, 240, 480, 960)  # frames

Choose = Callable[[ErrorGraph, int], Picks]


@dataclass(frozen=True)
class Point:
    """One measurement."""

    nodes: int
    edges: int
    anchors: int
    timing: Timing


@dataclass(frozen=True)
class Series:
    """Measurements along which something grows: "nodes", "edges" or "anchors"."""

    name: str
    grows: str
    points: Sequence[Point]

    @property
    def sizes(self) -> list[int]:
        """What grows, at each point."""
        return [getattr(point, self.grows) for point in self.points]

    @property
    def seconds(self) -> list[float]:
        """Medians."""
        return [point.timing.median for point in self.points]

    @property
    def exponent(self) -> float:
        """Slope of the logarithm of the cost over that of the size, by least squares."""
        return float(np.polyfit(np.log(self.sizes), np.log(self.seconds), 1)[0])

    def to_dict(self) -> dict[str, Any]:
        """Ready for JSON."""
        return asdict(self) | {"exponent": self.exponent}


def measure_growth(choose: Choose, lasting: float) -> Iterator[Series]:
    """Five series; each point is timed for so many seconds."""
    time = partial(_point, choose, lasting)
    yield Series("nodes", "nodes", [time(graph, _HELD_ANCHORS) for graph in _more_nodes()])
    yield Series("edges", "edges", [time(graph, _HELD_ANCHORS) for graph in _more_edges()])
    finest = codec_like(_FRAMES, _FINEST)
    yield Series("anchors", "anchors", [time(finest, count) for count in _MORE_ANCHORS])
    yield Series("finer patches", "nodes", [time(g, g.nodes // 20) for g in _finer_patches()])
    yield Series("longer segment", "nodes", [time(g, g.nodes // 20) for g in _longer_segments()])


def growth_table(series: Sequence[Series]) -> Table:
    """One row a series, and the exponents as a formula."""
    power = {one.name: f"{one.exponent:.2f}" for one in series}
    return Table(
        "Growth of the cost of `adjoint`",
        ("what grows", "nodes", "edges", "anchors", "cost", "exponent"),
        [_row(one) for one in series],
        f"cost ~ nodes^{power['nodes']} edges^{power['edges']} anchors^{power['anchors']}: slopes "
        "of the logarithms, each with the other two held, on made-up graphs of "
        f"{_FRAMES} frames. With finer patches or a longer segment edges grow with the nodes, and "
        "anchors stay 1/20 of them; the exponent is that of the nodes.",
    )


def _row(series: Series) -> tuple[str, ...]:
    first, last = series.points[0], series.points[-1]
    columns = [
        f"{getattr(first, name)}..{getattr(last, name)}"
        if getattr(first, name) != getattr(last, name)
        else str(getattr(first, name))
        for name in ("nodes", "edges", "anchors")
    ]
    cost = f"{duration(series.seconds[0])}..{duration(series.seconds[-1])}"
    return series.name, *columns, cost, f"{series.exponent:.2f}"


def _point(choose: Choose, lasting: float, graph: ErrorGraph, anchors: int) -> Point:
    edges = len(graph.arrays.weight)
    timing = time_rounds(partial(choose, graph, anchors), lasting)
    return Point(graph.nodes, edges, anchors, timing)


def _more_nodes() -> Iterator[ErrorGraph]:
    """More patches, cut into fewer blocks: about as many edges, so that few need be dropped."""
    for rows, columns, blocks in _MORE_NODES:
        grid = PatchGrid(rows, columns)
        yield codec_like(_FRAMES, grid, blocks=blocks, edges=_HELD_EDGES)


def _more_edges() -> Iterator[ErrorGraph]:
    for blocks in _MORE_EDGES:
        yield codec_like(_FRAMES, _FINEST, blocks=blocks)


def _finer_patches() -> Iterator[ErrorGraph]:
    for rows, columns in _FINER:
        yield codec_like(_FRAMES, PatchGrid(rows, columns))


def _longer_segments() -> Iterator[ErrorGraph]:
    for frames in _LONGER:
        yield codec_like(frames, PatchGrid(3, 5))
