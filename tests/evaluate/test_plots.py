"""Plots take names as they are, and leave matplotlib's settings alone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from palantir.evaluate.plots import draw_plots
from palantir.evaluate.results import Results
from tests.evaluate.test_tables import RESULTS, VIEW, WITH_SSIM


def test_names_are_no_formulas(tmp_path: Path) -> None:
    mpl = pytest.importorskip("matplotlib")
    before = dict(mpl.rcParams)
    clip = r"a$\b$"
    renamed = Results(replace(one, clip=clip) for one in RESULTS)
    drawn = [path for path, _ in draw_plots(replace(VIEW, results=renamed), tmp_path)]
    assert len(drawn) == 4
    assert all(clip in path.read_text() for path in drawn)
    assert dict(mpl.rcParams) == before


def test_bit_rates_are_drawn_where_there_are_several(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    one_rate = VIEW.results.where(rate=1)
    drawn = [path.stem for path, _ in draw_plots(replace(VIEW, results=one_rate), tmp_path)]
    assert drawn == ["net-anchors", "net-cost", "net-time"]
    *_, (path, caption) = draw_plots(VIEW, tmp_path)
    assert (path.stem, caption.split(",")[0]) == ("net-rate", "PSNR-Y against bit rate")
    text = path.read_text()
    assert all(f">{name}</text>" in text for name in ("bicubic", "adjoint", "per-frame SR"))
    assert ">kbit/s</text>" in text


def test_ssim_is_drawn_where_it_was_measured(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    *_, (path, caption) = draw_plots(WITH_SSIM, tmp_path)
    assert (path.stem, caption.split(",")[0]) == (
        "net-ssim", "SSIM of luma against the share of the network cost: net"
    )  # fmt: skip
    assert ">SSIM</text>" in path.read_text()
