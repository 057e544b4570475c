"""Tables of cost: at equal quality, at equal compute, and of bits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from statistics import fmean

import numpy as np

from palantir.evaluate.curves import Curve
from palantir.evaluate.jobs import UPSCALERS
from palantir.evaluate.quality_tables import View
from palantir.evaluate.question import Method
from palantir.evaluate.results import Result, Results
from palantir.evaluate.table import Table

__all__ = ["compute_table", "cost_tables", "rate_table", "tiny_networks"]

_PEER = Method("neuroscaler")


def cost_tables(view: View) -> Iterator[Table]:
    """Network cost at equal or better PSNR than neuroscaler's, as the paper's Fig. 10.

    None where the network's multiply-accumulates are not known.
    """
    if any(one.macs is None for one in view.of_network):
        return
    modes = view.of_network.where(method=_PEER).different("reuse")
    for ours in view.ours:
        for mode in modes:
            yield _saving_table(view, ours, mode)


def _saving_table(view: View, ours: Method, peer_mode: str) -> Table:
    rows, columns = [], []
    for clip in view.clips:
        curve = Curve.of(view.results, clip, view.network, view.reuse, ours, view.grid)
        savings = []
        for budget in view.budgets:
            peer = view.of_network.one(
                clip=clip, method=_PEER, budget=budget, reuse=peer_mode, grid=view.grid
            )
            savings.append(_saving(curve, peer))
        columns.append(savings)
        rows.append([clip, *map(_cell, savings)])
    means = []
    for column in zip(*columns, strict=True):
        known = [saving for saving in column if saving is not None]
        means.append(fmean(known) if known else None)
    rows.append(["mean", *map(_cell, means)])
    known = [saving for savings in columns for saving in savings if saving is not None]
    overall = f" Mean of all: {_cell(fmean(known))}." if known else ""
    return Table(
        f"Network cost saved by {ours} at equal or better PSNR-Y than neuroscaler with "
        f"{peer_mode} reuse: {view.title}",
        ["clip", *map(str, view.budgets)],
        rows,
        "For each budget of neuroscaler's: 1 - cost / its cost, the cost interpolated between our\n"
        f"budgets; > : not reached with our largest budget, and left out of means.{overall}",
    )


def _saving(curve: Curve, peer: Result | None) -> float | None:
    if peer is None or not peer.macs:
        return None
    cost = curve.cost_at(peer.psnr_y)
    return None if cost is None else 1 - cost / peer.macs


def _cell(saving: float | None) -> str:
    return ">" if saving is None else f"{100 * saving:.0f}%"


def compute_table(view: View, tiny: str) -> Table:
    """A tiny network on every frame against this one on few patches, by compute."""
    method = view.ours[-1]
    rows = []
    for clip in view.clips:
        curve = Curve.of(view.results, clip, view.network, view.reuse, method, view.grid)
        every = view.results.per_frame(clip, tiny)
        at_equal, crossing = curve.psnr_at(every.macs), curve.cost_at(every.psnr_y)
        largest = f"{curve.cost[-1]:.2f}: {curve.psnr[-1]:.3f}" if curve.cost else "-"
        beyond = "not reached" if curve.cost else "-"
        rows.append([
            clip, "-" if every.macs is None else f"{every.macs:.2f}", f"{every.psnr_y:.3f}",
            "-" if at_equal is None else f"{at_equal:.3f} ({at_equal - every.psnr_y:+.3f})",
            beyond if crossing is None else f"{crossing:.2f}",
            largest,
        ])  # fmt: skip
    return Table(
        f"Equal compute: {tiny} on every frame, and {view.network} on few patches by {method}",
        ["clip", f"{tiny}: GMAC a frame", "PSNR-Y", "few patches at as much",
         "few patches: GMAC for that PSNR-Y", "their largest budget: GMAC, PSNR-Y"],
        rows,
        "Multiply-accumulates of displayed frames, invisible ones included; - : beyond the\n"
        "largest budget, or not known.",
    )  # fmt: skip


def rate_table(view: View, tiny: Sequence[str] = ()) -> Table:
    """PSNR against total bit rate, and the bit rate that plain upscaling would need.

    tiny  networks that run on every frame, to be listed too
    """
    method = view.ours[-1]
    rows = []
    for clip in view.clips:
        plain = sorted(
            (one.kilobits, one.psnr_y)
            for one in view.results.where(clip=clip, network="", reuse=UPSCALERS[-1])
        )
        chosen = view.main.where(clip=clip, method=method)
        every = [view.results.per_frame(clip, name) for name in tiny]
        for one in [*chosen, *every]:
            total = one.kilobits + one.profile_kilobits
            rows.append([
                clip, f"{one.budget or f'{one.network}, every frame'}", f"{one.kilobits:.0f}",
                f"{one.profile_kilobits:.2f}", f"{one.psnr_y:.2f}",
                _needed(plain, one.psnr_y, total),
            ])  # fmt: skip
    rates = ", ".join(f"{float(rate):g}" for rate in view.results.different("rate"))
    return Table(
        f"Bit rate: {method}, {view.title}",
        ["clip", "budget", "LR kbit/s", "profile kbit/s", "PSNR-Y", "plain upscaling needs"],
        rows,
        f"Bit rate with which plain upscaling ({UPSCALERS[-1]}) reaches the same PSNR-Y, and that\n"
        "in multiples of LR and profile together; interpolated over the logarithm of the rate\n"
        f"between streams of {rates} times the recipe's.",
    )


def _needed(plain: list[tuple[float, float]], psnr: float, total: float) -> str:
    rates, reached = [rate for rate, _ in plain], [value for _, value in plain]
    if len(plain) < 2 or any(b <= a for a, b in pairwise(reached)):
        return "-"
    if psnr > reached[-1]:
        return f"> {rates[-1]:.0f} ({rates[-1] / total:.2f}x)"
    rate = float(np.exp(np.interp(psnr, reached, np.log(rates))))
    return f"{rate:.0f} ({rate / total:.2f}x)"


def tiny_networks(results: Results) -> list[str]:
    """Those that only ran on every frame."""
    names = [name for name in results.different("network") if name]
    return [name for name in names if len(results.where(network=name)) == len(
        results.where(network=name, method=Method("all")))]  # fmt: skip
