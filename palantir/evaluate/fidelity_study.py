"""How well the error graph tells the truth, on clips of one's own."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from statistics import fmean

import numpy as np

from palantir.errors import MediaError, ScheduleError
from palantir.evaluate.fidelity import (
    AnchorSet,
    Estimate,
    correlations,
    estimates,
    random_sets,
    selected_sets,
    single_anchors,
)
from palantir.evaluate.jobs import Job, LoadedNetwork
from palantir.evaluate.material import Material, clip_name
from palantir.evaluate.question import GridWish, Method, NetworkWish, reuse_mode
from palantir.evaluate.runs import Runs, Steps
from palantir.evaluate.table import Table
from palantir.files import atomic_write
from palantir.graph import ErrorGraph
from palantir.graph.error_models import ERROR_MODELS
from palantir.media import probe
from palantir.models import SRNetwork

__all__ = ["Fidelity", "FidelityQuestion", "study_fidelity"]

_ROUNDED = 9  # digits, of estimates relative to that without anchors


@dataclass(frozen=True)
class FidelityQuestion:
    """What is asked for.

    clips         HR files
    network       of anchors; its file's name with {clip} where there is one for each
    reuse         modes (`reuse_mode`)
    error_models  names
    nodes         patches whose true gain is measured, each as the only anchor
    sets          random sets of each budget
    budgets       shares of the patch area, of the sets of several anchors
    seed          of all lots
    first         first frame to take of each clip, by its name; "" is for clips not named
    frames        how many frames, likewise; nothing: all
    grid          of patches

    Raises ScheduleError where there are no clips, reuse modes or error models, or neither nodes nor
    budgets, a clip's name is unknown or that of two clips, or a budget is no share.
    """

    clips: Sequence[Path]
    network: NetworkWish = field(default_factory=NetworkWish)
    reuse: Sequence[str] = ("detail",)
    error_models: Sequence[str] = tuple(ERROR_MODELS)
    nodes: int = 60
    sets: int = 20
    budgets: Sequence[Fraction] = (Fraction(1, 60), Fraction(1, 20))
    seed: int = 0
    first: Mapping[str, int] = field(default_factory=dict)
    frames: Mapping[str, int] = field(default_factory=dict)
    grid: GridWish = field(default_factory=GridWish)

    def __post_init__(self) -> None:
        if not self.clips or not self.reuse or not self.error_models:
            raise ScheduleError("there is nothing to study: no clips, reuse modes or error models")
        if not self.nodes and not self.budgets:
            raise ScheduleError("there is nothing to study: no nodes and no budgets")
        for mode in self.reuse:
            reuse_mode(mode)
        for budget in self.budgets:
            if not 0 < budget <= 1:
                raise ScheduleError(f"budget {budget} is not a share: above 0, at most 1")
        names = [clip_name(clip) for clip in self.clips]
        if len(set(names)) < len(names):
            raise ScheduleError(f"several clips would be called the same: {', '.join(names)}")
        for name in (*self.first, *self.frames):
            if name and name not in names:
                raise ScheduleError(f"no clip is called {name!r}, only {', '.join(names)}")


@dataclass(frozen=True)
class Fidelity:
    """How well an estimate of error ranks sets of anchors of one clip, in one reuse mode.

    group             of sets, such as "single anchors"
    count             of sets
    estimate          an error model's name, "texture alone" or "weights alone" (`estimates`)
    rank_correlation  Spearman's, of estimated and true error; None where one is constant
    """

    clip: str
    reuse: str
    group: str
    count: int
    estimate: str
    rank_correlation: float | None


def study_fidelity(
    question: FidelityQuestion, folder: Path, steps: Steps, *, model_threads: int = 0
) -> tuple[list[Fidelity], list[Table]]:
    """Encode, enhance and measure what is not in `folder` yet, as `evaluate` does.

    The true error of a set is the mean squared error of displayed luma over the whole stretch,
    against the HR clip. Writes `fidelity-sets.csv` there, a line a set.

    Raises MediaError, ModelError and ScheduleError, and OSError.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise MediaError(f"{folder}: cannot make the folder: {error.strerror}") from None
    study = _Study(question, folder, steps, model_threads)
    found = [one for clip in question.clips for one in study.clip(clip)]
    study.write_sets(folder / "fidelity-sets.csv")
    return found, [_table(mode, found) for mode in question.reuse]


class _Study:
    def __init__(
        self, question: FidelityQuestion, folder: Path, steps: Steps, model_threads: int
    ) -> None:
        self._question, self._folder, self._steps = question, folder, steps
        self._threads = model_threads
        self._runs = Runs(folder, steps)
        self._lines: list[dict[str, str | int | float]] = []

    def clip(self, path: Path) -> list[Fidelity]:
        """Everything of one clip."""
        model = SRNetwork.load(self._question.network.of(path), threads=self._threads)
        network = LoadedNetwork.of(str(self._question.network), model)
        material = self._encoded(path, model.scale)
        wish = self._question.grid
        grid = wish.of(material.source.width, material.source.height)
        graphs = {name: material.graph(grid, name) for name in self._question.error_models}
        sets, patches = self._sets(graphs), (wish, next(iter(graphs.values())))
        found = []
        for mode in self._question.reuse:
            jobs = [_job(material, network, mode, patches, one) for one in sets]
            self._runs.run(jobs)
            true = [_error(self._runs.result(job)["errors"]) for job in jobs]
            ways = estimates(graphs)
            self._note(material.name, mode, sets, true, ways)
            for name, way in ways.items():
                found += [
                    Fidelity(material.name, mode, group, count, name, value)
                    for group, (count, value) in correlations(sets, true, way).items()
                ]
        return found

    def _encoded(self, path: Path, scale: int) -> Material:
        first, frames = (
            wish.get(clip_name(path), wish.get(""))
            for wish in (self._question.first, self._question.frames)
        )
        with self._steps(f"encode {path.name}", frames or probe(path).frame_count) as done:
            return Material.encoded(
                path, self._folder / "lr", scale=scale, first=first or 0, frames=frames,
                progress=done,
            )  # fmt: skip

    def _sets(self, graphs: Mapping[str, ErrorGraph]) -> list[AnchorSet]:
        """Sets to be measured, none last: what gains are counted from."""
        asked, graph = self._question, next(iter(graphs.values()))
        sets = single_anchors(graph, asked.nodes, asked.seed)
        for budget in asked.budgets:
            sets += random_sets(graph, budget, asked.sets, asked.seed)
            sets += selected_sets(graphs, budget)
        return [*sets, AnchorSet("none", (), np.zeros(0, np.int64))]

    def _note(
        self, clip: str, mode: str, sets: Sequence[AnchorSet], true: Sequence[float],
        ways: Mapping[str, Estimate],
    ) -> None:  # fmt: skip
        whole = {name: way(np.zeros(0, np.int64)) for name, way in ways.items()}
        for one, error in zip(sets, true, strict=True):
            line: dict[str, str | int | float] = {
                "clip": clip, "reuse": mode, "group": one.groups[-1] if one.groups else "",
                "set": one.name, "anchors": len(one.anchors), "mse": round(error, _ROUNDED),
            }  # fmt: skip
            for name, way in ways.items():
                share = way(one.anchors) / whole[name] if whole[name] else 0.0
                line[name] = round(share, _ROUNDED)
            self._lines.append(line)

    def write_sets(self, path: Path) -> None:
        """Every set with its true error, and estimates relative to those without anchors."""
        text = io.StringIO()
        writer = csv.DictWriter(text, list(self._lines[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(self._lines)
        atomic_write(path, text.getvalue().encode())


def _job(
    material: Material,
    network: LoadedNetwork,
    mode: str,
    patches: tuple[GridWish, ErrorGraph],
    one: AnchorSet,
) -> Job:
    wish, graph = patches
    flags = np.zeros(graph.nodes, np.bool_)
    flags[one.anchors] = True
    anchors = flags.reshape(len(graph.frames), graph.grid.count)
    return Job(material, network, mode, wish, graph.grid, Method("fidelity"), None, anchors)


def _error(errors: Sequence[Sequence[float]]) -> float:
    """Mean squared error of Y, the mean over displayed frames."""
    return fmean(luma for luma, _, _ in errors)


def _table(mode: str, found: Sequence[Fidelity]) -> Table:
    ones = [one for one in found if one.reuse == mode]
    clips = list(dict.fromkeys(one.clip for one in ones))
    cells = {(one.group, one.estimate, one.clip): one for one in ones}
    rows = []
    for group in dict.fromkeys(one.group for one in ones):
        for estimate in dict.fromkeys(one.estimate for one in ones):
            here = [cells.get((group, estimate, clip)) for clip in clips]
            values = [one.rank_correlation if one else None for one in here]
            known = [value for value in values if value is not None]
            mean = _number(fmean(known) if len(known) == len(clips) else None)
            counts = dict.fromkeys(str(one.count) for one in here if one)
            rows.append([group, "/".join(counts), estimate, *map(_number, values), mean])
    return Table(
        f"Rank correlation of estimated with true error, {mode} reuse",
        ["sets", "of each", "estimate", *clips, "mean"],
        rows,
        "Spearman's: 1 is the true order, 0 none. Single anchors: as gains are ranked.",
    )


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:+.2f}"
