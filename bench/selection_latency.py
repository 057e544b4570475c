"""How long selectors take from the graph in memory to ordered anchors."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from fractions import Fraction
from functools import partial
from itertools import groupby
from math import floor
from typing import Any

from bench.cases import Case
from bench.contenders import PEER, Contender
from bench.graphs import codec_like
from bench.report import Table, duration, spread
from bench.selection_kept import Kept, Limits, Timed
from bench.timing import Timing, time_rounds
from palantir.graph import ErrorGraph
from palantir.grid import PatchGrid

__all__ = [
    "BUDGETS",
    "Cell",
    "anchors_within",
    "latency_tables",
    "measure_cases",
    "measure_counts",
]

_TELLING = 500  # nodes; the cost of smaller graphs is that of calls
BUDGETS = (Fraction(1, 60), Fraction(1, 20), Fraction(1, 10))


@dataclass(frozen=True)
class Cell:
    """Latency of one selector on one graph.

    timing    None where a single pick would take too long
    measured  picks that were timed; fewer than `anchors` where the rest is extrapolated
    """

    source: str
    frames: int
    grid: str
    nodes: int
    edges: int
    anchors: int
    selector: str
    threads: int
    timing: Timing | None
    measured: int

    @property
    def case(self) -> tuple[str, int, int, int]:
        """What a row of the table stands for."""
        return self.source, self.nodes, self.edges, self.anchors

    def to_dict(self) -> dict[str, Any]:
        """Ready for JSON."""
        return asdict(self)


def measure_counts(
    case: Case, contender: Contender, counts: Sequence[int], limits: Limits, kept: Kept
) -> Iterator[Cell]:
    """One contender on one graph, for each count of anchors (rising)."""
    return _Stopwatch(contender, limits, kept).cells(case, counts)


class _Stopwatch:
    """Times one contender on graphs of growing size, extrapolating what would take too long."""

    def __init__(self, contender: Contender, limits: Limits, kept: Kept) -> None:
        self.contender, self._limits, self._kept = contender, limits, kept
        self._per_visit = 0.0  # seconds a pick, per node times what is visited; of the last graph
        contender.choose(codec_like(2, PatchGrid(1, 1)), 1)  # what it imports is not its latency

    def cells(self, case: Case, counts: Sequence[int]) -> Iterator[Cell]:
        """One cell a count of anchors (rising)."""
        edges = len(case.graph.arrays.weight)  # the arrays are made before the clock starts
        results = self._kept_or_timed(case, counts)
        for count, (timing, measured) in zip(counts, results, strict=True):
            yield Cell(
                source=case.source,
                frames=case.shape.frames,
                grid=str(case.shape.grid),
                nodes=case.graph.nodes,
                edges=edges,
                anchors=count,
                selector=self.contender.name,
                threads=self.contender.threads,
                timing=timing,
                measured=measured,
            )

    def _kept_or_timed(self, case: Case, counts: Sequence[int]) -> list[tuple[Timing | None, int]]:
        found = self._kept.find(case, self.contender, counts, self._limits)
        if found is not None:
            self._per_visit = found.per_visit
            return found.results
        begin = time.perf_counter()
        results = list(self._time(case.graph, counts))
        taken = time.perf_counter() - begin
        done = Timed(results, self._per_visit)
        self._kept.add(case, self.contender, counts, self._limits, done, taken)
        return results

    def _time(
        self, graph: ErrorGraph, counts: Sequence[int]
    ) -> Iterable[tuple[Timing | None, int]]:
        """Timing and picks timed; nothing of a graph too large, judged by the one before."""
        visits = graph.nodes * (graph.nodes + len(graph.arrays.weight))
        if not self.contender.steady:
            return ((self._rounds(graph, count), count) for count in counts)
        if self._per_visit * visits > self._limits.pick:
            return ((None, 0) for _ in counts)
        begin = time.perf_counter()
        self.contender.choose(graph, 1)
        pick = time.perf_counter() - begin
        if graph.nodes >= _TELLING:
            self._per_visit = pick / visits
        return self._steady(graph, counts, pick)

    def _steady(
        self, graph: ErrorGraph, counts: Sequence[int], pick: float
    ) -> Iterator[tuple[Timing, int]]:
        few = max(1, int(self._limits.selection / pick))
        partly: Timing | None = None
        for count in counts:
            if count <= few:
                yield self._rounds(graph, count), count
            else:
                alone = Timing(pick, pick, pick, 1)
                partly = partly or (self._rounds(graph, few) if few > 1 else alone)
                yield partly.times(count / few), few

    def _rounds(self, graph: ErrorGraph, count: int) -> Timing:
        return time_rounds(partial(self.contender.choose, graph, count), self._limits.rounds)


def measure_cases(
    cases: Iterable[Case],
    contenders: Sequence[Contender],
    limits: Limits,
    kept: Kept,
    budgets: Sequence[Fraction] = BUDGETS,
) -> Iterator[Cell]:
    """Every contender on every case, in the cases' order, which should be that of their size."""
    watches = [_Stopwatch(contender, limits, kept) for contender in contenders]
    for case in cases:
        counts = [anchors_within(budget, case.graph.nodes) for budget in budgets]
        for watch in watches:
            yield from watch.cells(case, counts)


def anchors_within(budget: Fraction, nodes: int) -> int:
    """Number of anchors, as `Budget` rounds a share of equal patches."""
    return max(1, floor(budget * nodes + Fraction(1, 2)))


_LATENCY_NOTE = """\
Median over the rounds and their quartiles, from the graph in memory to the ordered anchors.
`~`: extrapolated from as many picks as fit into {selection:g} s, since each pick costs about the
same; `-`: one pick would take more than {pick:g} s."""


def latency_tables(
    cells: Sequence[Cell], contenders: Sequence[Contender], limits: Limits, title: str
) -> list[Table]:
    """Latencies, then ratios to the peer if it is among the contenders."""
    cells = sorted(cells, key=lambda cell: (cell.source, cell.nodes, cell.edges, cell.anchors))
    rows = [(case, list(group)) for case, group in groupby(cells, key=lambda cell: cell.case)]
    front = ("graph", "frames x grid", "edges", "anchors")
    headings = (*front, *(contender.heading for contender in contenders))
    note = _LATENCY_NOTE.format(selection=limits.selection, pick=limits.pick)
    latency = [(*_front(row[0]), *map(_latency, row)) for _, row in rows]
    tables = [Table(title, headings, latency, note)]
    if any(contender.name == PEER for contender in contenders):
        others = [index for index, contender in enumerate(contenders) if contender.name != PEER]
        ratios = [(*_front(row[0]), *_ratios(row, others)) for _, row in rows]
        headings = (*front, *(contenders[index].heading for index in others))
        title = f"{title}: times as fast as compiled `{PEER}`"
        tables.append(Table(title, headings, ratios, "Ratios of the medians above."))
    return tables


def _front(cell: Cell) -> tuple[str, ...]:
    return cell.source, f"{cell.frames} x {cell.grid}", str(cell.edges), str(cell.anchors)


def _latency(cell: Cell) -> str:
    if cell.timing is None:
        return "-"
    if cell.measured < cell.anchors:
        return f"~{duration(cell.timing.median)}"
    if cell.timing.rounds == 1:
        return duration(cell.timing.median)
    return spread(cell.timing.median, cell.timing.low, cell.timing.high)


def _ratios(row: Sequence[Cell], others: Sequence[int]) -> list[str]:
    peer = next(cell for cell in row if cell.selector == PEER)
    return [_ratio(peer, row[index]) for index in others]


def _ratio(peer: Cell, cell: Cell) -> str:
    if peer.timing is None or cell.timing is None:
        return "-"
    ratio = peer.timing.median / cell.timing.median
    about = "~" if min(peer.measured - peer.anchors, cell.measured - cell.anchors) < 0 else ""
    return f"{about}{ratio:.3g}x" if ratio < 1000 else f"{about}{ratio:,.0f}x"
