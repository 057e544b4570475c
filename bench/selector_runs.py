"""True quality of anchor sets: streams enhanced in lockstep, each set once, results kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, islice
from typing import Any

from bench.selector_jobs import Job, Stream
from palantir.cli.progress import progress_bar
from palantir.enhance import Enhancer
from palantir.evaluate import Row, Variant, compare_variants
from palantir.evaluate.kept_results import KeptResults
from palantir.media import read_frames
from palantir.models import SRNetwork

__all__ = ["KEY", "Runs"]

KEY = ("segment", "model", "reuse", "anchors")  # of a kept result
_AT_ONCE = 25.0  # SR megapixels over the variants in lockstep; each holds several frames
_PEAK = 255


@dataclass(frozen=True)
class _Batch:
    """Jobs of one stream that run in lockstep."""

    stream: Stream
    jobs: Sequence[Job]
    scale: int

    @property
    def work(self) -> float:
        """Of one displayed frame: SR megapixels."""
        return len(self.jobs) * _megapixels(self.stream, self.scale)

    @property
    def frames(self) -> int:
        """Displayed frames."""
        return int(self.stream.graph.shown.sum())


@dataclass(frozen=True)
class Runs:
    """Enhances what is not known yet. `model` tells networks apart."""

    network: SRNetwork
    model: str
    measured: KeptResults

    def result(self, job: Job) -> dict[str, Any]:
        """PSNR-Y in dB, mean squared error of luma and network cost of a job that has been run."""
        found = self.measured.find(**self._key(job))
        assert found is not None
        return found

    def run(self, jobs: Sequence[Job], fresh: bool = False) -> None:
        """Run the jobs that have no result yet (`fresh`: all); of those with equal anchors, one."""
        new: dict[tuple[str, ...], Job] = {}
        for job in jobs:
            if fresh or self.measured.find(**self._key(job)) is None:
                new.setdefault(tuple(self._key(job).values()), job)
        batches = list(self._batches(list(new.values())))
        total = sum(batch.work * batch.frames for batch in batches)
        done = 0.0
        with progress_bar("enhance and compare", round(total), None) as report:
            for batch in batches:
                self._run(batch, lambda work, done=done: report(round(done + work)))  # type: ignore[misc]
                done += batch.work * batch.frames

    def _batches(self, jobs: Sequence[Job]) -> Iterator[_Batch]:
        for _, group in groupby(jobs, key=lambda job: job.stream.segment):
            rest = iter(group)
            while batch := list(islice(rest, 1)):
                stream = batch[0].stream
                most = int(_AT_ONCE / _megapixels(stream, self.network.scale))
                batch += islice(rest, max(0, most - 1))
                yield _Batch(stream, batch, self.network.scale)

    def _run(self, batch: _Batch, report: Callable[[float], None]) -> None:
        stream = batch.stream
        variants = [
            Variant(
                f"{job.entry.name}, {job.budget}, {job.reuse}",
                enhancer=Enhancer(self.network, stream.graph.grid, reuse=job.reuse),
                anchors=job.anchors,
            )
            for job in batch.jobs
        ]
        rows = compare_variants(
            stream.lr,
            islice(read_frames(stream.clip), stream.frames),
            variants,
            progress=lambda frames: report(frames * batch.work),
        )
        for job, row in zip(batch.jobs, rows, strict=True):
            self.measured.add(self._key(job) | _figures(job, row))

    def _key(self, job: Job) -> dict[str, str]:
        values = (job.stream.segment, self.model, job.reuse, job.digest)
        return dict(zip(KEY, values, strict=True))


def _figures(job: Job, row: Row) -> dict[str, Any]:
    errors = [_PEAK**2 / 10 ** (psnr / 10) for psnr in row.psnr]
    return {
        "clip": job.stream.name,
        "selector": job.entry.name,
        "budget": job.budget,
        "frames": len(row.psnr),
        "psnr_y": row.psnr_y,
        "mse": sum(errors) / len(errors),
        "cost": row.cost,
    }


def _megapixels(stream: Stream, scale: int) -> float:
    width, height = stream.graph.lr_size
    return 1e-6 * width * height * scale**2
