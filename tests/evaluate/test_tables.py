"""The tables' figures on results made by hand."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from palantir.evaluate.cost_tables import compute_table, cost_tables, rate_table
from palantir.evaluate.measures import SSIM
from palantir.evaluate.quality_tables import View, ends_table, quality_tables
from palantir.evaluate.question import Method
from palantir.evaluate.results import Result, Results
from palantir.evaluate.table import Table

LOW, HIGH = Fraction(1, 60), Fraction(1, 20)
BASE = Result(
    clip="made", first=3, frames=2, rate=Fraction(1), kilobits=100.0, network="", reuse="bicubic",
    grid="default", method=None, budget=None, anchors=0, patches=30, cost=0.0, macs=0.0,
    estimate=1.0, profile_kilobits=0.0, psnr_y=31.0, psnr_yuv=31.0, ssim=None,
    errors=(50.0, 50.0), key=(True, False),
)  # fmt: skip


def made(method: str | Method, budget: Fraction | None, psnr: float, **changed: object) -> Result:
    """Of the network "net", which costs 10 GMAC a frame."""
    share = float(budget) if budget else float(method == "all")
    chosen = Method(method) if isinstance(method, str) else method
    values: dict[str, object] = {
        "network": "net", "reuse": "detail", "method": chosen, "budget": budget,
        "psnr_y": psnr, "cost": share, "macs": 10 * share, "anchors": round(30 * share),
        "profile_kilobits": 1.0 if budget else 0.0,
    }  # fmt: skip
    return replace(BASE, **(values | changed))  # type: ignore[arg-type]


RESULTS = Results([
    BASE,
    replace(BASE, reuse="bilinear", psnr_y=30.0),
    replace(BASE, reuse="sharp", psnr_y=31.2),
    replace(BASE, rate=Fraction(2), kilobits=200.0, psnr_y=33.0),
    replace(BASE, reuse="sharp", rate=Fraction(2), kilobits=200.0, psnr_y=33.2),
    made("none", None, 31.05),
    made("all", None, 32.0),
    made("adjoint", LOW, 31.5),
    made("adjoint", HIGH, 31.8),
    made("neuroscaler", LOW, 31.25),
    made("neuroscaler", HIGH, 31.9),
    made(Method("adjoint", without="weight"), LOW, 31.4),
    made(Method("adjoint", without="weight"), HIGH, 31.5),
    made("adjoint", LOW, 31.6, grid="8x8 px"),
    made("adjoint", HIGH, 31.7, grid="8x8 px"),
    made("all", None, 31.65, network="tiny", macs=0.333),
])  # fmt: skip
VIEW = View(RESULTS, "net", "default", "detail")
# SSIM is 0.7 where PSNR-Y is 30 dB, and 0.1 more with each dB.
WITH_SSIM = replace(
    VIEW, results=Results(replace(one, ssim=0.7 + 0.1 * (one.psnr_y - 30)) for one in RESULTS)
)


def table(name: str) -> Table:
    tables = [ends_table(RESULTS), *quality_tables(VIEW), *cost_tables(VIEW),
              compute_table(VIEW, "tiny"), rate_table(VIEW, ["tiny"])]  # fmt: skip
    (found,) = [one for one in tables if one.title.startswith(name)]
    return found


@pytest.mark.parametrize(
    ("name", "row"),
    [
        ("The ends", ["made, 2 from 3", "100", "30.00 (-1.00)", "31.00", "31.20 (+0.20)",
                      "31.05 (+0.05)", "32.00 (+1.00)", "31.65 (+0.65)"]),
        ("Gain preserved", ["made", "75.0%", "50.0%", "47.4%", "90.0%", "80.0%", "78.9%"]),
        ("Against each baseline", ["adjoint - neuroscaler", "1 of 1; +0.250 made",
                                   "0 of 1; -0.100 made"]),
        ("Ablations", ["adjoint without weight", "-0.100", "-0.300"]),
        ("Patch grids", ["adjoint", "8x8 px", "+0.600", "1.7%", "+0.700", "5.0%"]),
        # 31.25 is 4/9 of the way from 31.05 to our first budget; 31.9 is never reached
        ("Network cost saved", ["made", "56%", ">"]),
        # 0.333 GMAC lies half way between the budgets' 0.167 and 0.5
        ("Equal compute", ["made", "0.33", "31.650", "31.650 (-0.000)", "0.33", "0.50: 31.800"]),
        # 31.5 is 0.15 of the way from 31.2 at 100 kbit/s to 33.2 at 200: 100 * 2 ** 0.15
        ("Bit rate", ["made", "1/60", "100", "1.00", "31.50", "111 (1.10x)"]),
        # 31.65: 100 * 2 ** 0.225
        ("Bit rate", ["made", "tiny, every frame", "100", "0.00", "31.65", "117 (1.17x)"]),
    ],
)  # fmt: skip
def test_a_row_says_what_was_found(name: str, row: list[str]) -> None:
    assert row in [list(cells) for cells in table(name).rows]


def test_ssim_is_shown_where_it_was_measured() -> None:
    ends = ends_table(WITH_SSIM.results, SSIM)
    assert ends.title.startswith("The ends: SSIM of luma")
    assert list(ends.rows[0])[2:5] == ["0.7000 (-0.1000)", "0.8000", "0.8200 (+0.0200)"]
    (found,) = (one for one in quality_tables(WITH_SSIM) if one.title.startswith("SSIM"))
    assert list(found.rows[0]) == ["adjoint", "0.8500 (+0.0500)", "0.8800 (+0.0800)"]
    assert [row[0] for row in found.rows] == ["adjoint", "neuroscaler", "adjoint without weight"]
    assert not any("SSIM" in one.title for one in quality_tables(VIEW))


def test_what_the_network_costs_is_not_made_up() -> None:
    def without(network: str) -> View:
        changed = (replace(one, macs=None) if one.network == network else one for one in RESULTS)
        return replace(VIEW, results=Results(changed))

    (row,) = compute_table(without("tiny"), "tiny").rows
    assert row == ["made", "-", "31.650", "-", "0.33", "0.50: 31.800"]
    (row,) = compute_table(without("net"), "tiny").rows
    assert row == ["made", "0.33", "31.650", "-", "-", "-"]
    assert not list(cost_tables(without("net")))
    assert list(cost_tables(without("tiny")))


def test_a_gain_that_is_none_is_not_preserved() -> None:
    bad = Results(replace(one, psnr_y=30.5) if one.method == Method("all") else one
                  for one in RESULTS)  # fmt: skip
    first = next(quality_tables(replace(VIEW, results=bad)))
    assert first.rows[0] == ["made", "300.0%", "-", "-", "360.0%", "-", "-"]
    assert first.rows[1] == ["mean", "300.0%", "-", "-", "360.0%", "-", "-"]
