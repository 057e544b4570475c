"""The paper's evaluation on any clips: from HR files to results."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache, cached_property
from pathlib import Path

import numpy as np

from palantir.enhance.measured import MeasuredModel
from palantir.errors import MediaError, ModelError
from palantir.evaluate.crops import draw_crops
from palantir.evaluate.engine_mark import enhancing_mark
from palantir.evaluate.jobs import (
    Job,
    LoadedNetwork,
    Measured,
    jobs_of,
    per_frame_job,
    plain_jobs,
)
from palantir.evaluate.material import Material
from palantir.evaluate.question import MEASURED, NetworkWish, Question, reuse_mode
from palantir.evaluate.results import Result, Results, write_csv
from palantir.evaluate.runs import Runs, Steps
from palantir.evaluate.single_anchors import measure_single_anchors
from palantir.files import atomic_path, atomic_write
from palantir.graph import ErrorGraph
from palantir.graph.construct import graph_from_video
from palantir.grid import PatchGrid
from palantir.media import probe
from palantir.models import SRNetwork
from palantir.schedule import Selector
from palantir.schedule.nemo import SingleAnchorQuality

__all__ = ["Evaluation", "evaluate"]


@dataclass(frozen=True)
class Evaluation:
    """What was found; pictures with what each shows."""

    results: Results
    pictures: Sequence[tuple[Path, str]]


def evaluate(
    question: Question,
    folder: Path,
    steps: Steps,
    *,
    model_threads: int = 0,
    pictures: bool = False,
) -> Evaluation:
    """Encode, schedule, enhance and measure what is not in `folder` yet.

    folder         of LR streams, of what the networks gave for whole frames (two bytes a sample),
                   of what was measured, and of `results.csv` and `frames.json` (errors of every
                   frame); made if missing. An interrupted call goes on where it was
    model_threads  of ONNX Runtime, 0 for one a core
    pictures       whether to write crops of each clip with each network, `CLIP-NETWORK.png`

    Raises MediaError, ModelError and ScheduleError, and OSError where `folder` cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise MediaError(f"{folder}: cannot make the folder: {error.strerror}") from None
    evaluation = _Evaluation(question, folder, steps, model_threads)
    results = evaluation.results()
    drawn = evaluation.pictures() if pictures else []
    write_csv(results, folder / "results.csv")
    frames = [one.to_dict() | {"errors": one.errors, "key": one.key} for one in results]
    atomic_write(folder / "frames.json", (json.dumps(frames) + "\n").encode())
    return Evaluation(results, drawn)


class _Evaluation:
    def __init__(self, question: Question, folder: Path, steps: Steps, model_threads: int) -> None:
        self._question, self._folder, self._steps = question, folder, steps
        self._threads = model_threads
        self._loaded: dict[Path | None, SRNetwork] = {}
        self._measuring: dict[tuple[str, str, str], Measured] = {}
        self._runs = Runs(folder, steps, with_ssim=question.ssim)

    def results(self) -> Results:
        """Of everything that is asked for."""
        jobs = [job for material in self._materials for job in self._jobs(material)]
        self._runs.run(jobs)
        return Results(Result.of(job, self._runs.result(job)) for job in jobs)

    def pictures(self) -> list[tuple[Path, str]]:
        """Crops, and what they show."""
        drawn = []
        pairs = [(one, wish) for one in self._materials for wish in self._question.networks]
        with self._steps("crops", len(pairs)) as done:
            for count, (material, wish) in enumerate(pairs, 1):
                network = self._network(wish, material.clip)
                path = self._folder / f"{material.name}-{network.name}.png"
                measured = self._measured(material, network)
                caption = draw_crops(material, network, self._question, self._runs, path, measured)
                drawn.append((path, caption))
                done(count)
        return drawn

    @cached_property
    def _materials(self) -> list[Material]:
        scale = self._scale()
        return [self._encoded(clip, scale) for clip in self._question.clips]

    def _scale(self) -> int:
        """The networks' common scale."""
        question = self._question
        wishes = [*question.networks, *question.every_frame]
        wishes += [question.judge] if question.judge else []
        scales = {
            self._network(wish, clip).network.scale for wish in wishes for clip in question.clips
        }
        if len(scales) > 1:
            raise ModelError(f"networks enlarge {' and '.join(map(str, sorted(scales)))} times")
        return scales.pop()

    def _network(self, wish: NetworkWish, clip: Path) -> LoadedNetwork:
        path = wish.of(clip)
        if path not in self._loaded:
            self._loaded[path] = SRNetwork.load(
                path, threads=self._threads, halo=self._question.halo
            )
        return LoadedNetwork.of(str(wish), self._loaded[path])

    def _encoded(self, clip: Path, scale: int, rate: Fraction = Fraction(1)) -> Material:
        question = self._question
        frames = question.frames_of(clip)
        with self._steps(f"encode {clip.name}", frames or probe(clip).frame_count) as done:
            return Material.encoded(
                clip, self._folder / "lr", scale=scale, first=question.first_of(clip),
                frames=frames, rate=rate, progress=done,
            )  # fmt: skip

    def _jobs(self, material: Material) -> Iterator[Job]:
        question = self._question
        yield from plain_jobs(material)
        for rate in dict.fromkeys(rate for rate in question.rates if rate != 1):
            yield from plain_jobs(self._encoded(material.clip, material.scale, rate))
        for wish in question.every_frame:
            yield per_frame_job(material, self._network(wish, material.clip))
        for wish in question.networks:
            network = self._network(wish, material.clip)
            yield per_frame_job(material, network)
            nemo = self._nemo(material, network) if "nemo" in question.selectors else None
            measured = self._measured(material, network)
            yield from jobs_of(material, network, question, nemo, measured)

    def _measured(self, material: Material, network: LoadedNetwork) -> Measured | None:
        """Graphs by what the judge, or the network itself, wins against HR, if asked for."""
        question = self._question
        if MEASURED not in question.error_models:
            return None
        judge = self._network(question.judge, material.clip) if question.judge else network

        @cache
        def graph(grid: PatchGrid) -> ErrorGraph:
            model = MeasuredModel(
                self._runs.detail(material, judge), material.originals(),
                filters=network.network.filters, colour=material.source.colour,
                fade=reuse_mode(question.reuse[0])[1], name=str(material.lr),
            )  # fmt: skip
            with self._steps(f"measure {material.name}", material.shown) as done:
                return graph_from_video(material.source, grid, error_model=model, progress=done)

        key = material.segment, network.mark, judge.mark
        return self._measuring.setdefault(key, graph)

    def _nemo(self, material: Material, network: LoadedNetwork) -> Selector:
        """NEMO's selector, for which every frame is measured as the only anchor frame."""
        main = self._question.reuse[0]
        reuse, fade = reuse_mode(main)
        mode, engine = (
            main.replace(":", "-"),
            enhancing_mark(material, main, network.network.filters),
        )
        kept = self._folder / f"nemo-{material.segment}-{network.mark}-{mode}-{engine}.npy"
        graph = material.graph(None, "detail")
        if not kept.exists():
            with self._steps(f"single anchors of {material.name}", len(graph.frames)) as done:
                measured = measure_single_anchors(
                    graph, material.lr, self._runs.detail(material, network),
                    material.originals(), reuse=reuse, fade=fade, progress=done,
                )  # fmt: skip
            with atomic_path(kept) as path:
                np.save(path, measured.quality)
        try:
            quality = np.load(kept)
        except (OSError, EOFError, ValueError) as error:
            raise MediaError(f"{kept}: cannot be read: {error}") from None
        return SingleAnchorQuality(graph.frames, quality).select
