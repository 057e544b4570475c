"""`python -m bench COMMAND`, or `./dev bench COMMAND`; without one, `figures`."""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from shutil import rmtree
from typing import Any

import click

_MARKDOWN = click.option(
    "--markdown",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Put the tables into this file, in place of those it has of this command.",
)
_JSON = click.option(
    "--json",
    "as_json",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write every figure to this file.",
)
_CLIPS = click.option(
    "--clip",
    "clips",
    multiple=True,
    help="Beginning of the name of a clip to take; can be repeated [all].",
)
_FRESH = click.option("--fresh", is_flag=True, help="Time again what is kept in build/bench.")
_NETWORK = click.Path(exists=True, dir_okay=False, path_type=Path)


def _seconds(name: str, default: float, help_text: str) -> Callable[[Any], Any]:
    """An option that is a time above 0."""

    def finite(_: click.Context, __: click.Parameter, value: float) -> float:
        if not math.isfinite(value):
            raise click.BadParameter(f"{value} is no time")
        return value

    above_0 = click.FloatRange(min=0, min_open=True)
    return click.option(
        name, type=above_0, default=default, show_default=True, help=help_text, callback=finite
    )


def _check_writable(*folders: Path) -> None:
    """Before hours of measuring: raises ClickException."""
    for folder in folders:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise click.ClickException(f"{folder}: {error.strerror}") from None
        if not os.access(folder, os.W_OK):
            raise click.ClickException(f"{folder}: no right to write there")


@click.group(invoke_without_command=True)
@click.pass_context
def bench(context: click.Context) -> None:
    """Tables of measured figures; without a command, `figures`."""
    if context.invoked_subcommand is None:
        context.invoke(figures)


@bench.command()
def figures() -> None:
    """Speed and memory, each beside its target; about two minutes."""
    from bench.first_figures import print_figures

    print_figures()


@bench.command()
@_MARKDOWN
@_JSON
@click.option(
    "--frames",
    type=click.IntRange(2),
    default=60,
    show_default=True,
    help="Of each row; 15 for a quick look.",
)
@click.option("--size", "wanted", multiple=True, help="Such as 854x480; can be repeated [all].")
@_FRESH
def engine(
    markdown: Path | None, as_json: Path | None, frames: int, wanted: tuple[str, ...], fresh: bool
) -> None:
    """Enhancement speed at four sizes, stage by stage and overlapped, and peak memory.

    About 8 minutes, with `--frames 15` 3. What was measured is kept in build/bench as it is
    finished, so that an interrupted run goes on where it was, unless the code has changed.
    """
    from bench.engine import SIZES, report_engine

    sizes = [size for size in SIZES if not wanted or f"{size.width}x{size.height}" in wanted]
    if not sizes:
        known = ", ".join(f"{size.width}x{size.height}" for size in SIZES)
        raise click.UsageError(f"--size {' '.join(wanted)}: there are {known}")
    report_engine(sizes, frames, fresh).publish(markdown, as_json)


@bench.command()
@_MARKDOWN
@_JSON
@click.option("--rounds", type=click.IntRange(1), default=12, show_default=True)
def reuse(markdown: Path | None, as_json: Path | None, rounds: int) -> None:
    """Decoding and reuse without the network, on one thread and on two; about a minute."""
    from bench.reuse import report_reuse

    report_reuse(rounds).publish(markdown, as_json)


@bench.command()
@_MARKDOWN
@_JSON
@click.option("--packets", type=click.IntRange(2), default=6, show_default=True)
def kernels(markdown: Path | None, as_json: Path | None, packets: int) -> None:
    """Instructions of our C++ by function and SIMD level; needs valgrind; about 2 minutes."""
    from bench.kernels import report_kernels

    report_kernels(packets).publish(markdown, as_json)


@bench.command()
@_MARKDOWN
@_JSON
@click.option("--frames", type=click.IntRange(100), default=100_000, show_default=True)
@click.option("--cycles", type=click.IntRange(100), default=1_000, show_default=True)
def endurance(markdown: Path | None, as_json: Path | None, frames: int, cycles: int) -> None:
    """Resident memory over many frames, and over many streams opened and closed; ~5 minutes."""
    from bench.endurance import report_endurance

    report_endurance(frames, cycles).publish(markdown, as_json)


@bench.command("per-frame")
@_MARKDOWN
@_JSON
@_CLIPS
@click.option(
    "--model",
    "models",
    type=_NETWORK,
    multiple=True,
    help="ONNX network; can be repeated [the shipped ones].",
)
@click.option(
    "--fitted",
    is_flag=True,
    help="Take a network only for clips with the beginning of its name, up to a -.",
)
@click.option("--first", type=click.IntRange(0), default=0, show_default=True)
@click.option("--last", type=click.IntRange(0), default=49, show_default=True)
@click.option("--every", type=click.IntRange(1), default=10, show_default=True)
def per_frame(
    markdown: Path | None,
    as_json: Path | None,
    clips: tuple[str, ...],
    models: tuple[Path, ...],
    fitted: bool,
    first: int,
    last: int,
    every: int,
) -> None:
    """What networks win over bicubic on the clips of PALANTIR_DATA, every patch inferred."""
    from bench.per_frame import Question, report_per_frame
    from palantir.models import shipped_model

    words = [f" --model {path.name}" for path in models] + [f" --clip {clip}" for clip in clips]
    command = "".join(
        ["python -m bench per-frame", *words, " --fitted" * fitted,
         f" --first {first} --last {last} --every {every}"]
    )  # fmt: skip
    chosen = models or (shipped_model(4), shipped_model(2))
    question = Question(command, chosen, clips, first, last, every, fitted)
    report_per_frame(question).publish(markdown, as_json)


@bench.command()
@_MARKDOWN
@_JSON
@click.option(
    "--plots",
    type=click.Path(file_okay=False, path_type=Path),
    help="Draw the pictures into this folder; needs matplotlib.",
)
@click.option(
    "--largest",
    type=click.IntRange(min=30),
    default=200_000,
    show_default=True,
    help="Nodes of the largest graph.",
)
@_seconds("--rounds", 0.5, "Seconds for the rounds of one figure.")
@_seconds("--longest", 2.0, "Seconds of one selection, above which only some picks are timed.")
@_seconds(
    "--longest-pick",
    30.0,
    "Seconds of one pick, above which (as far as can be told beforehand) none is timed.",
)
@_FRESH
def selection(
    markdown: Path | None,
    as_json: Path | None,
    plots: Path | None,
    largest: int,
    rounds: float,
    longest: float,
    longest_pick: float,
    fresh: bool,
) -> None:
    """Latency of every selector from 30 to 100,000 patches, and how it grows.

    About 10 minutes; with `--longest 10 --longest-pick 150 --rounds 1` about 40, and fewer figures
    are extrapolated or left out. What was timed is kept in build/bench as it is finished, so that
    an interrupted run goes on where it was, unless the code or the limits have changed.
    """
    from bench.selection import report_selection
    from bench.selection_kept import Limits

    limits = Limits(rounds, longest, longest_pick)
    report_selection(limits, largest, plots, fresh).publish(markdown, as_json)


@bench.command()
@click.option(
    "--part",
    "names",
    multiple=True,
    help="Can be repeated [all of quality, in their order]; speed: what the other commands make.",
)
@click.option(
    "--quick", is_flag=True, help="A few frames of everything, anew, into build/bench/quick."
)
@click.option(
    "--markdown",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Put the tables into this file [docs/results.md; with --quick that of its folder].",
)
@click.option(
    "--plots",
    type=click.Path(file_okay=False, path_type=Path),
    help="Draw the pictures into this folder [docs/plots; with --quick its folder].",
)
@_seconds("--minutes", 6.5, "Of fitting a network.")
@click.pass_context
def results(
    context: click.Context,
    names: tuple[str, ...],
    quick: bool,
    markdown: Path | None,
    plots: Path | None,
    minutes: float,
) -> None:
    """The quality part of docs/results.md anew, from the clips of PALANTIR_DATA.

    What was measured is kept in build/bench/results, so that an interrupted run goes on where it
    was, unless the engine gives other pictures. Fitting networks and filming need torch; they are
    kept, too. --quick takes the demo's clip, and one of PALANTIR_DATA if it is set; it leaves out
    what cannot be run, and pictures without matplotlib.
    """
    from bench.plots import check_matplotlib
    from bench.results.extent import Extent
    from bench.results.run import PARTS, run_parts
    from bench.results.workbench import Workbench

    known = [*(part.name for part in PARTS), "speed"]
    if wrong := set(names) - set(known):
        raise click.UsageError(f"--part {min(wrong)}: there are {', '.join(known)}")
    if not quick or plots:
        check_matplotlib()
    folder = Path("build/bench/quick" if quick else "build/bench/results")
    if quick:
        rmtree(folder, ignore_errors=True)
    extent = Extent.quick() if quick else Extent.whole()
    pictures: Path | None = plots or (folder / "plots" if quick else Path("docs/plots"))
    if find_spec("matplotlib") is None:
        pictures = None
    target = markdown or (folder / "results.md" if quick else Path("docs/results.md"))
    _check_writable(*([pictures] if pictures else []), target.parent)
    if chosen := [part for part in PARTS if not names or part.name in names]:
        measuring = Workbench(extent, folder, pictures, minutes)
        run_parts(measuring, chosen, target, " --quick" * quick, leave_out=quick)
    if "speed" in names:
        for command in (engine, per_frame, network, reuse, kernels, live):
            context.invoke(command, markdown=target)
        context.invoke(selection, markdown=target, plots=pictures)


@bench.command()
@_MARKDOWN
@_JSON
@_CLIPS
@click.option("--frames", type=click.IntRange(1), default=300, show_default=True, help="Of each.")
@click.option("--psnr", is_flag=True, help="Enhance the clips too: true error, ~25 minutes more.")
@click.option("--quality/--no-quality", default=True, help="Whether to make schedules [yes].")
@click.option("--speed/--no-speed", default=True, help="Whether to measure times [yes].")
def live(
    markdown: Path | None,
    as_json: Path | None,
    clips: tuple[str, ...],
    frames: int,
    psnr: bool,
    quality: bool,
    speed: bool,
) -> None:
    """Live schedules against whole-GoP ones, their time, and ten streams over two threads.

    On the benchmark clip and the clips of PALANTIR_DATA; about 3 minutes. With --psnr what was
    enhanced is kept in build/bench, so that an interrupted run goes on where it was.
    """
    from bench.live import Question, report_live

    question = Question(clips, frames, psnr, quality, speed)
    report_live(question).publish(markdown, as_json)


@bench.command()
@_MARKDOWN
@_JSON
@_CLIPS
@click.option("--frames", type=click.IntRange(1), default=8, show_default=True, help="Of each.")
@click.option(
    "--model",
    "models",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    multiple=True,
    help="ONNX network; can be repeated [the shipped one and those of PALANTIR_DATA].",
)
@click.option("--rounds", type=click.IntRange(1), default=7, show_default=True, help="Of timing.")
def network(
    markdown: Path | None,
    as_json: Path | None,
    clips: tuple[str, ...],
    frames: int,
    models: tuple[Path, ...],
    rounds: int,
) -> None:
    """Quality and speed of int8 networks beside float ones, on the clips of PALANTIR_DATA.

    About 5 minutes for three clips.
    """
    from bench.network import Question, report_network

    question = Question(clips, models, frames, rounds)
    report_network(question).publish(markdown, as_json)


if __name__ == "__main__":
    bench()
