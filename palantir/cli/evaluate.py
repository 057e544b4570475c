"""`palantir evaluate`: the paper's evaluation on clips of one's own."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from fractions import Fraction
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from palantir.cli.options import (
    by_clip,
    file_argument,
    halo_option,
    json_option,
    output_option,
    progress_option,
    shares,
)
from palantir.cli.printing import command_line, print_json, print_tables
from palantir.cli.progress import progress_bar
from palantir.errors import ScheduleError

if TYPE_CHECKING:
    from palantir.evaluate.question import Question

_EXAMPLES = """\b
Examples:
  palantir evaluate clip.mp4 -o results
  palantir evaluate *.mp4 --network net.onnx --budget 1/60 --budget 1/20 -o results
  palantir evaluate a.mp4 b.mp4 --network '{clip}-m10c32.onnx' --first 60 -o results
  palantir evaluate clip.mp4 --quick -o results        a first look, in minutes
"""


def _sizes(
    _: click.Context, parameter: click.Parameter, texts: tuple[str, ...]
) -> list[tuple[int, int]]:
    sizes = []
    for text in texts:
        match = re.fullmatch("([1-9][0-9]{0,4})[xX]([1-9][0-9]{0,4})", text)
        if match is None:
            raise click.BadParameter(f"{text!r} is not of the form {parameter.metavar}")
        sizes.append((int(match[1]), int(match[2])))
    return sizes


@click.command("evaluate", epilog=_EXAMPLES)
@file_argument("clips", nargs=-1, required=True, metavar="CLIP...")
@output_option("-o", "--output", required=True, metavar="FOLDER",
               help="Where results go; what is there already is not measured again.")  # fmt: skip
@click.option(
    "--network",
    "networks",
    metavar="FILE",
    multiple=True,
    help="SR network, ONNX; {clip} stands for a clip's name; repeatable [the shipped x4 network].",
)
@halo_option
@click.option(
    "--every-frame",
    metavar="FILE",
    multiple=True,
    help="A network to run on every frame only, to be compared at equal compute; repeatable.",
)
@click.option(
    "--selector", "selectors", metavar="NAME", multiple=True,
    help="As of palantir schedule, or nemo; repeatable  [default: "
    "adjoint, gain-per-cost, neuroscaler, key-uniform, key-alt, texture, random]",
)  # fmt: skip
@click.option(
    "--error-model", "error_models", metavar="NAME", multiple=True, default=("own",),
    help="Of the selectors that see the error graph: detail, detail:FADE, paper, or own, that of "
    "each --reuse with its fade; or measured, for adjoint and gain-per-cost, against the original "
    "as by palantir schedule --hr; repeatable  [default: own]",
)  # fmt: skip
@click.option(
    "--judge", metavar="FILE",
    help="The network by which --error-model measured measures; {clip} as in --network  "
    "[default: each its own].",
)  # fmt: skip
@click.option("--ablations", is_flag=True,
              help="Let adjoint choose without weights, and without texture, too.")  # fmt: skip
@click.option(
    "--budget", "budgets", metavar="SHARE", multiple=True, callback=shares,
    help="1/60, 5% or 0.05; repeatable  [default: 1/120, 1/60, 1/40, 1/20, 1/12]",
)  # fmt: skip
@click.option(
    "--by", type=click.Choice(["cost", "area"]), default="cost", show_default=True,
    help="What budgets are shares of: per-frame SR's network cost, halo included, or patch area.",
)  # fmt: skip
@click.option("--grid", "grids", metavar="RxC", multiple=True, callback=_sizes,
              help="Patches of a frame; repeatable, the first is the main one "
              "[8x14 on 854x480].")  # fmt: skip
@click.option("--patch", "patches", metavar="WxH", multiple=True, callback=_sizes,
              help="A further grid, by its patches' size in LR pixels; repeatable.")  # fmt: skip
@click.option(
    "--reuse",
    metavar="MODE",
    multiple=True,
    default=("detail",),
    show_default=True,
    help="detail, detail:FADE (grey levels) or paper; repeatable, the first is the main one.",
)
@click.option(
    "--frames",
    metavar="N|CLIP=N",
    multiple=True,
    callback=by_clip,
    help="How many frames to take; repeatable  [default: all].",
)
@click.option(
    "--first", metavar="N|CLIP=N", multiple=True, callback=by_clip,
    help="First frame to take, such as the first that a network was not fitted on: the LR stream "
    "begins there, with a key frame; repeatable  [default: 0]",
)  # fmt: skip
@click.option(
    "--rate", "rates", metavar="FACTOR", multiple=True, callback=shares,
    help="Bit rate of a further LR stream to upscale plainly, in multiples of the recipe's; "
    "repeatable.",
)  # fmt: skip
@click.option(
    "--ssim", is_flag=True, help="Measure SSIM of luma, too; takes several times as long."
)
@click.option("--model-threads", type=click.IntRange(0, 64), default=0,
              help="Threads of the network [one a core].")  # fmt: skip
@click.option(
    "--pictures", is_flag=True, help="Write crops of HR, bicubic, baseline and ours, too."
)
@click.option("--quick", is_flag=True, help="Budgets 1/60 and 1/20, and 24 frames, unless given.")
@json_option
@progress_option
def command(
    output: str,
    model_threads: int,
    pictures: bool,
    as_json: bool,
    progress: bool | None,
    **settings: Any,
) -> None:
    """Compare ways to choose and reuse anchors on HR CLIPs, and write tables and plots.

    Each CLIP is encoded by the recipe of palantir encode, and every result measured against it.
    """
    from palantir.evaluate.evaluation import evaluate
    from palantir.evaluate.summary import summarise

    folder = Path(output)
    question = _question(**settings)
    found = evaluate(
        question,
        folder,
        partial(progress_bar, wanted=progress),
        model_threads=model_threads,
        pictures=pictures,
    )
    summary = summarise(found.results, folder, found.pictures)
    summary.write(folder / "summary.md", command_line())
    if as_json:
        print_json([one.to_dict() for one in found.results])
        return
    print_tables(summary.tables)
    click.echo(f"{folder / 'summary.md'}, {folder / 'results.csv'}")
    if find_spec("matplotlib") is None:
        click.echo("no plots: they need matplotlib: pip install 'palantir-sr[plots]'")


def _question(
    clips: Sequence[str],
    networks: Sequence[str],
    every_frame: Sequence[str],
    selectors: Sequence[str],
    budgets: Sequence[Fraction],
    grids: Sequence[tuple[int, int]],
    patches: Sequence[tuple[int, int]],
    frames: Mapping[str, int],
    quick: bool,
    judge: str | None,
    **settings: Any,
) -> Question:
    from palantir.evaluate.question import (
        BUDGETS,
        SELECTORS,
        GridWish,
        NetworkWish,
        Question,
    )
    from palantir.grid import PatchGrid

    main = [GridWish(PatchGrid(*grid)) for grid in grids] or [GridWish()]
    try:
        return Question(
            clips=[Path(clip) for clip in clips],
            networks=[NetworkWish(name) for name in networks] or [NetworkWish()],
            every_frame=[NetworkWish(name) for name in every_frame],
            judge=NetworkWish(judge) if judge else None,
            selectors=selectors or SELECTORS,
            budgets=budgets or (BUDGETS[1::2] if quick else BUDGETS),
            grids=[*main, *(GridWish(patch=patch) for patch in patches)],
            frames=frames or ({"": 24} if quick else {}),
            **settings,
        )
    except ScheduleError as error:
        raise click.UsageError(str(error)) from None
