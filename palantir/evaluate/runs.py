"""True quality of anchor sets: streams enhanced in lockstep, each set once, results kept."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from itertools import chain, groupby, islice
from pathlib import Path
from typing import Any

from palantir.enhance import Enhancer
from palantir.evaluate.comparison import Row, Variant, compare_variants
from palantir.evaluate.engine_mark import enhancing_mark, upscaling_mark
from palantir.evaluate.jobs import Job, LoadedNetwork
from palantir.evaluate.kept_detail import KeptDetail
from palantir.evaluate.kept_results import KeptResults
from palantir.evaluate.material import Material
from palantir.evaluate.question import reuse_mode

__all__ = ["Runs", "Steps"]

Steps = Callable[[str, int | None], AbstractContextManager[Callable[[int], None]]]
"""A long step's title and length; gives what hears how much of it is done."""

_KEY = ("segment", "network", "reuse", "anchors", "engine")
_FIGURES = ("errors", "key", "cost")
_WORST = 255**2  # squared error
_AT_ONCE = 40.0  # SR megapixels over the variants in lockstep; each holds several frames


class Runs:
    """Enhances what is not known yet; what was measured is kept in `folder`.

    with_ssim  whether to measure SSIM, too; what was kept without it is measured again

    Raises MediaError where the file of kept results is damaged.
    """

    def __init__(self, folder: Path, steps: Steps, *, with_ssim: bool = False) -> None:
        self._folder, self._steps, self._with_ssim = folder, steps, with_ssim
        self._asked = (*_FIGURES, "ssim") if with_ssim else _FIGURES
        self._results = KeptResults(folder / "measured.jsonl", _KEY, _check_figures)
        self._marks: dict[tuple[str, str, str], str] = {}
        self._details: dict[tuple[str, str], KeptDetail] = {}

    def result(self, job: Job) -> dict[str, Any]:
        """What `run` has found of a job: `errors`, `key`, `cost`, `ssim` if asked for (`Row`)."""
        found = self._kept(self._key(job))
        assert found is not None
        return found

    def run(self, jobs: Sequence[Job]) -> None:
        """Run the jobs that have no result yet; of those with equal anchors, one."""
        new: dict[tuple[str, ...], Job] = {}
        for job in jobs:
            key = self._key(job)
            if self._kept(key) is None:
                new.setdefault(tuple(key.values()), job)
        batches = list(_batches(list(new.values())))
        total = sum(_work(batch) * batch[0].material.shown for batch in batches)
        done = 0.0
        with self._steps("enhance and measure (megapixels)", round(total)) as report:
            for batch in batches:
                self._run(batch, lambda work, done=done: report(round(done + work)))  # type: ignore[misc]
                done += _work(batch) * batch[0].material.shown

    def detail(self, material: Material, network: LoadedNetwork) -> KeptDetail:
        """What the network gives for the stream's frames."""
        key = material.segment, network.mark
        if key not in self._details:
            folder = self._folder / "detail" / "-".join(key)
            self._details[key] = KeptDetail(folder, network.network)
        return self._details[key]

    def _run(self, batch: Sequence[Job], report: Callable[[float], None]) -> None:
        material, work = batch[0].material, _work(batch)
        variants = [self.variant(job, f"{job.method or job.reuse}") for job in batch]
        rows = compare_variants(
            material.lr, material.originals(), variants,
            scale=material.scale, with_ssim=self._with_ssim,
            progress=lambda frames: report(frames * work),
        )  # fmt: skip
        for job, row in zip(batch, rows, strict=True):
            self._results.add(self._key(job) | _figures(row))

    def variant(self, job: Job, name: str) -> Variant:
        """The job as `compare_variants` runs it."""
        if job.network is None:
            return Variant(name, kernel=job.reuse)
        source, (mode, fade) = job.material.source, reuse_mode(job.reuse)
        light = self.detail(job.material, job.light) if job.light else None
        enhancer = Enhancer(
            self.detail(job.material, job.network), job.grid,
            light=light, light_price=job.light_price,
            reuse=mode, fade=fade, colour=source.colour, name=str(source.path),
        )  # fmt: skip
        return Variant(name, enhancer=enhancer, anchors=job.anchors)

    def _kept(self, key: dict[str, str]) -> dict[str, Any] | None:
        """The figures that are asked for; None unless all of them are there."""
        found = self._results.find(**key)
        if found is None or any(name not in found for name in self._asked):
            return None
        return {name: found[name] for name in self._asked}

    def _key(self, job: Job) -> dict[str, str]:
        plain = job.network is None
        reuse = f"{job.reuse} x{job.material.scale}" if plain else job.reuse
        network, anchors = "", ""
        if job.network is not None:
            network, anchors = f"{job.network.mark}, halo {job.network.halo}", job.digest
        values = (job.material.segment, network, reuse, anchors, self._mark(job))
        return dict(zip(_KEY, values, strict=True))

    def _mark(self, job: Job) -> str:
        key = job.material.segment, job.network.mark if job.network else "", job.reuse
        if key not in self._marks:
            self._marks[key] = (
                enhancing_mark(job.material, job.reuse, job.network.network.filters)
                if job.network
                else upscaling_mark(job.material, job.reuse)
            )
        return self._marks[key]


def _batches(jobs: Sequence[Job]) -> Iterator[list[Job]]:
    """Jobs of one stream that run in lockstep."""
    for _, group in groupby(jobs, key=lambda job: job.material.segment):
        rest = iter(group)
        while batch := list(islice(rest, 1)):
            most = int(_AT_ONCE / batch[0].material.megapixels)
            batch += islice(rest, max(0, most - 1))
            yield batch


def _work(batch: Sequence[Job]) -> float:
    """Of one displayed frame: SR megapixels."""
    return len(batch) * batch[0].material.megapixels


def _figures(row: Row) -> dict[str, Any]:
    errors = [[round(error, 4) for error in errors] for errors in row.errors]
    figures = {"errors": errors, "key": [int(key) for key in row.key], "cost": row.cost}
    return figures | ({"ssim": [round(ssim, 6) for ssim in row.ssim]} if row.ssim else {})


def _check_figures(result: dict[str, Any]) -> None:
    """Raises ValueError, TypeError or KeyError for what `_figures` does not make."""
    errors, key, cost = result["errors"], result["key"], result["cost"]
    if not errors or len(key) != len(errors) or {len(frame) for frame in errors} != {3}:
        raise ValueError("not the errors of Y, U and V of each frame")
    _check_range(chain((cost,), key, *errors), 0, _WORST)
    if "ssim" in result:
        if len(result["ssim"]) != len(errors):
            raise ValueError("not the SSIM of each frame")
        _check_range(result["ssim"], -1, 1)


def _check_range(numbers: Iterable[Any], least: float, most: float) -> None:
    for number in numbers:
        if not (isinstance(number, int | float) and least <= number <= most):
            raise ValueError(f"{number!r} is no figure")
