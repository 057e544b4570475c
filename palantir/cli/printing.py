"""What commands print: JSON for programs, tables for people."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from palantir.evaluate.table import Table

__all__ = ["command_line", "print_json", "print_table", "print_tables"]

_UNBOUNDED = 10_000  # columns, where nobody looks at the width: nothing may be cut off


def command_line() -> str:
    """The command that is running, as one would type it."""
    return shlex.join(["palantir", *click.get_current_context().obj])


def print_json(value: Any) -> None:
    """One line of strict JSON: no NaN, no infinity."""
    click.echo(json.dumps(value, allow_nan=False))


def print_table(
    headings: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    title: str | None = None,
    text_columns: Sequence[int] = (0,),
) -> None:
    """A table with right-aligned numbers, folded to a terminal's width, never abridged."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0), title=title, title_justify="left")
    for index, heading in enumerate(headings):
        justify = "left" if index in text_columns else "right"
        table.add_column(heading, justify=justify, overflow="fold")  # type: ignore[arg-type]
    for row in rows:
        table.add_row(*map(Text, row))
    terminal = sys.stdout is not None and sys.stdout.isatty()
    console = Console(width=None if terminal else _UNBOUNDED)
    with console.capture() as capture:
        console.print(table)
    click.echo("\n".join(line.rstrip() for line in capture.get().rstrip().splitlines()))


def print_tables(tables: Iterable[Table], *, text_columns: Sequence[int] = (0,)) -> None:
    """An evaluation's tables, each between its title and what its cells mean."""
    for table in tables:
        click.echo(table.title)
        print_table(table.headings, table.rows, text_columns=text_columns)
        click.echo(f"{table.note}\n" if table.note else "")
