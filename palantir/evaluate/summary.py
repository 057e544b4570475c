"""All tables and plots of an evaluation, as a markdown file."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from palantir.evaluate.cost_tables import compute_table, cost_tables, rate_table, tiny_networks
from palantir.evaluate.measures import SSIM
from palantir.evaluate.plots import draw_plots
from palantir.evaluate.quality_tables import View, ends_table, quality_tables
from palantir.evaluate.results import Results
from palantir.evaluate.table import Table
from palantir.files import atomic_write

__all__ = ["Summary", "summarise"]


@dataclass(frozen=True)
class Summary:
    """What an evaluation found, for people; plots with what each shows."""

    tables: Sequence[Table]
    plots: Sequence[tuple[Path, str]]

    def write(self, path: Path, command: str) -> None:
        """The tables and plots as markdown, under the command that makes them. Raises OSError."""
        parts = [f"Made by `{command}`.\n", *(table.markdown() for table in self.tables)]
        for plot, caption in self.plots:
            link = Path(os.path.relpath(plot, path.parent)).as_posix()
            parts.append(f"![{caption}]({link})\n")
        atomic_write(path, "\n".join(parts).encode())


def summarise(results: Results, plots: Path, pictures: Sequence[tuple[Path, str]] = ()) -> Summary:
    """One table a question. Plots are drawn into a folder where matplotlib is installed.

    pictures  that there are besides, with what each shows
    """
    views = _views(results)
    tables = [ends_table(results)]
    if results.different("ssim"):
        tables.append(ends_table(results, SSIM))
    tiny = tiny_networks(results)
    for view in views:
        tables += [*quality_tables(view), *cost_tables(view)]
        tables += [compute_table(view, name) for name in tiny]
        tables.append(rate_table(view, tiny))
    drawn: list[tuple[Path, str]] = []
    if find_spec("matplotlib") is not None:
        plots.mkdir(parents=True, exist_ok=True)
        drawn = [plot for view in views for plot in draw_plots(view, plots)]
    return Summary(tables, [*drawn, *pictures])


def _views(results: Results) -> list[View]:
    """Of each network with `adjoint` on it; the first grid and mode asked for are the main ones."""
    views = []
    for network in results.different("network"):
        chosen = [one for one in results.where(network=network) if one.budget is not None]
        if chosen:
            view = View(results, network, chosen[0].grid, chosen[0].reuse)
            views += [view] if view.ours else []
    return views
