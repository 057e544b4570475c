"""`palantir train`: a network fitted to clips."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from palantir.cli.options import (
    check_output,
    file_argument,
    file_option,
    json_option,
    output_option,
    progress_option,
)
from palantir.cli.printing import print_json
from palantir.cli.progress import progress_bar

if TYPE_CHECKING:
    from palantir.train.fit import Progress
    from palantir.train.recipe import Recipe

_EXAMPLES = """\b
Examples:
  palantir train clip_1080p.mp4 -o net.onnx                LR is made as palantir encode does
  palantir train a.mp4 b.mp4 -o net.onnx --minutes 60      a network for more than one video
  palantir train clip.mp4 -o clip.onnx --init shipped --one-rate --minutes 7 --last 299
  palantir train --hr clip.mp4 --lr segment.webm -o net.onnx --network m4c16
  palantir train clip.mp4 -o net.onnx --scale 2 --int8
"""
_NETWORKS = ("m10c32", "m6c32", "m4c16", "nas")


@click.command("train", epilog=_EXAMPLES)
@file_argument("clips", nargs=-1)
@file_option("--hr", "HR clip, instead of CLIPS, whose LR there is already.")
@file_option("--lr", "Its LR version, frame by frame.")
@output_option("-o", "--output", required=True, help="ONNX file to write.")
@click.option(
    "--network",
    type=click.Choice(_NETWORKS),
    default="m10c32",
    show_default=True,
    help="m10c32, m6c32, m4c16: luma, so many layers of so many channels; nas: the paper's, RGB.",
)
@click.option(
    "--tail",
    type=click.Choice(["sub-pixel", "transposed"]),
    default="sub-pixel",
    show_default=True,
    help="How nas gets to its size.",
)
@click.option(
    "--scale", type=click.IntRange(2, 4), default=4, show_default=True, help="HR width / LR width."
)
@click.option(
    "--minutes",
    type=click.FloatRange(0, 10**5, min_open=True),
    default=25.0,
    show_default=True,
    help="How long to fit.",
)
@click.option("--steps", type=click.IntRange(1, 10**8), help="Fit so many steps instead.")
@click.option("--first", type=click.IntRange(0, 10**6), default=0, help="First frame [0].")
@click.option("--last", type=click.IntRange(0, 10**6), help="Last frame [the clip's].")
@file_option(
    "--init",
    "ONNX file of such a network to begin with (it may be shallower), or the word shipped.",
)
@click.option(
    "--one-rate",
    is_flag=True,
    help="Make LR at the usual bit rate only, not at 0.6, 2 and 4 times that as well.",
)
@click.option("--int8", is_flag=True, help="Make the result an int8 network.")
@click.option(
    "--filters/--no-filters",
    default=True,
    help="Whether filters for the plain upscaler come with it; they suit CLIPS alone.",
)
@click.option(
    "--rate",
    type=click.FloatRange(1e-6, 0.1),
    default=1e-3,
    show_default=True,
    help="Learning rate at the start.",
)
@click.option(
    "--batch", type=click.IntRange(1, 1024), default=16, show_default=True, help="Patches a step."
)
@click.option(
    "--patch",
    type=click.IntRange(8, 512),
    default=48,
    show_default=True,
    help="Their size, LR pixels.",
)
@click.option(
    "--seed",
    type=click.IntRange(0, 2**32 - 1),
    default=0,
    show_default=True,
    help="Of weights and patches.",
)
@click.option(
    "--threads", type=click.IntRange(1, 64), default=2, show_default=True, help="Of torch."
)
@click.option("--licence", default="unstated", help="The clips' licence, for the metadata.")
@json_option
@progress_option
def command(output: str, as_json: bool, progress: bool | None, **options: Any) -> None:
    """Fit a network to HR CLIPS or an HR/LR pair, and write it as ONNX.

    The last 6 frames of each clip are not learnt from: they choose the best state, and the figures
    printed are theirs. A run that wins nothing for long ends early. An interrupted one goes on
    when the same command is given again. Needs palantir-sr[torch].
    """  # fmt: skip
    _check(output, **options)
    try:
        from palantir.train.recipe import train
    except ModuleNotFoundError as error:
        raise ImportError(
            f"training needs {error.name}: pip install 'palantir-sr[torch]'"
        ) from None
    begun = " in this run" if options["init"] else ""
    with _reporting(progress) as report:
        done = train(_recipe(**options), Path(output), report)
    clips = [asdict(clip) for clip in done.clips]
    if as_json:
        size = Path(output).stat().st_size
        told = {"output": output, "bytes": size, "steps": done.steps, "filters": done.filters}
        print_json({**told, "validation": clips})
    else:
        for clip in clips:
            gain = clip["network"] - clip["plain"]
            click.echo(
                "{frames}: bicubic {plain:.3f} dB, network {network:.3f} dB "
                "({gain:+.3f} dB), not fitted on{begun}".format(gain=gain, begun=begun, **clip)
            )
        if done.filters is not None:
            click.echo(f"filters for the plain upscaler: {done.filters:+.3f} dB, not fitted on")
        click.echo(f"{output}: {done.steps} steps")


def _check(output: str, **options: Any) -> None:
    """Refuse wrong usage that single options do not show."""
    clips, hr, lr = options["clips"], options["hr"], options["lr"]
    if bool(hr) != bool(lr):
        raise click.UsageError("--hr and --lr come together")
    if bool(clips) == bool(hr):
        raise click.UsageError("name HR clips, or one with --hr and --lr")
    first, last = options["first"], options["last"]
    if last is not None and last < first:
        raise click.UsageError(f"--last {last} is before --first {first}")
    for name in ("minutes", "rate"):
        if not math.isfinite(options[name]):  # click's range lets a NaN pass
            raise click.UsageError(f"--{name} {options[name]} is no number")
    if options["tail"] == "transposed" and options["network"] != "nas":
        raise click.UsageError("only --network nas has a transposed tail")
    check_output(output, *clips, hr, lr, options["init"])


def _recipe(**options: Any) -> Recipe:
    from palantir.train.dataset import Source
    from palantir.train.fit import FitSettings, fast_bfloat16
    from palantir.train.recipe import RATES, Recipe

    settings = FitSettings(
        options["minutes"], options["steps"], options["batch"], options["patch"], options["rate"],
        options["seed"], options["threads"],
        robust=0.0 if options["init"] else 0.6, bfloat16=fast_bfloat16(),
    )  # fmt: skip
    lr = Path(options["lr"]) if options["lr"] else None
    clips = options["clips"] or (options["hr"],)
    part = (options["first"], options["last"], options["licence"], lr)
    return Recipe(
        tuple(Source(Path(clip), *part) for clip in clips),
        settings,
        options["scale"],
        RATES[:1] if options["one_rate"] else RATES,
        network=options["network"],
        tail=options["tail"],
        init=_init(options["init"]),
        int8=options["int8"],
        filters=options["filters"],
    )


def _init(word: str | None) -> Path | None:
    from palantir.models import shipped_model

    if word is None:
        return None
    return shipped_model() if word == "shipped" else Path(word)


@contextmanager
def _reporting(wanted: bool | None) -> Iterator[Callable[[Progress], None]]:
    """A bar that tells loss and PSNR; lines where standard error is no terminal, if wanted."""
    terminal = sys.stderr is not None and sys.stderr.isatty()
    if wanted and not terminal:
        yield lambda progress: click.echo(str(progress), err=True)
        return
    with progress_bar("fit", 100, wanted) as bar:
        yield lambda progress: bar(round(100 * progress.share), str(progress))
