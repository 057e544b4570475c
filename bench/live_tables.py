"""Tables of what live schedules leave, and of how long they take."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean

from bench.live_schedules import BUDGET, INTERVALS, Estimate
from bench.live_speed import STREAMS, Part, Scaling
from bench.report import Table, spread
from palantir.evaluate.results import Result

__all__ = ["quality_tables", "speed_tables"]

_NOTE = f"""\
Budget {100 * BUDGET:g} % of each interval. J: the estimate by the paper's error model, as a share
of what it is without anchors; later: of the frames from the second key frame on, when a tail was
learned. `gop`: decided GoP by GoP, with all of it known; `gop as ...`: the same with as many
anchors in each GoP as the live schedule took, which are more than the budget where intervals are
short, since anchors are whole."""
_TRUE = """ SSE: the true squared error of luma, as a share of what it is without anchors; gain: of
PSNR-Y over no anchors; both of the whole clip and only of clips with an HR original."""
_SPEED = """\
Median and quartiles over the intervals. push, select, settle: calls of `_core.LiveSelector`, and
select is selection proper. LiveScheduler: all that it does from packet to anchors; errors known:
less the error model, which is the paper's: texture and weights were worked out beforehand."""
_SCALING = f"""\
Intervals a second of {STREAMS} streams, with a tail, by `LiveScheduler` from decoded packets on;
the speed-up is the median over rounds run in turn. Errors known: less the error model, as above."""


def quality_tables(estimates: Sequence[Estimate], results: Sequence[Result]) -> list[Table]:
    """Means over clips, then each measure clip by clip."""
    tables = [_summary(estimates, results)]
    tables += [
        _by_clip("J", {(e.clip, e.schedule): _percent(e.overall) for e in estimates}),
        _by_clip("J, later", {(e.clip, e.schedule): _percent(e.later) for e in estimates}),
    ]
    if results:
        none = {one.clip: one for one in results if str(one.method) == "none"}
        some = [one for one in results if str(one.method) != "none"]
        key = {id(one): (one.clip, str(one.method)) for one in some}
        shares = {key[id(one)]: _percent(one.mse / none[one.clip].mse) for one in some}
        gains = {key[id(one)]: f"{one.psnr_y - none[one.clip].psnr_y:+.3f}" for one in some}
        tables += [_by_clip("SSE", shares), _by_clip("gain of PSNR-Y, dB", gains)]
    return tables


def _summary(estimates: Sequence[Estimate], results: Sequence[Result]) -> Table:
    headings = ["schedule", "anchors", "J", "J, later", "over gop as"]
    rows = []
    for schedule in dict.fromkeys(one.schedule for one in estimates):
        mine = [one for one in estimates if one.schedule == schedule]
        row = [
            schedule,
            _percent(fmean(one.share for one in mine)),
            _percent(fmean(one.overall for one in mine)),
            _percent(_later(mine)),
            _over_peer(mine, estimates),
        ]
        rows.append([*row, *(_true(schedule, results) if results else ())])
    clips = len({one.clip for one in estimates})
    note = f"{_NOTE}\nOver gop as: `J, later` in times that of the whole-GoP schedule of as many."
    return Table(
        f"Live schedules, mean over {clips} clip{'s' * (clips > 1)}",
        [*headings, *(("SSE", "gain, dB") if results else ())],
        rows,
        note + (_TRUE if results else ""),
    )


def _later(estimates: Sequence[Estimate]) -> float | None:
    known = [one.later for one in estimates if one.later is not None]
    return fmean(known) if known else None


def _over_peer(mine: Sequence[Estimate], estimates: Sequence[Estimate]) -> str:
    name = mine[0].schedule.partition(",")[0]
    if name not in map(str, INTERVALS):
        return "-"
    peer = _later([one for one in estimates if one.schedule == f"gop as {name}"])
    own = _later(mine)
    return f"{own / peer:.2f}x" if own is not None and peer else "-"


def _true(schedule: str, results: Sequence[Result]) -> tuple[str, str]:
    none = {one.clip: one for one in results if str(one.method) == "none"}
    mine = [one for one in results if str(one.method) == schedule]
    share = fmean(one.mse / none[one.clip].mse for one in mine)
    return _percent(share), f"{fmean(one.psnr_y - none[one.clip].psnr_y for one in mine):+.3f}"


def _by_clip(measure: str, cells: dict[tuple[str, str], str]) -> Table:
    clips = list(dict.fromkeys(clip for clip, _ in cells))
    schedules = list(dict.fromkeys(schedule for _, schedule in cells))
    rows = [[clip, *(cells[clip, schedule] for schedule in schedules)] for clip in clips]
    return Table(f"Live schedules: {measure}", ["clip", *schedules], rows)


def speed_tables(parts: Sequence[Part], scalings: Sequence[Scaling], where: str) -> list[Table]:
    """Time of an interval by what it goes into, and the speed-up by a second thread."""
    rows = []
    for name in dict.fromkeys(part.name for part in parts):
        pair = [
            next(p for p in parts if p.name == name and p.tail == tail) for tail in (False, True)
        ]
        rows.append((name, *map(_spread, pair)))
    title = f"Live selection: time of an interval of 2 frames x 3x5 patches ({where})"
    headings = ("what", "without tail", "with tail")
    streams = [
        (
            f"{one.grid}, intervals of {one.interval}{', errors known' * one.known}",
            f"{one.one:.0f}",
            f"{one.two:.0f}",
            f"{one.speedup:.2f}x",
        )
        for one in scalings
    ]
    scaled = ("setting", "1 thread", "2 threads", "speed-up")
    return [
        Table(title, headings, rows, _SPEED),
        Table(f"{STREAMS} live schedulers over threads ({where})", scaled, streams, _SCALING),
    ]


def _spread(part: Part) -> str:
    return spread(part.timing.median, part.timing.low, part.timing.high)


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.1f}%"
