"""`palantir study tiers`: two networks on few patches against either alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

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

__all__ = ["tiers"]

_EXAMPLES = """\b
Examples:
  palantir study tiers *.mp4 --network '{clip}-m10c32.onnx' \\
      --light-network '{clip}-m4c16.onnx' --first 60 --frames 60 -o FOLDER
"""


@click.command("tiers", epilog=_EXAMPLES, short_help="Two networks against one.")
@file_argument("clips", nargs=-1, required=True, metavar="CLIP...")
@click.option("--network", metavar="FILE", required=True,
              help="Large network, ONNX; {clip} stands for a clip's name.")  # fmt: skip
@click.option("--light-network", metavar="FILE", required=True, help="Light network, likewise.")
@output_option("-o", "--output", required=True, metavar="FOLDER",
               help="Where results go; what is there already is not measured again.")  # fmt: skip
@click.option(
    "--budget", "budgets", metavar="SHARE", multiple=True, callback=shares,
    help="Of the cost of per-frame SR by the large network: 1/60, 5% or 0.05; repeatable  "
    "[default: 1/120, 1/60, 1/40, 1/20, 1/12]",
)  # fmt: skip
@click.option("--frames", metavar="N|CLIP=N", multiple=True, callback=by_clip,
              help="How many frames to judge; repeatable  [default: all].")  # fmt: skip
@click.option("--first", metavar="N|CLIP=N", multiple=True, callback=by_clip,
              help="First frame to judge; repeatable  [default: 0].")  # fmt: skip
@click.option(
    "--share", type=click.FloatRange(0, 1),
    help="What the light network leaves of the error  [default: as measured on each clip's frames "
    "before the first to judge]",
)  # fmt: skip
@grid_option("Patches of a frame, rows x columns [8x14 on 854x480].")
@patch_option
@click.option("--model-threads", type=click.IntRange(0, 64), default=0,
              help="Threads of the networks [one a core].")  # fmt: skip
@json_option
@progress_option
def tiers(
    clips: Sequence[str],
    network: str,
    light_network: str,
    output: str,
    budgets: Sequence[Fraction],
    first: Mapping[str, int],
    frames: Mapping[str, int],
    share: float | None,
    grid: PatchGrid | None,
    patch: tuple[int, int] | None,
    model_threads: int,
    as_json: bool,
    progress: bool | None,
) -> None:
    """Compare a large and a light network on HR CLIPs: each alone, and each where it gains most.

    Each CLIP is encoded by the recipe of palantir encode, and every result measured against it.
    """
    from palantir.evaluate.question import BUDGETS, NetworkWish
    from palantir.evaluate.summary import Summary
    from palantir.evaluate.tier_study import TierQuestion, study_tiers

    wish = grid_wish(grid, patch)
    try:
        question = TierQuestion(
            [Path(clip) for clip in clips], NetworkWish(network), NetworkWish(light_network),
            budgets=budgets or BUDGETS, first=first, frames=frames, share=share, grid=wish,
        )  # fmt: skip
    except ScheduleError as error:
        raise click.UsageError(str(error)) from None
    folder = Path(output)
    results, tables = study_tiers(
        question, folder, partial(progress_bar, wanted=progress), model_threads=model_threads
    )
    Summary(tables, []).write(folder / "tiers.md", command_line())
    if as_json:
        print_json([one.to_dict() for one in results])
        return
    print_tables(tables)
    click.echo(f"{folder / 'tiers.md'}, {folder / 'tiers.csv'}")
