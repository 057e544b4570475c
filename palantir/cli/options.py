"""Options that several commands share, and the progress bar of long work."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import click

__all__ = ["Progress", "file_argument", "json_option", "progress_bar", "progress_option"]

Command = Callable[..., Any]
Progress = Callable[[int], None]  # hears how much is done so far

json_option = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
progress_option = click.option(
    "--progress/--no-progress",
    default=None,
    help="Show a progress bar; by default only on a terminal.",
)


def file_argument(name: str) -> Callable[[Command], Command]:
    """A positional path. Existence is the library's to check: its messages say more."""
    return click.argument(name, type=click.Path(dir_okay=True))


@contextmanager
def progress_bar(title: str, total: int | None, wanted: bool | None) -> Iterator[Progress]:
    """A bar with ETA on standard error, off where that is no terminal (`wanted` overrides)."""
    if not (sys.stderr.isatty() if wanted is None else wanted):
        yield lambda done: None
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(),
        TextColumn("elapsed"), TimeElapsedColumn(), TextColumn("left"), TimeRemainingColumn(),
    )  # fmt: skip
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task(title, total=total)
        yield lambda done: bar.update(task, completed=done)
