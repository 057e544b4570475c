"""The `evaluation` command: `palantir evaluate` on the data folder's clips, for docs/results.md."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import click

from bench.clip import data_clips
from bench.report import Report
from palantir.cli.progress import progress_bar
from palantir.evaluate.evaluation import evaluate
from palantir.evaluate.question import GridWish, NetworkWish, Question
from palantir.evaluate.summary import summarise
from palantir.grid import PatchGrid

__all__ = ["report_evaluation"]

_FOLDER = Path("build/bench/evaluation")
_PATCHES = ((170, 160), (80, 80), (64, 64), (32, 32))
_RATES = (Fraction(5, 4), Fraction(3, 2), Fraction(2))


def report_evaluation(
    clips: Sequence[str], frames: int, models: Sequence[Path], plots: Path | None
) -> Report:
    """Both reuse modes, all selectors, ablations, patch grids and bit rates; what is known is kept.

    clips   beginnings of names; none: all
    models  besides the shipped network
    plots   folder; None draws none into the report
    """
    files = [one for one in data_clips() if not clips or one.name.startswith(tuple(clips))]
    if not files:
        raise click.UsageError("PALANTIR_DATA must name the data folder, --clip a clip in it")
    question = Question(
        clips=files,
        networks=[NetworkWish(), *(NetworkWish(str(model)) for model in models)],
        ablations=True,
        grids=[GridWish(PatchGrid(3, 5)), *(GridWish(patch=patch) for patch in _PATCHES)],
        reuse=("detail", "paper"),
        frames={"": frames},
        rates=_RATES,
    )
    found = evaluate(question, _FOLDER, lambda title, total: progress_bar(title, total, None))
    summary = summarise(found.results, plots or _FOLDER)
    words = ["python -m bench evaluation", f"--frames {frames}"]
    words += [f"--clip {clip}" for clip in clips] + [f"--model {model.name}" for model in models]
    return Report(
        name="evaluation",
        command=" ".join(words),
        tables=summary.tables,
        data=[one.to_dict() for one in found.results],
        pictures=summary.plots if plots else (),
    )
