"""What of `palantir/` the tests reach, in processes that they start too."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

__all__ = ["BRANCHES", "LINES", "measure", "summary"]

LINES, BRANCHES = 97, 92  # per cent: what is promised
_FOLDER = Path("build/coverage")


def measure(arguments: Sequence[str]) -> None:
    """Run pytest under coverage; raises CalledProcessError where a test fails."""
    _FOLDER.mkdir(parents=True, exist_ok=True)
    _coverage("erase")
    _coverage("run", "-m", "pytest", *arguments)


def summary() -> tuple[float, float]:
    """Per cent of lines and of branches that the last `measure` reached."""
    _coverage("combine", "--quiet")
    report = _FOLDER / "report.json"
    _coverage("json", "--quiet", "-o", str(report))
    totals = json.loads(report.read_text())["totals"]
    lines = 100 * totals["covered_lines"] / totals["num_statements"]
    branches = 100 * totals["covered_branches"] / totals["num_branches"]
    return lines, branches


def _coverage(*words: str) -> None:
    subprocess.run([sys.executable, "-m", "coverage", *words], check=True)
