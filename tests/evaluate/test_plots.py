"""Plots take names as they are, and leave matplotlib's settings alone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from palantir.evaluate.plots import draw_plots
from palantir.evaluate.results import Results
from tests.evaluate.test_tables import RESULTS, VIEW


def test_names_are_no_formulas(tmp_path: Path) -> None:
    mpl = pytest.importorskip("matplotlib")
    before = dict(mpl.rcParams)
    clip = r"a$\b$"
    renamed = Results(replace(one, clip=clip) for one in RESULTS)
    drawn = [path for path, _ in draw_plots(replace(VIEW, results=renamed), tmp_path)]
    assert len(drawn) == 3
    assert all(clip in path.read_text() for path in drawn)
    assert dict(mpl.rcParams) == before
