"""Two networks on few patches against either alone, at equal compute, on clips of one's own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from statistics import fmean

import numpy as np
from numpy.typing import NDArray

from palantir.errors import MediaError, ModelError, ScheduleError
from palantir.evaluate.jobs import (
    Job,
    LoadedNetwork,
    no_anchors_job,
    per_frame_job,
    plain_jobs,
)
from palantir.evaluate.material import Material, clip_name
from palantir.evaluate.question import (
    BUDGETS,
    GridWish,
    Method,
    NetworkWish,
    check_budgets,
    check_clips,
    check_different,
)
from palantir.evaluate.results import Result, Results, write_csv
from palantir.evaluate.runs import Runs, Steps
from palantir.evaluate.table import Table, mean_over
from palantir.graph import ErrorGraph
from palantir.media import probe
from palantir.models import SRNetwork
from palantir.schedule import CostShare, Tiers, select, select_tiers

__all__ = ["TierQuestion", "study_tiers"]

_INTERVAL = "gop"
_SELECTOR = "gain-per-cost"
_ALONE = " alone"
_EVERYWHERE = Method("light everywhere")
_TIERS = Method("tiers")


@dataclass(frozen=True)
class TierQuestion:
    """What is asked for.

    clips    HR files
    large    network, its file's name with {clip} where there is one for each
    light    the light network, likewise
    budgets  shares of the cost of per-frame SR by the large network, above 0, at most 1
    first    first frame to judge of each clip, by its name; "" is for clips not named
    frames   how many frames, likewise; nothing: all
    share    what the light network leaves of the error; None measures it on each clip's frames
             before the first
    grid     of patches

    Raises ScheduleError where there are no clips, or no frames to measure the share on, a budget is
    no share, or a name is unknown or stands for two clips or both networks.
    """

    clips: Sequence[Path]
    large: NetworkWish
    light: NetworkWish
    budgets: Sequence[Fraction] = BUDGETS
    first: Mapping[str, int] = field(default_factory=dict)
    frames: Mapping[str, int] = field(default_factory=dict)
    share: float | None = None
    grid: GridWish = field(default_factory=GridWish)

    def __post_init__(self) -> None:
        if not self.clips or not self.budgets:
            raise ScheduleError("there is nothing to study: no clips or no budgets")
        check_budgets(self.budgets)
        check_clips(self.clips, (*self.frames, *self.first))
        check_different("networks", [str(self.large), str(self.light)])
        for clip in self.clips:
            if self.share is None and self.first_of(clip) < 1:
                raise ScheduleError(
                    f"{clip}: no frames before the first to measure the light network's share on"
                )

    def first_of(self, clip: Path) -> int:
        """The first frame to judge."""
        return self.first.get(clip_name(clip), self.first.get("", 0))

    def frames_of(self, clip: Path) -> int | None:
        """How many frames to judge; None: all."""
        return self.frames.get(clip_name(clip), self.frames.get(""))


def study_tiers(
    question: TierQuestion, folder: Path, steps: Steps, *, model_threads: int = 0
) -> tuple[Results, list[Table]]:
    """Encode, schedule, enhance and measure what is not in `folder` yet, as `evaluate` does.

    Writes `tiers.csv` there. Raises MediaError, ModelError and ScheduleError, and OSError.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise MediaError(f"{folder}: cannot make the folder: {error.strerror}") from None
    study = _Study(question, folder, steps, model_threads)
    clips = [study.clip(path) for path in question.clips]
    results = Results(result for clip in clips for result in study.results(clip))
    write_csv(results, folder / "tiers.csv")
    return results, [table(clips, results) for table in (_ends_table, _means_table, _margins_table)]


@dataclass(frozen=True)
class _Clip:
    material: Material
    large: LoadedNetwork
    light: LoadedNetwork
    share: float
    wish: GridWish

    @property
    def price(self) -> Fraction:
        """What a pixel of the light network costs, in pixels of the large one."""
        light, large = self.tiers.networks
        return Fraction(light.price, large.price)

    @property
    def tiers(self) -> Tiers:
        return Tiers(self.large.network, self.light.network, self.share)

    @property
    def graph(self) -> ErrorGraph:
        source = self.material.source
        return self.material.graph(self.wish.of(source.width, source.height), "detail")


class _Study:
    def __init__(
        self, question: TierQuestion, folder: Path, steps: Steps, model_threads: int
    ) -> None:
        self._question, self._folder, self._steps = question, folder, steps
        self._threads = model_threads
        self._runs = Runs(folder, steps)

    def clip(self, path: Path) -> _Clip:
        """A clip with its networks and the light one's share."""
        large, light = (
            LoadedNetwork.of(str(wish), SRNetwork.load(wish.of(path), threads=self._threads))
            for wish in (self._question.large, self._question.light)
        )
        if large.network.scale != light.network.scale:
            raise ModelError(
                f"networks enlarge {large.network.scale} and {light.network.scale} times"
            )
        first, share = self._question.first_of(path), self._question.share
        if share is None:
            share = self._share(self._encoded(path, large, 0, first), large, light)
        material = self._encoded(path, large, first, self._question.frames_of(path))
        return _Clip(material, large, light, share, self._question.grid)

    def _encoded(
        self, path: Path, network: LoadedNetwork, first: int, frames: int | None
    ) -> Material:
        with self._steps(f"encode {path.name}", frames or probe(path).frame_count) as done:
            return Material.encoded(
                path, self._folder / "lr", scale=network.network.scale, first=first,
                frames=frames, progress=done,
            )  # fmt: skip

    def _share(self, material: Material, large: LoadedNetwork, light: LoadedNetwork) -> float:
        """What the light network leaves of the error that the large one removes, 0..1."""
        plain = no_anchors_job(material, large, "detail")
        jobs = [plain, *(per_frame_job(material, network) for network in (light, large))]
        self._runs.run(jobs)
        none, some, all_ = (Result.of(job, self._runs.result(job)).mse for job in jobs)
        if none <= all_:
            raise ModelError(f"{large.network.path}: wins nothing on the frames to measure it on")
        return min(max((some - all_) / (none - all_), 0.0), 1.0)

    def results(self, clip: _Clip) -> list[Result]:
        """Plain upscaling, both networks' per-frame SR, and all ways at each budget."""
        jobs = list(_jobs(clip, self._question.budgets))
        self._runs.run(jobs)
        return [Result.of(job, self._runs.result(job)) for job in jobs]


def _jobs(clip: _Clip, budgets: Sequence[Fraction]) -> Iterator[Job]:
    yield from plain_jobs(clip.material)
    for network in (clip.light, clip.large):
        yield per_frame_job(clip.material, network)
    for budget in budgets:
        yield _alone(clip, clip.large, budget, budget)
        yield _alone(clip, clip.light, budget, min(budget / clip.price, Fraction(1)))
        if budget > clip.price:
            yield _everywhere(clip, budget)
        picks = select_tiers(clip.graph, CostShare(budget, clip.large.halo), clip.tiers, _INTERVAL)
        yield _job(clip, _TIERS, budget, picks.tiers_by_frame(*_shape(clip.graph)))


def _alone(clip: _Clip, network: LoadedNetwork, budget: Fraction, share: Fraction) -> Job:
    """One network, with a share of its own per-frame SR's cost."""
    picks = select(
        clip.graph, CostShare(share, network.halo), _SELECTOR, _INTERVAL,
        options={"halo": network.halo},
    )  # fmt: skip
    tier = 1 if network is clip.large else 2
    anchors = (tier * picks.anchors_by_frame(*_shape(clip.graph))).astype(np.uint8)
    return _job(clip, _alone_method(network), budget, anchors)


def _alone_method(network: LoadedNetwork) -> Method:
    return Method(network.name + _ALONE)


def _alone_methods(clip: _Clip) -> list[Method]:
    return [_alone_method(network) for network in (clip.large, clip.light)]


def _everywhere(clip: _Clip, budget: Fraction) -> Job:
    """The light network on every frame, and the large one where most is left, with the rest."""
    left = clip.graph.errors()
    nothing = clip.graph.weights * 0.0  # nothing travels
    rest = CostShare(budget - clip.price, clip.large.halo)
    picks = select(
        replace(clip.graph, texture=left, weights=nothing), rest, _SELECTOR, _INTERVAL,
        options={"halo": clip.large.halo},
    )  # fmt: skip
    anchors = 2 - picks.anchors_by_frame(*_shape(clip.graph)).astype(np.uint8)
    return _job(clip, _EVERYWHERE, budget, anchors)


def _shape(graph: ErrorGraph) -> tuple[int, int]:
    return len(graph.frames), graph.grid.count


def _job(clip: _Clip, method: Method, budget: Fraction, anchors: NDArray[np.uint8]) -> Job:
    graph, tiers = clip.graph, anchors.ravel()
    kept = np.where(tiers == 2, clip.share * graph.errors(), 0.0)
    estimate = graph.objective(np.flatnonzero(tiers), kept) / graph.objective()
    return Job(
        clip.material, clip.large, "detail", clip.wish, graph.grid, method, budget, anchors,
        estimate, light=clip.light,
    )  # fmt: skip


def _ends_table(clips: Sequence[_Clip], results: Results) -> Table:
    rows = []
    for clip in clips:
        name = clip.material.name
        plain = results.plain(name, "bicubic")
        ends = [results.per_frame(name, network.name) for network in (clip.light, clip.large)]
        rows.append([
            f"{name}, {plain.frames} from {plain.first}", f"{plain.psnr_y:.2f}",
            *(f"{end.psnr_y:.2f} ({end.macs:.2f})" for end in ends), f"{clip.share:.2f}",
        ])  # fmt: skip
    return Table(
        "Two networks: PSNR-Y in dB of the ends, and the light network's share of the error",
        ["clip, frames", "bicubic", clips[0].light.name, clips[0].large.name, "share"],
        rows,
        "In brackets: 10^9 multiply-accumulates a displayed frame. Share: what the light network\n"
        "is taken to leave of the squared error that the large one removes.",
    )


def _means_table(clips: Sequence[_Clip], results: Results) -> Table:
    ways = [*_alone_methods(clips[0]), _EVERYWHERE, _TIERS]
    rows = []
    for budget in results.different("budget"):
        cells = []
        for way in ways:
            ones = results.where(method=way, budget=budget)
            gains = [one.psnr_y - results.plain(one.clip, "bicubic").psnr_y for one in ones]
            cells.append(f"{fmean(gains):+.3f}" if len(ones) == len(clips) else "-")
        rows.append([str(budget), *cells])
    names = [clip.material.name for clip in clips]
    return Table(
        f"Two networks at equal compute: PSNR-Y over bicubic in dB, {mean_over(names)}",
        ["budget", *map(str, ways[:2]), "light everywhere, large with the rest", "tiers"],
        rows,
        "Budgets are shares of the cost of per-frame SR by the large network, halo included.",
    )


def _margins_table(clips: Sequence[_Clip], results: Results) -> Table:
    budgets = results.different("budget")
    rows = []
    for clip in clips:
        cells = []
        for budget in budgets:
            found = results.where(clip=clip.material.name, budget=budget)
            (tiers,) = found.where(method=_TIERS)
            alone = [found.one(method=way) for way in _alone_methods(clip)]
            better = max((one for one in alone if one), key=lambda one: one.psnr_y)
            network = str(better.method).removesuffix(_ALONE)
            cells.append(f"{tiers.psnr_y - better.psnr_y:+.3f} {network}")
        rows.append([clip.material.name, *cells])
    return Table(
        "Tiers against the better network alone at equal compute",
        ["clip", *map(str, budgets)],
        rows,
        "Difference of PSNR-Y in dB, and which of the two is better alone.",
    )
