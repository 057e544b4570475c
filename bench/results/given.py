"""Parts on networks as they are given, SPAN and the shipped one: clips, and a filmed photograph."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import replace
from importlib.util import find_spec
from itertools import product
from pathlib import Path
from statistics import fmean

from bench.results.extent import Stretch
from bench.results.workbench import Found, LackingError, Workbench, clips_of, view_of
from palantir.evaluate.jobs import UPSCALERS
from palantir.evaluate.question import MEASURED, OWN_MODEL, GridWish, Method, NetworkWish, Question
from palantir.evaluate.results import Result, Results
from palantir.evaluate.table import Table
from palantir.grid import PatchGrid

__all__ = ["filmed_photograph", "given_networks"]

_MODES = ("detail", "paper")
_PAPERS_GRID = GridWish(PatchGrid(3, 5))
_BY_NUMBER = Method("adjoint")
_BY_WINS = Method(_BY_NUMBER.selector, MEASURED)
_BY_COST = Method("gain-per-cost")
_PEER = Method("neuroscaler")


def given_networks(bench: Workbench) -> Found:
    """On the data folder's clips."""
    return _judged(bench, bench.extent.given, "given")


def filmed_photograph(bench: Workbench) -> Found:
    """On a film of a photograph, which is made first. Raises LackingError without torch."""
    film = bench.extent.film
    clip = bench.folder / f"seeding_{film.size[1]}p25.mp4"
    if not clip.exists():
        _film(bench, clip)
    return _judged(bench, Stretch([clip], 0, film.frames), "photograph")


def _film(bench: Workbench, clip: Path) -> None:
    if find_spec("torch") is None:
        raise LackingError(
            f"{clip} is not there, and to film it takes torch: pip install 'palantir-sr[torch]'"
        )
    from palantir.train.camera import film_photograph
    from palantir.train.shipped import fetch_photograph

    film = bench.extent.film
    with tempfile.TemporaryDirectory(dir=bench.folder) as folder:
        photograph = film.photograph or fetch_photograph(Path(folder))
        target = Path(folder) / clip.name
        film_photograph(photograph, target, film.size, film.frames, film.canvas)
        target.rename(clip)


def _judged(bench: Workbench, stretch: Stretch, name: str) -> Found:
    """By number of anchors on the paper's grid and on the default one, then by cost."""
    models = [NetworkWish(str(model)) for model in bench.extent.models]
    by_number = Question(
        clips=clips_of(stretch), networks=[*models, NetworkWish()], selectors=[_BY_NUMBER.selector],
        budgets=bench.extent.few, by="area", grids=[_PAPERS_GRID], reuse=_MODES,
        first={"": stretch.first}, frames={"": stretch.frames},
    )  # fmt: skip
    by_cost = replace(
        by_number, selectors=[_BY_COST.selector, _PEER.selector], by="cost", grids=[GridWish()]
    )
    finer = replace(by_number, grids=[GridWish()], error_models=(OWN_MODEL, MEASURED))
    results = bench.measure(by_number, finer, by_cost)
    tables: list[Table] = []
    for network in map(str, by_number.networks):
        tables += [_number_table(results, network, grid) for grid in (_PAPERS_GRID, GridWish())]
        tables.append(_cost_table(results, network))
    drawn = bench.draw(view_of(results, str(by_number.networks[0])), name, ["time"])
    return Found(tables, [one.to_dict() for one in results], drawn)


def _number_table(results: Results, network: str, wish: GridWish) -> Table:
    """Both modes, with what each loses over a GoP; and anchors by what they win, if measured."""
    of_grid = results.where(network=network, grid=str(wish))
    ways = [
        (method, mode, budget)
        for method, mode in ((_BY_WINS, _MODES[0]), *((_BY_NUMBER, mode) for mode in _MODES))
        for budget in of_grid.where(method=method, reuse=mode).different("budget")
    ]
    rows = []
    for clip in results.different("clip"):
        ones = [
            of_grid.where(clip=clip, method=method, reuse=mode, budget=budget)[0]
            for method, mode, budget in ways
        ]
        rows.append([clip, *_ends(results, clip, network), *(_drift(results, one) for one in ones)])
    names = [
        f"{'measured, ' if method == _BY_WINS else ''}{mode} {budget}"
        for method, mode, budget in ways
    ]
    return Table(
        f"By number of anchors: {network}, {_grid_name(wish)}",
        ["clip", *UPSCALERS, "every patch", *names],
        [*rows, _means(rows)],
        f"{_NOTE} Budgets are shares of\n"
        "the patches, picked by adjoint; measured: by what this network wins against HR. In\n"
        "brackets the drift over a GoP of at least 20 frames: what a mode wins over bicubic in\n"
        "its last ten frames less what it wins in the first ten.",
    )


def _cost_table(results: Results, network: str) -> Table:
    """Patches and whole frames, both modes."""
    ways = [
        (mode, method, budget)
        for mode, method in product(_MODES, (_BY_COST, _PEER))
        for budget in results.where(method=_BY_COST).different("budget")
    ]
    rows = []
    for clip in results.different("clip"):
        found = results.where(clip=clip, network=network)
        ones = [
            found.where(reuse=mode, method=method, budget=budget)[0]
            for mode, method, budget in ways
        ]
        rows.append([
            clip, *_ends(results, clip, network), *(_gain(results, one) for one in ones),
        ])  # fmt: skip
    names = [f"{method}, {mode} {budget}" for mode, method, budget in ways]
    return Table(
        f"By network cost: {network}, default grid",
        ["clip", *UPSCALERS, "every patch", *names],
        [*rows, _means(rows)],
        f"{_NOTE} Budgets are shares of\nthe network cost of per-frame SR, halo included.",
    )


_NOTE = "PSNR-Y in dB: of bicubic, and over bicubic of everything else."


def _grid_name(wish: GridWish) -> str:
    return f"{wish} patches" if wish.grid else "default grid"


def _ends(results: Results, clip: str, network: str) -> Iterator[str]:
    """Plain upscaling by each kernel, and per-frame SR."""
    for kernel in UPSCALERS:
        plain = results.plain(clip, kernel)
        yield f"{plain.psnr_y:.2f}" if kernel == "bicubic" else _gain(results, plain)
    yield _gain(results, results.per_frame(clip, network))


def _gain(results: Results, one: Result) -> str:
    return f"{one.psnr_y - results.plain(one.clip, 'bicubic').psnr_y:+.2f}"


def _drift(results: Results, one: Result) -> str:
    drift = one.row().drift(results.plain(one.clip, "bicubic").row())
    return f"{_gain(results, one)} ({drift:+.2f})"


def _means(rows: list[list[str]]) -> list[str]:
    """Of what each cell says before its brackets."""
    columns = zip(*(row[1:] for row in rows), strict=True)
    values = [fmean(float(cell.split()[0]) for cell in column) for column in columns]
    signs = ["+" if cell[0] in "+-" else "" for cell in rows[0][1:]]
    return ["mean", *(f"{value:{sign}.2f}" for value, sign in zip(values, signs, strict=True))]
