"""`palantir study fidelity`: how well the error graph tells the truth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from palantir.cli.options import (
    by_clip,
    file_argument,
    grid_option,
    grid_wish,
    json_option,
    output_option,
    patch_option,
    progress_option,
    shares,
)
from palantir.cli.printing import command_line, print_json, print_tables
from palantir.cli.progress import progress_bar
from palantir.errors import ScheduleError

if TYPE_CHECKING:
    from palantir.grid import PatchGrid

__all__ = ["fidelity"]

_EXAMPLES = """\b
Examples:
  palantir study fidelity clip.mp4 -o FOLDER
  palantir study fidelity *.mp4 --network '{clip}-m10c32.onnx' --first 60 --frames 60 \\
      --nodes 60 --sets 20 --seed 1 -o FOLDER
"""


@click.command("fidelity", epilog=_EXAMPLES, short_help="Estimated against true error.")
@file_argument("clips", nargs=-1, required=True, metavar="CLIP...")
@click.option("--network", metavar="FILE",
              help="SR network, ONNX; {clip} stands for a clip's name "
              "[the shipped x4 network].")  # fmt: skip
@output_option("-o", "--output", required=True, metavar="FOLDER",
               help="Where results go; what is there already is not measured again.")  # fmt: skip
@click.option("--nodes", metavar="N", type=click.IntRange(0, 100_000), default=60,
              show_default=True, help="Patches to measure as the only anchor: by lot, a third of "
              "key frames, of alt-refs and of other frames.")  # fmt: skip
@click.option("--sets", metavar="N", type=click.IntRange(0, 100_000), default=20,
              show_default=True, help="Random sets of each budget.")  # fmt: skip
@click.option(
    "--budget", "budgets", metavar="SHARE", multiple=True, callback=shares,
    help="Of the patch area, of random and selectors' sets; repeatable  [default: 1/60, 1/20]",
)  # fmt: skip
@click.option("--seed", metavar="N", type=click.IntRange(0), default=0, show_default=True,
              help="Of all lots.")  # fmt: skip
@click.option("--reuse", metavar="MODE", multiple=True, default=("detail",), show_default=True,
              help="detail, detail:FADE (grey levels) or paper; repeatable.")  # fmt: skip
@click.option("--frames", metavar="N|CLIP=N", multiple=True, callback=by_clip,
              help="How many frames to take; repeatable  [default: all].")  # fmt: skip
@click.option("--first", metavar="N|CLIP=N", multiple=True, callback=by_clip,
              help="First frame to take; repeatable  [default: 0].")  # fmt: skip
@grid_option("Patches of a frame, rows x columns [8x14 on 854x480].")
@patch_option
@click.option("--model-threads", type=click.IntRange(0, 64), default=0,
              help="Threads of the network [one a core].")  # fmt: skip
@json_option
@progress_option
def fidelity(
    clips: Sequence[str],
    network: str | None,
    output: str,
    budgets: Sequence[Fraction],
    grid: PatchGrid | None,
    patch: tuple[int, int] | None,
    model_threads: int,
    as_json: bool,
    progress: bool | None,
    **settings: int | Sequence[str] | Mapping[str, int],
) -> None:
    """Rank sets of anchors by what the error graph says of them, and by their true error.

    Each of the HR CLIPs is encoded by the recipe of palantir encode, and every set enhanced and
    measured against it: single anchors, random sets, and what selectors pick. Every error model is
    judged, and beside them texture alone and weights alone.
    """
    from palantir.evaluate.fidelity_study import FidelityQuestion, study_fidelity
    from palantir.evaluate.question import NetworkWish
    from palantir.evaluate.summary import Summary

    chosen: dict[str, Any] = dict(settings) | ({"budgets": budgets} if budgets else {})
    chosen["grid"] = grid_wish(grid, patch)
    try:
        question = FidelityQuestion([Path(clip) for clip in clips], NetworkWish(network), **chosen)
    except ScheduleError as error:
        raise click.UsageError(str(error)) from None
    folder = Path(output)
    found, tables = study_fidelity(
        question, folder, partial(progress_bar, wanted=progress), model_threads=model_threads
    )
    Summary(tables, []).write(folder / "fidelity.md", command_line())
    if as_json:
        print_json([asdict(one) for one in found])
        return
    print_tables(tables, text_columns=(0, 2))
    click.echo(f"{folder / 'fidelity.md'}, {folder / 'fidelity-sets.csv'}")
