"""The `live` command: what deciding interval by interval costs in quality, and how fast it is."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bench.clip import FRAMES, benchmark_clip, data_clips
from bench.live_schedules import BUDGET, Estimate, Schedule, estimate_of, schedules_of
from bench.live_speed import Part, Scaling, measure_parts, measure_scaling
from bench.live_tables import quality_tables, speed_tables
from bench.report import Report, machine
from bench.selector_jobs import Entry, Job, Stream
from bench.selector_runs import KEY, Runs
from bench.selector_tables import Result
from palantir.cli.progress import progress_bar
from palantir.evaluate.kept_results import KeptResults
from palantir.graph import ErrorGraph
from palantir.models import SRNetwork, shipped_model

__all__ = ["Question", "report_live"]

_FILE = Path("build/bench/live.jsonl")
_CLIP = "benchmark clip"
_REUSE = "detail"


@dataclass(frozen=True)
class Question:
    """What is asked for.

    clips    beginnings of the names of the data folder's clips; none: all
    frames   of each
    psnr     whether to enhance the clips that have an HR original
    fresh    enhance again what is kept from earlier runs
    quality, speed  which of the two to measure
    """

    clips: tuple[str, ...]
    frames: int
    psnr: bool
    fresh: bool
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
    with progress_bar("live schedules", len(clips) + 1, None) as report:
        for done, clip in enumerate(clips, 1):
            stream = Stream.of(clip, question.frames)
            schedules = list(schedules_of(stream.lr, stream.graph))
            found.estimates.extend(
                estimate_of(stream.name, stream.graph, schedule) for schedule in schedules
            )
            jobs += _jobs(stream, schedules)
            report(done)
        lr = benchmark_clip()
        graph = ErrorGraph.from_video(lr)
        found.estimates.extend(estimate_of(_CLIP, graph, one) for one in schedules_of(lr, graph))
    if question.psnr:
        found.results.extend(_true_quality(jobs, question.fresh))
    return found


def _jobs(stream: Stream, schedules: list[Schedule]) -> list[Job]:
    none = Schedule("none", np.zeros_like(schedules[0].anchors))
    budget = f"{100 * BUDGET:g}%"
    return [
        Job(
            stream,
            Entry(one.name, "adjoint"),
            budget,
            _REUSE,
            one.anchors,
            estimate_of(stream.name, stream.graph, one).overall,
        )
        for one in (none, *schedules)
    ]


def _true_quality(jobs: list[Job], fresh: bool) -> list[Result]:
    model = hashlib.sha256(shipped_model().read_bytes()).hexdigest()[:16]
    runs = Runs(SRNetwork.load(), model, KeptResults(_FILE, KEY))
    runs.run(jobs, fresh)
    return [Result.of(job, runs.result(job)) for job in jobs]
