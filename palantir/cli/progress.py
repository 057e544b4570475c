"""The progress bar of long work."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

__all__ = ["NotedReport", "Report", "progress_bar"]

Report = Callable[[int], None]  # hears how much is done so far


class NotedReport(Protocol):
    """Hears how much is done so far, and maybe what to say of it."""

    def __call__(self, done: int, note: str | None = None) -> None:
        """`done` of the whole; `note` takes the title's place."""


@contextmanager
def progress_bar(title: str, total: int | None, wanted: bool | None) -> Iterator[NotedReport]:
    """A bar with ETA on standard error, off where that is no terminal (`wanted` overrides)."""
    terminal = sys.stderr is not None and sys.stderr.isatty()
    if not (terminal if wanted is None else wanted):
        yield lambda done, note=None: None
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
        yield lambda done, note=None: bar.update(task, completed=done, description=note)
