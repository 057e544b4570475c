"""Pictures of measured latency. matplotlib is imported when the first one is drawn."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from bench.contenders import ADJOINT
from bench.latency_share import Share
from bench.selection_growth import Series
from bench.selection_latency import Cell

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["check_matplotlib", "plot_anchors", "plot_growth", "plot_shares"]

# Colours that people of any colour vision tell apart (Okabe and Ito).
_COLOURS = {
    "sequential": "#000000",
    "sequential, interpreted": "#999999",
    "spmv": "#0072B2",
    "spmm": "#E69F00",
    "spmm, float32": "#F0C000",
    ADJOINT: "#D55E00",
}
_OTHER = "#009E73"
_SERIES = ("#D55E00", "#0072B2", "#009E73")
_DASHES = {1: "-", 2: "--"}
_MARKERS = {1: "o", 2: "s"}

Result = TypeVar("Result", Cell, Share)


def plot_anchors(cells: Sequence[Cell], path: Path) -> None:
    """Latency against the number of anchors (the paper's Fig. 14b), one line a selector."""
    from matplotlib.ticker import EngFormatter

    figure, (axes,) = _figure(1)
    for (name, threads), line in _by_selector(cells).items():
        timed = [(cell.anchors, cell.timing.median) for cell in line if cell.timing]
        _line(axes, name, threads, timed)
    first = cells[0]
    axes.set(
        xlabel="anchors", ylabel="selection latency", yscale="log",
        title=f"{first.source}: {first.frames} frames of {first.grid} patches",
    )  # fmt: skip
    axes.yaxis.set_major_formatter(EngFormatter("s"))
    _legend(figure, axes)
    _write(figure, path)


def plot_growth(series: Sequence[Series], path: Path) -> None:
    """Cost of `adjoint` against nodes, edges and anchors, logarithmic both ways."""
    from matplotlib.ticker import EngFormatter, LogLocator, NullFormatter

    figure, panels = _figure(3)
    for axes, grows in zip(panels, ("nodes", "edges", "anchors"), strict=True):
        for one, colour in zip((s for s in series if s.grows == grows), _SERIES, strict=False):
            label = "others held" if one.name == grows else f"{one.name}, 1/20 anchors"
            axes.plot(
                one.sizes, one.seconds, marker="o", markersize=4, color=colour,
                label=f"{label}: exponent {one.exponent:.2f}",
            )  # fmt: skip
        axes.set(xlabel=grows, xscale="log", yscale="log")
        axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axes.xaxis.set_major_formatter(EngFormatter(sep=""))
        axes.xaxis.set_minor_formatter(NullFormatter())
        axes.yaxis.set_major_formatter(EngFormatter("s"))
        axes.tick_params(axis="x", rotation=45)
        axes.grid(True, which="major", alpha=0.3)
        axes.legend(fontsize="small", frameon=False, loc="upper left", bbox_to_anchor=(0, 1.25))
    panels[0].set_ylabel("cost of adjoint")
    _write(figure, path)


def plot_shares(shares: Sequence[Share], path: Path) -> None:
    """Scheduling latency as a share of the end-to-end budget (the paper's Fig. 13)."""
    from matplotlib.ticker import PercentFormatter

    figure, (axes,) = _figure(1)
    budgets = list(dict.fromkeys((share.budget, share.frames) for share in shares))
    place = {budget: index for index, (budget, _) in enumerate(budgets)}
    for (name, threads), line in _by_selector(shares).items():
        measured = [(place[one.budget], 100 * one.share) for one in line if one.share is not None]
        _line(axes, name, threads, measured)
    construction = {place[one.budget]: 100 * one.construction / one.budget for one in shares}
    axes.plot(
        list(construction), list(construction.values()),
        color="black", linestyle=":", linewidth=1, label="construction alone", zorder=5,
    )  # fmt: skip
    axes.axhline(100, color="#CC79A7", linewidth=1, label="the whole budget")
    axes.set_xticks(range(len(place)), [f"{b:g} s\n{frames} frames" for b, frames in budgets])
    axes.tick_params(axis="x", labelsize="small")
    axes.set(
        xlabel="end-to-end budget and scheduling interval",
        ylabel="scheduling latency / budget", yscale="log",
    )  # fmt: skip
    axes.yaxis.set_major_formatter(PercentFormatter(decimals=None))
    _legend(figure, axes)
    _write(figure, path)


def _by_selector(results: Sequence[Result]) -> dict[tuple[str, int], list[Result]]:
    lines: dict[tuple[str, int], list[Result]] = {}
    for one in results:
        lines.setdefault((one.selector, one.threads), []).append(one)
    return lines


def _line(axes: Axes, name: str, threads: int, points: Sequence[tuple[int, float]]) -> None:
    label = f"{name}, {threads} thread{'s' * (threads > 1)}"
    axes.plot(
        [x for x, _ in points], [y for _, y in points],
        label=label, color=_COLOURS.get(name, _OTHER),
        linestyle=_DASHES.get(threads, ":"), marker=_MARKERS.get(threads, "^"), markersize=4,
        linewidth=3 if name == ADJOINT else 1.4,
    )  # fmt: skip


def check_matplotlib() -> None:
    """Raise ClickException where plots cannot be drawn, before hours are spent on measuring."""
    if find_spec("matplotlib") is None:
        raise click.ClickException("plots need matplotlib: pip install 'palantir-sr[plots]'")


def _figure(panels: int) -> tuple[Figure, list[Any]]:
    import matplotlib as mpl
    from matplotlib.figure import Figure

    mpl.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "palantir", "font.size": 10})
    figure = Figure(figsize=(8, 4.5) if panels == 1 else (11, 4), layout="constrained")
    figure.patch.set_facecolor("white")
    return figure, list(figure.subplots(1, panels, squeeze=False, sharey=True)[0])


def _legend(figure: Figure, axes: Axes) -> None:
    axes.grid(True, which="major", alpha=0.3)
    figure.legend(loc="outside right center", fontsize="small", frameon=False)


def _write(figure: Figure, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None, dpi=130)
