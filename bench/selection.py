"""The `selection` command: latency of every selector, its growth, and its share of a budget."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, TypeVar

from bench.cases import CASES, Case, Shape, cases_of_clip, generated_cases
from bench.clip import data_clips, lr_of
from bench.contenders import ADJOINT, Contender, baselines, exact_contenders
from bench.latency_share import BUDGETS as END_TO_END
from bench.latency_share import Share, measure_shares, share_table
from bench.plots import check_matplotlib, plot_anchors, plot_growth, plot_shares
from bench.report import Report, Table, machine
from bench.selection_growth import Series, growth_table, measure_growth
from bench.selection_kept import Kept, Limits
from bench.selection_latency import (
    BUDGETS,
    Cell,
    latency_tables,
    measure_cases,
    measure_counts,
)
from palantir.cli.progress import progress_bar
from palantir.evaluate.material import clip_name

__all__ = ["report_selection"]

_ALONG_ANCHORS = (1, 5, 10, 20, 45, 90)
_GOP = 900  # nodes of the graph on which the number of anchors is varied
_DATA_FRAMES = 120  # of the data folder's clips, as the other commands take
_ONE_BUDGET = (Fraction(1, 20),)

T = TypeVar("T")


@dataclass(frozen=True)
class _Found:
    """All that was measured."""

    exact: list[Cell]
    baselines: list[Cell]
    clips: list[Cell]
    anchors: list[Cell]
    growth: list[Series]
    shares: list[Share]

    def to_dict(self) -> dict[str, Any]:
        """Ready for JSON."""
        return {
            name: [one.to_dict() for one in getattr(self, name)]
            for name in ("exact", "baselines", "clips", "anchors", "growth", "shares")
        }


def report_selection(limits: Limits, largest: int, plots: Path | None, fresh: bool) -> Report:
    """Measure everything; cases of more than `largest` nodes (at least 30) are left out.

    What an earlier run has timed with these limits is taken from there, unless `fresh`.
    """
    if plots:
        check_matplotlib()
    shapes = [shape for shape in CASES if shape.nodes <= largest]
    contenders, others = exact_contenders(), baselines()
    found = _measure(shapes, contenders, others, limits, Kept(fresh))
    return Report(
        name="selection",
        command=_command(limits, largest),
        tables=_tables(found, contenders, others, limits),
        data={"machine": machine(), **found.to_dict()},
        pictures=_draw(found, plots) if plots else (),
    )


def _command(limits: Limits, largest: int) -> str:
    """The command that measures it again."""
    words = ["python -m bench selection", f"--rounds {limits.rounds:g}"]
    words += [f"--longest {limits.selection:g}", f"--longest-pick {limits.pick:g}"]
    words += [f"--largest {largest}"] * any(shape.nodes > largest for shape in CASES)
    return " ".join(words)


def _measure(
    shapes: Sequence[Shape],
    contenders: Sequence[Contender],
    others: Sequence[Contender],
    limits: Limits,
    kept: Kept,
) -> _Found:
    cases = [*cases_of_clip(shapes), *generated_cases(shapes)]
    cells = len(cases) * len(contenders) * len(BUDGETS)
    exact = _gather("exact selectors", cells, measure_cases(cases, contenders, limits, kept))
    simple = measure_cases(cases, others, limits, kept, _ONE_BUDGET)
    adjoint = next(one for one in contenders if one.name == ADJOINT)
    gop = max((c for c in cases if c.shape.nodes <= _GOP), key=lambda case: case.shape.nodes)
    shares = measure_shares(contenders, limits, kept)
    return _Found(
        exact=exact,
        baselines=_gather("baselines", len(cases) * len(others), simple),
        clips=list(measure_cases(_data_cases(shapes), [adjoint], limits, kept, _ONE_BUDGET)),
        anchors=_along_anchors(gop, contenders, limits, kept),
        growth=_gather("growth", 5, measure_growth(adjoint.choose, limits.rounds)),
        shares=_gather("shares of a budget", len(END_TO_END) * len(contenders), shares),
    )


def _gather(title: str, total: int, results: Iterable[T]) -> list[T]:
    gathered: list[T] = []
    with progress_bar(title, total, None) as report:
        for result in results:
            gathered.append(result)
            report(len(gathered))
    return gathered


def _data_cases(shapes: Sequence[Shape]) -> Iterable[Case]:
    for clip in data_clips():
        yield from cases_of_clip(shapes, lr_of(clip, _DATA_FRAMES), clip_name(clip))


def _along_anchors(
    case: Case, contenders: Sequence[Contender], limits: Limits, kept: Kept
) -> list[Cell]:
    counts = [count for count in _ALONG_ANCHORS if count <= case.graph.nodes]
    rounds = len(contenders) * len(counts)
    cells = (cell for one in contenders for cell in measure_counts(case, one, counts, limits, kept))
    return _gather("along anchors", rounds, cells)


def _tables(
    found: _Found, contenders: Sequence[Contender], others: Sequence[Contender], limits: Limits
) -> list[Table]:
    where = machine()
    tables = latency_tables(found.exact, contenders, limits, f"Selection latency ({where})")
    title = "Selection latency of baselines, 1/20 anchors"
    tables += latency_tables(found.baselines, others, limits, title)
    if found.clips:
        adjoint = [one for one in contenders if one.name == ADJOINT]
        title = f"Selection latency on other clips, first {_DATA_FRAMES} frames"
        tables += latency_tables(found.clips, adjoint, limits, title)
    return [*tables, growth_table(found.growth), share_table(found.shares, contenders)]


def _draw(found: _Found, folder: Path) -> list[tuple[Path, str]]:
    pictures = [
        (folder / "selection-anchors.svg", "Selection latency against the number of anchors"),
        (folder / "selection-growth.svg", "Growth of the cost of adjoint"),
        (folder / "selection-share.svg", "Scheduling latency as a share of the budget"),
    ]
    plot_anchors(found.anchors, pictures[0][0])
    plot_growth(found.growth, pictures[1][0])
    plot_shares(found.shares, pictures[2][0])
    return pictures
