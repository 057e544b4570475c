"""Parts on networks fitted to each clip: quality, cost, bit rate, two networks, fidelity."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

from bench.results.extent import Stretch
from bench.results.pictures import draw_estimates, draw_two_networks
from bench.results.workbench import LARGE, LIGHT, Found, Workbench, view_of
from palantir.evaluate.cost_tables import compute_table, cost_tables, rate_table
from palantir.evaluate.fidelity_study import FidelityQuestion, study_fidelity
from palantir.evaluate.quality_tables import ends_table, quality_tables
from palantir.evaluate.question import MEASURED, OWN_MODEL, GridWish, Question
from palantir.evaluate.tier_study import TierQuestion, study_tiers

__all__ = [
    "at_equal_compute",
    "at_equal_cost",
    "at_equal_cost_large",
    "at_equal_rate",
    "fidelity_of_estimates",
]

_MODES = ("detail", "paper")


def at_equal_cost(bench: Workbench) -> Found:
    """All selectors, both reuse modes, ablations, patch sizes, and anchors by what they win."""
    extent = bench.extent
    question = _question(
        bench, extent.fitted, selectors=extent.selectors, budgets=extent.budgets, reuse=_MODES,
        ablations="adjoint" in extent.selectors,
        grids=[GridWish(), *(GridWish(patch=patch) for patch in extent.patches)],
    )  # fmt: skip
    return _judged(bench, _measuring(bench, question, extent.fitted), "fitted")


def at_equal_cost_large(bench: Workbench) -> Found:
    """The same on 3840x2160, without ablations and patch sizes."""
    extent = bench.extent
    question = _question(
        bench, extent.large, selectors=extent.selectors, budgets=extent.budgets, reuse=_MODES
    )
    return _judged(bench, _measuring(bench, question, extent.large), "large")


def _question(bench: Workbench, stretch: Stretch, **more: Any) -> Question:
    """Of the large networks that are fitted to a stretch of clips."""
    return Question(
        clips=stretch.clips, networks=[bench.fitted(stretch, LARGE)],
        first={"": stretch.first}, frames={"": stretch.frames}, **more,
    )  # fmt: skip


def _measuring(bench: Workbench, question: Question, stretch: Stretch) -> Question:
    """With anchors by what the light networks win against HR, too."""
    judge = bench.fitted(stretch, LIGHT)
    return replace(question, error_models=(OWN_MODEL, MEASURED), judge=judge)


def _judged(bench: Workbench, question: Question, name: str) -> Found:
    results = bench.measure(question)
    view = view_of(results, LARGE)
    tables = [ends_table(results), *quality_tables(view), *cost_tables(view)]
    drawn = bench.draw(view, name, ("anchors", "cost", "time"))
    return Found(tables, [one.to_dict() for one in results], drawn)


def at_equal_rate(bench: Workbench) -> Found:
    """The bit rate that plain upscaling needs for as much."""
    extent = bench.extent
    question = _question(
        bench, extent.fitted, selectors=["gain-per-cost"], budgets=extent.budgets,
        rates=extent.rates,
    )  # fmt: skip
    question = replace(question, every_frame=[bench.fitted(extent.fitted, LIGHT)])
    results = bench.measure(question)
    view = view_of(results, LARGE)
    drawn = bench.draw(view, "fitted", ["rate"])
    return Found([rate_table(view, [LIGHT])], [one.to_dict() for one in results], drawn)


def at_equal_compute(bench: Workbench) -> Found:
    """A light network on every frame, the large one on few patches, and both on few patches."""
    extent = bench.extent
    large, light = (bench.fitted(extent.fitted, name) for name in (LARGE, LIGHT))
    first, frames = {"": extent.fitted.first}, {"": extent.fitted.frames}
    question = _question(
        bench, extent.fitted, every_frame=[light], selectors=["gain-per-cost"], budgets=extent.more
    )
    results = bench.measure(question)
    compute = compute_table(view_of(results, LARGE), LIGHT)
    asked = TierQuestion(
        extent.fitted.clips, large, light, extent.more, first, frames
    )  # fmt: skip
    tiers, tables = bench.study(asked, lambda one: study_tiers(one, bench.folder, bench.steps))
    drawn = bench.picture(
        "compute-tiers", "PSNR-Y over bicubic, two networks against either alone",
        lambda path: draw_two_networks(tiers, path),
    )  # fmt: skip
    return Found([compute, *tables], [one.to_dict() for one in [*results, *tiers]], drawn)


def fidelity_of_estimates(bench: Workbench) -> Found:
    """How estimates rank sets of anchors, in both reuse modes."""
    extent = bench.extent
    asked = FidelityQuestion(
        extent.fitted.clips, bench.fitted(extent.fitted, LARGE), _MODES, nodes=extent.nodes,
        sets=extent.sets, budgets=extent.few[1:], seed=1,
        first={"": extent.fitted.first}, frames={"": extent.fitted.frames},
    )  # fmt: skip
    found, tables = bench.study(asked, lambda one: study_fidelity(one, bench.folder, bench.steps))
    sets = bench.folder / "fidelity-sets.csv"
    drawn = bench.picture(
        "fidelity-single", "Error removed by single anchors, detail reuse: estimated and true",
        lambda path: draw_estimates(sets, "detail", path),
    )  # fmt: skip
    return Found(tables, [asdict(one) for one in found], drawn)
