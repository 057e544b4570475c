"""Tables of a benchmark: to the terminal, to a section of a markdown file, to JSON."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from palantir.cli.printing import print_table
from palantir.evaluate.table import Table
from palantir.files import atomic_write

__all__ = ["Report", "Table", "duration", "machine", "spread"]


@dataclass(frozen=True)
class Report:
    """What a benchmark command found.

    name      of the command, which names its section of a markdown file
    command   that makes it again
    tables    for people
    data      the same and more, for programs
    pictures  plots and what each shows, for the markdown
    title     of the section, where its markers are not below a heading written by hand
    took      how long the command took
    """

    name: str
    command: str
    tables: Sequence[Table]
    data: Any
    pictures: Sequence[tuple[Path, str]] = ()
    title: str = ""
    took: str = ""

    def publish(self, markdown: Path | None, as_json: Path | None) -> None:
        """Print the tables; write what is asked for. Raises OSError."""
        for table in self.tables:
            print_table(table.headings, table.rows, title=table.title)
            if table.note:
                click.echo(table.note)
            click.echo()
        if as_json:
            text = json.dumps(self.data, indent=1, allow_nan=False) + "\n"
            atomic_write(as_json, text.encode())
        if markdown:
            atomic_write(markdown, self._placed(markdown).encode())

    def _placed(self, path: Path) -> str:
        """The file's text with this report's section in it: replaced, else appended."""
        begin, end = (f"<!-- {what} of: bench {self.name} -->" for what in ("begin", "end"))
        section = f"{begin}\n{self._section(path.parent)}{end}\n"
        text = path.read_text() if path.exists() else ""
        before, found, rest = text.partition(f"{begin}\n")
        if not found:
            return text + ("\n" if text else "") + section
        _, found, after = rest.partition(f"{end}\n")
        if not found:
            raise click.ClickException(f"{path}: {begin} has no end")
        return before + section + after

    def _section(self, folder: Path) -> str:
        parts = [f"## {self.title}\n"] if self.title else []
        parts.append(f"Made by `{self.command}`{self.took and f' in {self.took}'}.\n")
        parts += [table.markdown() for table in self.tables]
        for picture, caption in self.pictures:
            link = Path(os.path.relpath(picture, folder)).as_posix()
            parts.append(f"![{caption}]({link})\n")
        return "\n".join(parts)


def machine() -> str:
    """What the figures were measured on, in a few words."""
    facts = Path("/proc/cpuinfo")
    lines = facts.read_text().splitlines() if facts.exists() else []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    model = models[0] if models else platform.machine()
    return f"{os.cpu_count()} cores of {model}"


def duration(seconds: float) -> str:
    """Three digits with a unit: 4.21 us, 0.612 ms, 87.0 s, 2.10 h."""
    factor, unit = _unit(seconds)
    return f"{_digits(seconds * factor)} {unit}"


def spread(middle: float, low: float, high: float) -> str:
    """Durations in the unit of the first: 0.66 ms (0.61..0.70)."""
    factor, _ = _unit(middle)
    return f"{duration(middle)} ({_digits(low * factor)}..{_digits(high * factor)})"


def _unit(seconds: float) -> tuple[float, str]:
    for limit, factor, unit in ((1e-4, 1e6, "us"), (1, 1e3, "ms"), (600, 1.0, "s")):
        if seconds < limit:
            return factor, unit
    return 1 / 3600, "h"


def _digits(value: float) -> str:
    if value == 0:
        return "0"
    exponent = len(str(int(value))) if value >= 1 else 0
    return f"{value:.{max(0, 3 - exponent)}f}"
