"""The parts of `bench results` in their order, and running them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from bench.report import Report, Table, machine
from bench.results.clock import Clock
from bench.results.fitted import (
    at_equal_compute,
    at_equal_cost,
    at_equal_cost_large,
    at_equal_rate,
    fidelity_of_estimates,
)
from bench.results.fitting import fit_networks
from bench.results.given import filmed_photograph, given_networks
from bench.results.workbench import Found, LackingError, Workbench

__all__ = ["PARTS", "Part", "run_parts"]


@dataclass(frozen=True)
class Part:
    """One section of docs/results.md."""

    name: str
    title: str
    run: Callable[[Workbench], Found]


PARTS = (
    Part("networks", "Networks fitted to each clip", fit_networks),
    Part("fitted", "At equal network cost", at_equal_cost),
    Part("large", "At equal network cost, on 3840x2160", at_equal_cost_large),
    Part("compute", "At equal compute: two networks", at_equal_compute),
    Part("rate", "At equal bit rate", at_equal_rate),
    Part("fidelity", "Fidelity of the error graph", fidelity_of_estimates),
    Part("given", "Networks as they are given", given_networks),
    Part("photograph", "A photograph filmed at 3840x2160", filmed_photograph),
)


def run_parts(
    bench: Workbench, parts: Sequence[Part], markdown: Path, words: str = "", *, leave_out: bool
) -> None:
    """Run parts one after the other, and publish each as soon as it has been run.

    words      of the command besides the part
    leave_out  parts that cannot be run here; otherwise LackingError is raised
    """
    clock = Clock(bench.folder / "times.json")
    for number, part in enumerate(parts, 1):
        click.echo(f"part {number} of {len(parts)}: {part.name}", err=True)
        try:
            with clock.timing(part.name):
                found = part.run(bench)
        except LackingError as error:
            if not leave_out:
                raise
            click.echo(f"left out: {error.message}", err=True)
            continue
        _check_finite(part, found)
        Report(
            name=f"results {part.name}",
            title=part.title,
            command=f"python -m bench results{words} --part {part.name}",
            took=_duration(clock.seconds(part.name) or 0.0),
            tables=found.tables,
            data=found.data,
            pictures=found.pictures,
        ).publish(markdown, bench.folder / f"{part.name}.json")
    _times(clock, words).publish(markdown, None)


def _times(clock: Clock, words: str) -> Report:
    """What all parts took that have been run."""
    known = [(part, clock.seconds(part.name)) for part in PARTS]
    took = {part.name: seconds for part, seconds in known if seconds is not None}
    rows = [[name, _duration(seconds)] for name, seconds in took.items()]
    rows.append([f"all {len(rows)}", _duration(sum(took.values()))])
    table = Table(f"Time of the parts above, on {machine()}", ["part", "time"], rows)
    return Report("results times", f"python -m bench results{words}", [table], took)


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.1f} min"


def _check_finite(part: Part, found: Found) -> None:
    """Raise ClickException where a figure is no number."""
    texts = [cell for table in found.tables for row in table.rows for cell in row]
    bad = [text for text in texts if re.search(r"(?<![a-z])(nan|inf)(?![a-z])", text.lower())]
    try:
        json.dumps(found.data, allow_nan=False)
    except ValueError:
        bad.append("the data")
    if bad or not texts:
        raise click.ClickException(f"part {part.name}: not finite: {', '.join(bad) or 'no tables'}")
