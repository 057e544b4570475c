"""What takes too long for the ordinary tests: `python -m tests.reliability --help`."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from tests.reliability.borders import BORDERS, seeds
from tests.reliability.covered import BRANCHES, LINES, measure, summary
from tests.reliability.kills import kill_writers
from tests.reliability.largest import seconds_of_largest
from tests.reliability.memory import SETTINGS, SIZES, grown
from tests.reliability.rebuild import built_twice
from tests.reliability.slowest import SOURCES, Slowest, corpus_streams, slowest


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def reliability() -> None:
    """The long runs behind docs/reliability.md."""


@reliability.command()
@click.argument("borders", nargs=-1, metavar="[BORDER]...")
@click.option("--minutes", default=2.0, show_default=True, help="For each border.")
@click.option("--corpus", type=Path, default=Path("build/fuzz-python"), show_default=True)
def fuzz(borders: tuple[str, ...], minutes: float, corpus: Path) -> None:
    """Fuzz Python's borders with atheris (pip install atheris)."""
    for name in borders or BORDERS:
        click.echo(_fuzzed(name, minutes, corpus / name))


def _fuzzed(name: str, minutes: float, corpus: Path) -> str:
    """One border; a line about the run. What it finds stays in the corpus for the next one."""
    corpus.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(seeds(name)):
        (corpus / f"seed-{number}").write_bytes(seed)
    crashes = corpus.parent / f"crash-{name}-"
    command = [
        sys.executable, "-m", "tests.reliability.fuzz_one", name, str(corpus),
        f"-max_total_time={round(60 * minutes)}", "-timeout=300", "-rss_limit_mb=4096",
        "-max_len=65536", "-print_final_stats=1", f"-artifact_prefix={crashes}",
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    (corpus.parent / f"{name}.log").write_text(done.stdout + done.stderr)
    if done.returncode:
        raise click.ClickException(f"{name}: found something, see {crashes}* and {name}.log")
    runs = re.search(r"number_of_executed_units: (\d+)", done.stderr)
    points = re.findall(r"cov: (\d+)", done.stderr)
    return (
        f"{name}: {int(runs[1]) if runs else 0:,} executions in {minutes:g} minutes, "
        f"{points[-1] if points else 0} points covered, no finding"
    )


@reliability.command()
@click.option("--writes", default=1000, show_default=True, help="Of each kind.")
def kill(writes: int) -> None:
    """Kill writers of profiles and videos with SIGKILL, in the middle of it."""
    with TemporaryDirectory() as folder:
        for kind in ("profile", "video"):
            outcome = kill_writers(kind, writes, Path(folder))
            click.echo(f"{kind}: {outcome}")


@reliability.command()
def memory() -> None:
    """Measure what one decoder takes at most, all its reference slots in use."""
    for width, height in SIZES:
        for name, setting in SETTINGS.items():
            taken = grown((width, height), **setting)
            share = taken / (width * height)
            click.echo(f"{width}x{height}, {name}: {taken / 1e6:.1f} MB, {share:.1f} bytes a pixel")


@reliability.command(name="time")
@click.option("--corpus", type=click.Path(path_type=Path, exists=True), help="Of fuzz_decode.")
@click.option("--source", "sources", multiple=True, type=click.Choice([*SOURCES]), help="Not all.")
def time_(corpus: Path | None, sources: Sequence[str]) -> None:
    """Look for the packets that take the longest time a pixel, and for the slowest files."""
    for name, seconds in seconds_of_largest().items():
        click.echo(f"{name}: {seconds:.2f} s")
    chosen = {name: SOURCES[name] for name in sources or SOURCES}
    for name, streams in chosen.items():
        _print_slowest(name, slowest(streams()))
    if corpus is not None:
        _print_slowest("fuzzing corpus", slowest(corpus_streams(corpus), limit=512))


def _print_slowest(name: str, steps: Mapping[str, Slowest]) -> None:
    click.echo(f"{name}: {steps['decode'].packets} packets")
    for step, found in steps.items():
        click.echo(f"  {step} {found.nanoseconds:.0f} ns a pixel ({found.where})")


@reliability.command()
@click.argument("folder", type=click.Path(path_type=Path))
def rebuild(folder: Path) -> None:
    """Build sdist and wheel of HEAD twice, in two places below FOLDER, and compare them."""
    try:
        click.echo(built_twice(folder))
    except ValueError as error:
        raise click.ClickException(str(error)) from None


@reliability.command(context_settings={"ignore_unknown_options": True})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED, metavar="[PYTEST'S ARGUMENTS]...")
def coverage(arguments: tuple[str, ...]) -> None:
    """Run the tests and print what of our Python they reach; too little is an error."""
    measure(arguments)
    lines, branches = summary()
    click.echo(f"Python: {lines:.1f} % of lines, {branches:.1f} % of branches")
    if lines < LINES or branches < BRANCHES:
        raise click.ClickException(f"{LINES} % of lines and {BRANCHES} % of branches are promised")


if __name__ == "__main__":
    reliability()
