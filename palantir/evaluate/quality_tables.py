"""Tables of quality: the ends, gain preserved, selectors, ablations, reuse modes, grids."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from statistics import fmean

from palantir.evaluate.jobs import UPSCALERS
from palantir.evaluate.measures import PSNR, SSIM, Measure
from palantir.evaluate.question import OURS, Method
from palantir.evaluate.results import Result, Results
from palantir.evaluate.table import Table, mean_over

__all__ = ["View", "ends_table", "quality_tables"]


_BASES = ("bilinear", "bicubic", "U")  # of the gain preserved


@dataclass(frozen=True)
class View:
    """The results of one network, seen by the main grid and reuse mode."""

    results: Results
    network: str
    grid: str
    reuse: str

    @property
    def of_network(self) -> Results:
        """At the recipe's bit rate."""
        return self.results.where(network=self.network, rate=1)

    @property
    def chosen(self) -> Results:
        """Of the network, with a budget."""
        return Results(one for one in self.of_network if one.budget is not None)

    @property
    def main(self) -> Results:
        """On the main grid and in the main mode."""
        return self.chosen.where(grid=self.grid, reuse=self.reuse)

    @property
    def clips(self) -> list[str]:
        """With this network."""
        return self.main.different("clip")

    @property
    def budgets(self) -> list[Fraction]:
        """As asked for."""
        return self.main.different("budget")

    @property
    def ours(self) -> list[Method]:
        """The selectors that are ours, with each error model."""
        return [one for one in self.main.different("method") if _is_ours(one)]

    @property
    def baselines(self) -> list[Method]:
        """The selectors that are not ours."""
        found: list[Method] = self.main.different("method")
        return [one for one in found if one.selector not in OURS]

    def gain(self, one: Result) -> float:
        """PSNR-Y over bicubic upscaling, dB."""
        return one.psnr_y - self.results.plain(one.clip, "bicubic").psnr_y

    def preserved(self, one: Result, base_name: str) -> float | None:
        """Share of per-frame SR's gain over one of `_BASES`; None where it gains nothing."""
        plain = "sharp" if base_name == "U" else base_name
        own = self.results.upscaled(one.clip, self.network) if base_name == "U" else None
        base = (own or self.results.plain(one.clip, plain)).psnr_y
        whole = self.results.per_frame(one.clip, self.network).psnr_y - base
        return (one.psnr_y - base) / whole if whole > 0 else None

    @property
    def title(self) -> str:
        """The network and the mode."""
        return f"{self.network}, {self.reuse} reuse"


def _is_ours(method: Method) -> bool:
    return method.selector in OURS and method.without is None


def ends_table(results: Results, measure: Measure = PSNR) -> Table:
    """Plain upscaling and per-frame SR of every clip."""
    networks = results.different("network")
    networks = [name for name in networks if name and results.where(network=name)]
    with_u = [name for name in networks if results.one(network=name, method=Method("none"))]
    rows = []
    for clip in results.different("clip"):
        bicubic = results.plain(clip, "bicubic")
        row = [f"{clip}, {bicubic.frames} from {bicubic.first}", f"{bicubic.kilobits:.0f}"]
        ends = [
            *(results.plain(clip, kernel) for kernel in UPSCALERS),
            *(results.upscaled(clip, network) for network in with_u),
            *(results.per_frame(clip, network) for network in networks),
        ]
        for one in filter(None, ends):
            base = None if one is bicubic else measure.of(bicubic)
            row.append(measure.cell(measure.of(one), base))
        rows.append(row)
    return Table(
        f"The ends: {measure.title} of plain upscaling and of per-frame SR",
        [
            "clip, frames",
            "LR kbit/s",
            *UPSCALERS,
            *(f"U of {network}" for network in with_u),
            *networks,
        ],
        rows,
        "In brackets: over bicubic. U: the plain upscaler where there is no detail, by the\n"
        "filters in the network's file, or the sharp kernel where it has none.",
    )


def quality_tables(view: View) -> Iterator[Table]:
    """All of one network that there are results for."""
    for method in view.ours:
        yield _preserved_table(view, method)
    if view.baselines and view.ours:
        yield _selector_table(view)
        yield _defeats_table(view)
    if view.main.different("ssim"):
        yield _ssim_table(view)
    without = [one for one in view.main.different("method") if one.without]
    if without:
        yield _ablation_table(view, without)
    if len(view.chosen.different("reuse")) > 1:
        yield _reuse_table(view)
    if len(view.chosen.different("grid")) > 1:
        yield _grid_table(view)


def _preserved_table(view: View, method: Method) -> Table:
    rows = []
    columns: list[list[float | None]] = []
    for clip in view.clips:
        cells: list[float | None] = []
        for budget in view.budgets:
            one = view.main.one(clip=clip, method=method, budget=budget)
            for base in _BASES:
                cells.append(view.preserved(one, base) if one else None)
        columns.append(cells)
        rows.append([clip, *map(_percent, cells)])
    known = [[cell for cell in column if cell is not None] for column in zip(*columns, strict=True)]
    rows.append(["mean", *(_percent(fmean(column)) if column else "-" for column in known)])
    rows.append(["worst", *(_percent(min(column)) if column else "-" for column in known)])
    headings = [
        f"{budget}: over {base}" if base == _BASES[0] else f"over {base}"
        for budget in view.budgets
        for base in _BASES
    ]
    return Table(
        f"Gain preserved by {method}: {view.title}",
        ["clip", *headings],
        rows,
        "Share of per-frame SR's gain of PSNR-Y over plain upscaling, U being that of the\n"
        "network's file; - where that gains nothing.",
    )


def _selector_table(view: View) -> Table:
    rows = []
    for method in [*view.ours, *view.baselines]:
        row = [str(method)]
        for budget in view.budgets:
            ones = view.main.where(method=method, budget=budget)
            row += [
                f"{fmean(map(view.gain, ones)):+.3f}",
                _percent(fmean(one.cost for one in ones)),
                _percent(fmean(one.estimate for one in ones)),
            ]
        rows.append(row)
    headings = [name for budget in view.budgets for name in (f"{budget}: gain", "cost", "J")]
    return Table(
        f"Selectors, {mean_over(view.clips)}: {view.title}",
        ["selector", *headings],
        rows,
        "Gain: of PSNR-Y over bicubic, dB. Cost: share of per-frame SR's, halo and merged tiles\n"
        "included. J: the estimate of the selector's error model, or the reuse mode's if it sees\n"
        "none, as a share of J without anchors.",
    )


def _ssim_table(view: View) -> Table:
    rows = []
    for method in view.main.different("method"):
        row = [str(method)]
        for budget in view.budgets:
            ones = view.main.where(method=method, budget=budget)
            bases = [view.results.plain(one.clip, "bicubic") for one in ones]
            row.append(SSIM.cell(fmean(map(SSIM.of, ones)), fmean(map(SSIM.of, bases))))
        rows.append(row)
    return Table(
        f"{SSIM.title}, {mean_over(view.clips)}: {view.title}",
        ["selector", *map(str, view.budgets)],
        rows,
        "In brackets: over bicubic.",
    )


def _defeats_table(view: View) -> Table:
    """Ours less the baseline, on the clip where it is least."""
    rows = []
    for ours in view.ours:
        for other in view.baselines:
            row = [f"{ours} - {other}"]
            for budget in view.budgets:
                margins = list(_margins(view, ours, other, budget))
                worst, clip = min(margins)
                wins = sum(margin > 0 for margin, _ in margins)
                row.append(f"{wins} of {len(margins)}; {worst:+.3f} {clip}")
            rows.append(row)
    return Table(
        f"Against each baseline at equal budget: {view.title}",
        ["", *map(str, view.budgets)],
        rows,
        "Clips on which it is better, and the difference of PSNR-Y in dB on the clip where it is\n"
        "least so.",
    )


def _margins(
    view: View, ours: Method, other: Method, budget: Fraction
) -> Iterator[tuple[float, str]]:
    for clip in view.clips:
        first = view.main.one(clip=clip, method=ours, budget=budget)
        second = view.main.one(clip=clip, method=other, budget=budget)
        if first and second:
            yield first.psnr_y - second.psnr_y, clip


def _ablation_table(view: View, without: Sequence[Method]) -> Table:
    rows = []
    for method in without:
        whole = Method(method.selector, method.error_model)
        row = [str(method)]
        for budget in view.budgets:
            margins = list(_margins(view, method, whole, budget))
            row.append(f"{fmean(margin for margin, _ in margins):+.3f}")
        rows.append(row)
    return Table(
        f"Ablations: {view.title}",
        ["selector", *map(str, view.budgets)],
        rows,
        "Change of PSNR-Y in dB, mean over clips, when weights or texture are left out.",
    )


def _reuse_table(view: View) -> Table:
    modes = view.chosen.different("reuse")
    method = view.ours[0]
    rows = []
    for clip in view.clips:
        bicubic = view.results.plain(clip, "bicubic")
        row = [clip]
        for budget in view.budgets:
            for mode in modes:
                one = view.of_network.one(
                    clip=clip, reuse=mode, method=method, budget=budget, grid=view.grid
                )
                cell = (
                    f"{view.gain(one):+.2f} ({one.row().drift(bicubic.row()):+.2f})" if one else "-"
                )
                row.append(cell)
        rows.append(row)
    headings = [f"{budget}: {mode}" for budget in view.budgets for mode in modes]
    return Table(
        f"Reuse modes with the anchors of {method}: {view.network}",
        ["clip", *headings],
        rows,
        "PSNR-Y over bicubic in dB; in brackets the drift over a GoP.",
    )


def _grid_table(view: View) -> Table:
    rows = []
    for method in view.ours:
        of_method = view.chosen.where(method=method, reuse=view.reuse)
        for grid in of_method.different("grid"):
            row = [str(method), grid]
            for budget in view.budgets:
                ones = of_method.where(grid=grid, budget=budget)
                gain, cost = fmean(map(view.gain, ones)), fmean(one.cost for one in ones)
                row += [f"{gain:+.3f}", _percent(cost)]
            rows.append(row)
    headings = [name for budget in view.budgets for name in (f"{budget}: gain", "cost")]
    return Table(
        f"Patch grids, {mean_over(view.clips)}: {view.title}",
        ["selector", "grid", *headings],
        rows,
        "Gain of PSNR-Y over bicubic in dB.",
    )


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.1f}%"
