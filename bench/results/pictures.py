"""Pictures of two networks at equal compute, and of estimated against true gains."""

from __future__ import annotations

import csv
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING

from palantir.evaluate.plots import COLOURS, draw_panels
from palantir.evaluate.results import Results

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["draw_estimates", "draw_two_networks"]


def draw_two_networks(results: Results, path: Path) -> None:
    """PSNR-Y over bicubic against the budget: both networks alone and together."""
    chosen = Results(one for one in results if one.budget is not None)

    def draw(clip: str, axes: Axes) -> None:
        base = results.plain(clip, "bicubic").psnr_y
        for method, colour in zip(chosen.different("method"), cycle(COLOURS)):
            ones = chosen.where(clip=clip, method=method)
            points = sorted((float(one.budget or 0), one.psnr_y - base) for one in ones)
            axes.plot(*zip(*points, strict=True), color=colour, marker="o", markersize=3,
                      label=str(method))  # fmt: skip
        axes.set(xscale="log", xlabel="share of per-frame SR's compute", ylabel="over bicubic, dB")
        budgets = sorted(chosen.different("budget"))
        axes.set_xticks(list(map(float, budgets)), list(map(str, budgets)), rotation=45)
        axes.minorticks_off()

    draw_panels(chosen.different("clip"), draw, path)


def draw_estimates(sets: Path, mode: str, path: Path) -> None:
    """What single anchors truly remove of the error, against what the graph says, in a mode.

    sets  `fidelity-sets.csv` of `palantir study fidelity`
    """
    with sets.open() as file:
        lines = [line for line in csv.DictReader(file) if line["reuse"] == mode]
    whole = {line["clip"]: float(line["mse"]) for line in lines if line["set"] == "none"}

    def draw(clip: str, axes: Axes) -> None:
        singles = [line for line in lines if line["clip"] == clip and " patch " in line["set"]]
        groups = dict.fromkeys(line["group"] for line in singles)
        for group, colour in zip(groups, cycle(COLOURS)):
            ones = [line for line in singles if line["group"] == group]
            axes.plot(
                [100 * (1 - float(line[mode])) for line in ones],
                [100 * (1 - float(line["mse"]) / whole[clip]) for line in ones],
                color=colour, marker="o", markersize=3, linestyle="", label=group,
            )  # fmt: skip
        axes.set(xlabel="removed of J, %", ylabel="removed of the squared error, %")

    draw_panels(list(whole), draw, path)
