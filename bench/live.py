"""The `live` command: what deciding interval by interval costs in quality, and how fast it is."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np

from bench.clip import FRAMES, benchmark_clip, data_clips
from bench.live_schedules import BUDGET, Estimate, Schedule, estimate_of, schedules_of
from bench.live_speed import Part, Scaling, measure_parts, measure_scaling
from bench.live_tables import quality_tables, speed_tables
from bench.report import Report, machine
from palantir.cli.progress import progress_bar
from palantir.evaluate.jobs import Job, LoadedNetwork
from palantir.evaluate.material import Material
from palantir.evaluate.question import GridWish, Method
from palantir.evaluate.results import Result
from palantir.evaluate.runs import Runs
from palantir.graph import ErrorGraph
from palantir.models import SRNetwork

__all__ = ["Question", "report_live"]

_FOLDER = Path("build/bench/live")
_CLIP = "benchmark clip"
_REUSE = "detail"


@dataclass(frozen=True)
class Question:
    """What is asked for.

    clips    beginnings of the names of the data folder's clips; none: all
    frames   of each
    psnr     whether to enhance the clips that have an HR original
    quality, speed  which of the two to measure
    """

    clips: tuple[str, ...]
    frames: int
    psnr: bool
    quality: bool
    speed: bool

    @property
    def command(self) -> str:
        """The command that asks it again."""
        words = ["python -m bench live"]
        words += [f"--clip {clip}" for clip in self.clips]
        words += [f"--frames {self.frames}"] * (self.frames != FRAMES)
        words += ["--psnr"] * self.psnr
        words += ["--no-quality"] * (not self.quality) + ["--no-speed"] * (not self.speed)
        return " ".join(words)


@dataclass(frozen=True)
class _Quality:
    estimates: list[Estimate]
    results: list[Result]


def report_live(question: Question) -> Report:
    """Measure and tabulate."""
    quality = _quality(question) if question.quality else _Quality([], [])
    parts: list[Part] = []
    scalings: list[Scaling] = []
    if question.speed:
        clip = benchmark_clip()
        parts, scalings = list(measure_parts(clip)), list(measure_scaling(clip))
    tables = quality_tables(quality.estimates, quality.results) if question.quality else []
    tables += speed_tables(parts, scalings, machine()) if question.speed else []
    groups = {
        "estimates": quality.estimates,
        "results": quality.results,
        "parts": parts,
        "scalings": scalings,
    }
    data = {name: [one.to_dict() for one in group] for name, group in groups.items()}  # type: ignore[attr-defined]
    return Report("live", question.command, tables, {"machine": machine(), **data})


def _quality(question: Question) -> _Quality:
    clips = [c for c in data_clips() if not question.clips or c.name.startswith(question.clips)]
    found = _Quality([], [])
    jobs: list[Job] = []
    network = LoadedNetwork.of("shipped", SRNetwork.load())
    with progress_bar("live schedules", len(clips) + 1, None) as report:
        for done, clip in enumerate(clips, 1):
            material = Material.encoded(
                clip, _FOLDER / "lr", scale=network.network.scale, frames=question.frames
            )
            graph = material.graph(None, "paper")
            schedules = list(schedules_of(material.lr, graph))
            found.estimates.extend(estimate_of(material.name, graph, one) for one in schedules)
            jobs += _jobs(material, network, schedules)
            report(done)
        lr = benchmark_clip()
        graph = ErrorGraph.from_video(lr, "3x5", error_model="paper")
        found.estimates.extend(estimate_of(_CLIP, graph, one) for one in schedules_of(lr, graph))
    if question.psnr:
        runs = Runs(_FOLDER, lambda title, total: progress_bar(title, total, None))
        runs.run(jobs)
        found.results.extend(Result.of(job, runs.result(job)) for job in jobs)
    return found


def _jobs(material: Material, network: LoadedNetwork, schedules: list[Schedule]) -> list[Job]:
    graph = material.graph(None, "paper")
    none = Schedule("none", np.zeros_like(schedules[0].anchors))
    budget = Fraction(str(BUDGET))
    return [
        Job(
            material, network, _REUSE, GridWish(), graph.grid, Method(one.name), budget,
            one.anchors, estimate_of(material.name, graph, one).overall,
        )
        for one in (none, *schedules)
    ]  # fmt: skip
