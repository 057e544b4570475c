"""A table of figures for people, as markdown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Table", "mean_over"]


@dataclass(frozen=True)
class Table:
    """Cells of text under headings; `note` says what they mean."""

    title: str
    headings: Sequence[str]
    rows: Sequence[Sequence[str]]
    note: str = ""

    def markdown(self) -> str:
        """As a section with a heading of the third level."""
        lines = [self.headings, ["---"] * len(self.headings), *self.rows]
        text = "\n".join("| " + " | ".join(map(_escaped, line)) + " |" for line in lines)
        note = f"\n{self.note}\n" if self.note else ""
        return f"### {self.title}\n{note}\n{text}\n"


def mean_over(clips: Sequence[str]) -> str:
    """Words for a title: of which clips the figures are the mean."""
    return f"mean over {len(clips)} clips" if len(clips) > 1 else clips[0]


def _escaped(cell: str) -> str:
    return cell.replace("|", "\\|").replace("\n", " ")
