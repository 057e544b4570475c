"""The graphs that selectors are timed on: those of clips, and some made up like a codec's."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from bench.clip import benchmark_clip
from bench.graphs import codec_like
from palantir.graph import ErrorGraph
from palantir.grid import PatchGrid

__all__ = ["CASES", "Case", "Shape", "cases_of_clip", "generated_cases", "interval_of"]


@dataclass(frozen=True)
class Shape:
    """`frames` coded frames from coded frame `first` on, of `grid` patches each."""

    frames: int
    grid: PatchGrid
    first: int = 0

    @property
    def nodes(self) -> int:
        """Patches of all frames."""
        return self.frames * self.grid.count

    def __str__(self) -> str:
        return f"{self.frames} x {self.grid}"


CASES = (
    Shape(2, PatchGrid(3, 5), 30),  # a live interval amid a GoP
    Shape(60, PatchGrid(3, 5)),  # a GoP
    Shape(300, PatchGrid(3, 5)),  # ten seconds
    Shape(60, PatchGrid(15, 27)),  # a GoP, 32x32 pixels
    Shape(247, PatchGrid(15, 27)),
)


@dataclass(frozen=True)
class Case:
    """A graph and where it comes from."""

    source: str
    shape: Shape
    graph: ErrorGraph


def generated_cases(shapes: Sequence[Shape] = CASES) -> Iterator[Case]:
    """The shapes as made-up graphs."""
    for shape in shapes:
        whole = codec_like(shape.first + shape.frames, shape.grid)
        yield Case("generated", shape, interval_of(whole, shape.first, shape.frames))


def cases_of_clip(
    shapes: Sequence[Shape] = CASES, lr: Path | None = None, name: str = "benchmark clip"
) -> Iterator[Case]:
    """Those shapes that the LR stream (None: the benchmark clip) is long enough for."""
    path = lr or benchmark_clip()
    for grid, group in groupby(shapes, key=lambda shape: shape.grid):
        whole = ErrorGraph.from_video(path, grid, error_model="paper")
        for shape in group:
            if shape.first + shape.frames <= len(whole.frames):
                yield Case(name, shape, interval_of(whole, shape.first, shape.frames))


def interval_of(graph: ErrorGraph, first: int, frames: int) -> ErrorGraph:
    """Some of its frames as a graph; what no anchor has cured comes in from those before."""
    return graph.between(first, first + frames, graph.errors())
