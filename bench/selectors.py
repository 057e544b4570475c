"""The `selectors` command: estimated J and true squared error of every selector on real clips."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from bench.clip import data_clips
from bench.report import Report, Table
from bench.selector_jobs import Job, Stream, jobs_of, nemo_quality
from bench.selector_runs import KEY, Runs
from bench.selector_tables import Result, clip_table, summary_table
from palantir.cli.progress import progress_bar
from palantir.evaluate.kept_results import KeptResults
from palantir.models import SRNetwork, shipped_model

__all__ = ["Question", "report_selectors"]

_FOLDER = Path("build/bench")


@dataclass(frozen=True)
class Question:
    """What is asked for.

    clips   beginnings of the names of the data folder's clips; none: all
    frames  of each
    reuse   modes
    model   None: the shipped network
    nemo    whether to measure what `nemo` needs
    fresh   measure again what is kept from earlier runs
    """

    clips: tuple[str, ...]
    frames: int
    reuse: tuple[str, ...]
    model: Path | None
    nemo: bool
    fresh: bool

    @property
    def command(self) -> str:
        """The command that asks it again."""
        words = ["python -m bench selectors", f"--frames {self.frames}"]
        words += [f"--clip {clip}" for clip in self.clips]
        words += [f"--reuse {reuse}" for reuse in self.reuse]
        words += [f"--model {self.model.name}"] if self.model else []
        return " ".join([*words, *(["--nemo"] if self.nemo else [])])


def report_selectors(question: Question) -> Report:
    """Measure what is not known yet and tabulate all of it."""
    network = SRNetwork.load(question.model)
    file = question.model or shipped_model()
    model = hashlib.sha256(file.read_bytes()).hexdigest()[:16]
    runs = Runs(network, model, KeptResults(_FOLDER / "selectors.jsonl", KEY))
    jobs = [
        job
        for stream in _streams(question)
        for reuse in question.reuse
        for job in _jobs(stream, reuse, question, runs)
    ]
    runs.run(jobs, question.fresh)
    results = [Result.of(job, runs.result(job)) for job in jobs]
    return Report(
        name=f"selectors, {question.model.stem}" if question.model else "selectors",
        command=question.command,
        tables=[table for reuse in question.reuse for table in _tables(results, reuse)],
        data={"model": file.name, "results": [result.to_dict() for result in results]},
    )


def _streams(question: Question) -> list[Stream]:
    clips = data_clips()
    if not clips:
        raise click.UsageError("PALANTIR_DATA must name the data folder")
    if question.clips:
        clips = [clip for clip in clips if clip.name.startswith(question.clips)]
    if not clips:
        raise click.UsageError(f"no clip's name begins with {' or '.join(question.clips)}")
    streams: list[Stream] = []
    with progress_bar("LR streams and graphs", len(clips), None) as report:
        for clip in clips:
            streams.append(Stream.of(clip, question.frames))
            report(len(streams))
    return streams


def _jobs(stream: Stream, reuse: str, question: Question, runs: Runs) -> list[Job]:
    if not question.nemo:
        return list(jobs_of(stream, reuse, None))
    kept = _FOLDER / f"nemo-{stream.segment}-{runs.model}-{reuse}.npy"
    if question.fresh:
        kept.unlink(missing_ok=True)
    title = f"single anchors of {stream.name}, {reuse}"
    with progress_bar(title, len(stream.graph.frames), None) as report:
        quality = nemo_quality(stream, runs.network, reuse, kept, report)
    return list(jobs_of(stream, reuse, quality.select))


def _tables(results: Sequence[Result], reuse: str) -> list[Table]:
    of_mode = [result for result in results if result.reuse == reuse]
    clips = dict.fromkeys(result.clip for result in of_mode)
    each = [clip_table([one for one in of_mode if one.clip == clip], reuse) for clip in clips]
    return [summary_table(of_mode, reuse), *each]
