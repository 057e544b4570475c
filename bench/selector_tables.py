"""Tables of what each selector's anchors were estimated to leave and what they truly left."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import fmean
from typing import Any

from bench.report import Table
from bench.selector_jobs import BUDGETS, Job

__all__ = ["Result", "clip_table", "summary_table"]

_NOTE = """\
J: the estimate, docs/method.md's objective by the paper's error model, as a share of what it is
without anchors. SSE: the true squared error of luma against the HR clip, as a share of what it is
without anchors (`none`). Schedules are made GoP by GoP.
Gain: of PSNR-Y over no anchors. Cost: LR pixels that go through the network, halos included, as a
share of per-frame SR."""


@dataclass(frozen=True)
class Result:
    """What one set of anchors reached; `budget` is "-" where the selector disregards it.

    estimate  J / J(empty)
    mse       mean squared error of luma, per pixel
    anchors   how many
    cost      share of per-frame SR's network cost
    """

    clip: str
    selector: str
    budget: str
    reuse: str
    estimate: float
    anchors: int
    psnr_y: float
    mse: float
    cost: float

    @classmethod
    def of(cls, job: Job, found: Mapping[str, Any]) -> Result:
        """Of a job that has been run (`Runs.result`)."""
        return cls(
            clip=job.stream.name,
            selector=job.entry.name,
            budget=job.budget,
            reuse=job.reuse,
            estimate=job.estimate,
            anchors=int(job.anchors.sum()),
            psnr_y=found["psnr_y"],
            mse=found["mse"],
            cost=found["cost"],
        )

    def to_dict(self) -> dict[str, Any]:
        """Ready for JSON."""
        return asdict(self)


def clip_table(results: Sequence[Result], reuse: str) -> Table:
    """All selectors on one clip."""
    none = _without_anchors(results)
    headings = ["selector"]
    for budget, _ in BUDGETS:
        headings += [f"{budget}: J", "SSE", "PSNR-Y"]
    rows = []
    for selector in dict.fromkeys(result.selector for result in results):
        row = [selector]
        for budget, _ in BUDGETS:
            one = _find(results, selector, budget)
            row += [_percent(one.estimate), _percent(one.mse / none.mse), f"{one.psnr_y:.2f}"]
        rows.append(row)
    return Table(f"{results[0].clip}, {reuse} reuse", headings, rows)


def summary_table(results: Sequence[Result], reuse: str) -> Table:
    """Means over clips of J, SSE, the gain of PSNR-Y over no anchors, and network cost."""
    by_clip = _by_clip(results)
    headings = ["selector"]
    for budget, _ in BUDGETS:
        headings += [f"{budget}: J", "SSE", "gain, dB", "cost"]
    rows = []
    for selector in dict.fromkeys(result.selector for result in results):
        row = [selector]
        for budget, _ in BUDGETS:
            pairs = [(_find(one, selector, budget), _without_anchors(one)) for one in by_clip]
            row += [
                _percent(fmean(one.estimate for one, _ in pairs)),
                _percent(fmean(one.mse / none.mse for one, none in pairs)),
                f"{fmean(one.psnr_y - none.psnr_y for one, none in pairs):+.3f}",
                _percent(fmean(one.cost for one, _ in pairs)),
            ]
        rows.append(row)
    clips = f"{len(by_clip)} clip{'s' * (len(by_clip) > 1)}"
    title = f"Selectors, mean over {clips}, {reuse} reuse"
    return Table(title, headings, rows, _NOTE)


def _by_clip(results: Sequence[Result]) -> list[list[Result]]:
    clips: dict[str, list[Result]] = {}
    for result in results:
        clips.setdefault(result.clip, []).append(result)
    return list(clips.values())


def _find(results: Sequence[Result], selector: str, budget: str) -> Result:
    return next(one for one in results if one.selector == selector and one.budget in (budget, "-"))


def _without_anchors(results: Sequence[Result]) -> Result:
    return _find(results, "none", "-")


def _percent(share: float) -> str:
    return f"{100 * share:.1f}%"
