"""What all parts of `bench results` share: a folder of what is kept, and the ways to measure."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol, TypeVar

import click

from bench.results.extent import Extent, Stretch
from palantir.cli.progress import progress_bar
from palantir.evaluate.evaluation import evaluate
from palantir.evaluate.material import clip_name
from palantir.evaluate.plots import draw_plots
from palantir.evaluate.quality_tables import View
from palantir.evaluate.question import NetworkWish, Question
from palantir.evaluate.results import Result, Results
from palantir.evaluate.table import Table

__all__ = ["LARGE", "LIGHT", "Found", "LackingError", "Workbench", "clips_of", "view_of"]

LARGE, LIGHT = "m10c32", "m4c16"


class LackingError(click.ClickException):
    """A part cannot be run for want of clips, networks or torch."""


@dataclass(frozen=True)
class Found:
    """What a part has found: tables and plots for people, data for programs."""

    tables: Sequence[Table]
    data: Sequence[dict[str, Any]]
    pictures: Sequence[tuple[Path, str]] = ()


class _OfClips(Protocol):
    @property
    def clips(self) -> Sequence[Path]: ...


_Asked = TypeVar("_Asked", bound=_OfClips)
_Answer = TypeVar("_Answer")


@dataclass(frozen=True)
class Workbench:
    """Measures what is not in `folder` yet.

    plots    folder of pictures; None draws none
    minutes  of fitting a network
    """

    extent: Extent
    folder: Path
    plots: Path | None
    minutes: float

    def network_file(self, clip: Path, name: str) -> Path:
        """Of the network of that shape that is fitted to a clip."""
        return self.folder / "networks" / f"{clip_name(clip)}-{name}.onnx"

    def fitted(self, stretch: Stretch, name: str) -> NetworkWish:
        """Networks fitted to each clip of a stretch. Raises LackingError where one is missing."""
        for clip in clips_of(stretch):
            file = self.network_file(clip, name)
            if not file.exists():
                raise LackingError(f"{file} is not there: --part networks fits it")
        return NetworkWish(str(self.folder / "networks" / f"{{clip}}-{name}.onnx"))

    @staticmethod
    def steps(title: str, total: int | None) -> AbstractContextManager[Callable[[int], None]]:
        """A bar on a terminal."""
        return progress_bar(title, total, None)

    def measure(self, *questions: Question) -> Results:
        """As `palantir evaluate` finds them; the questions are on the same clips."""
        found: list[Result] = []
        for clip in clips_of(questions[0]):
            with self._one_clip():
                for one in questions:
                    asked = replace(one, clips=[clip])
                    found += evaluate(asked, self.folder, self.steps).results
        return Results(found)

    def study(self, question: _Asked, run: Callable[[_Asked], _Answer]) -> _Answer:
        """`run` on the whole question, after every clip has been measured by itself."""
        for clip in clips_of(question):
            with self._one_clip():
                run(replace(question, clips=[clip]))  # type: ignore[type-var]
        return run(question)

    @contextmanager
    def _one_clip(self) -> Iterator[None]:
        """What networks gave for whole frames is gigabytes: it is kept for one clip at a time."""
        yield
        shutil.rmtree(self.folder / "detail", ignore_errors=True)

    def draw(self, view: View, name: str, kinds: Sequence[str]) -> list[tuple[Path, str]]:
        """Pictures called after a part; none without a folder for them."""
        drawn: list[tuple[Path, str]] = []
        for path, caption in draw_plots(view, self.folder) if self.plots else ():
            kind = path.stem.rpartition("-")[2]
            if kind in kinds:
                drawn += self.picture(
                    f"{name}-{kind}",
                    caption,
                    lambda to, path=path: shutil.copyfile(path, to),  # type: ignore[misc]
                )
        return drawn

    def picture(
        self, name: str, caption: str, draw: Callable[[Path], object]
    ) -> list[tuple[Path, str]]:
        """One picture with its caption; none without a folder for them."""
        if self.plots is None:
            return []
        self.plots.mkdir(parents=True, exist_ok=True)
        path = self.plots / f"results-{name}.svg"
        draw(path)
        return [(path, caption)]


def view_of(results: Results, network: str) -> View:
    """By the first grid and mode asked for."""
    chosen = next(one for one in results.where(network=network) if one.budget is not None)
    return View(results, network, chosen.grid, chosen.reuse)


def clips_of(asked: _OfClips) -> Sequence[Path]:
    """The clips. Raises LackingError where there are none."""
    if not asked.clips:
        named = os.environ.get("PALANTIR_DATA")
        lacking = f", not {named}" if named and not Path(named).is_dir() else ""
        raise LackingError(f"PALANTIR_DATA must name a data folder with such clips{lacking}")
    return asked.clips
