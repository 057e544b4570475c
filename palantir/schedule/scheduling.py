"""From a graph and a budget to a selection, interval by interval."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from palantir.errors import ScheduleError
from palantir.graph.error_graph import ErrorGraph
from palantir.graph.intervals import Interval
from palantir.schedule.allowance import Allowance
from palantir.schedule.budget import Budget
from palantir.schedule.choice import SELECTORS, Choice, Options, Without
from palantir.schedule.frame_order import picks_of_nodes
from palantir.schedule.selection import Picks, Selection, Selector

__all__ = ["SELECTORS", "check_finite", "select"]

_Ranges = list[tuple[int, int]]


def select(
    graph: ErrorGraph,
    budget: Allowance | float | int | str = 0.05,
    selector: str | Selector = "adjoint",
    interval: Interval | int | str | None = None,
    *,
    without: Without = None,
    options: Options | None = None,
) -> Selection:
    """Chooses the anchors of `graph`.

    budget    share of the patch area (0.05, "5%"), number of anchors (12, "12"), CostShare (the
              5% of `palantir schedule`) or NetworkBudget, for each interval; whatever
              `Budget.parse` takes
    selector  one of SELECTORS (docs/method.md, selectors), or a function of the signature Selector;
              "all" and "none" disregard the budget
    interval  "gop" (from key frame to key frame), a number of coded frames, a time ("200ms"), or
              None (all at once). Anchors of earlier intervals are fixed and the errors they leave
              are inputs of the next; what a pick spares later intervals does not count.
    without   "weight" or "texture": picks are made on the graph without it, but `gain` and `total`
              are those on `graph`
    options   of the selector, such as {"seed": 1} for "random"

    Raises ScheduleError for an unusable budget, selector, option, interval, or a graph whose
    errors are too large to be added up, and what a selector that is a function raises.

    >>> select(graph, "5%", interval="gop")                          # doctest: +SKIP
    >>> select(graph, 12, "key-alt", interval="200ms")               # doctest: +SKIP
    >>> select(graph, Budget.parse("20GMAC/s", SRNetwork.load()))    # doctest: +SKIP
    """
    allowance = Budget.parse(budget)
    choice = Choice.of(selector, options, without)
    ranges = graph.intervals(interval)
    check_finite(graph)
    picks = _picks_by_interval(choice.seen(graph), allowance, choice, ranges)
    order, gain, total = _joined(graph, picks, ranges, exact=choice.without is None)
    length = None if interval is None else Interval.parse(interval)
    return Selection(
        order=order,
        gain=gain,
        total=total,
        selector=choice.name,
        budget=allowance,
        parameters={
            "interval": "all" if length is None else length.frames or str(length),
            **choice.parameters,
            **allowance.parameters,
        },
    )


def check_finite(graph: ErrorGraph) -> None:
    """Raise ScheduleError where errors or influences grow beyond every number."""
    if not (np.isfinite(graph.objective()) and np.isfinite(graph.influence()).all()):
        raise ScheduleError("the graph's errors grow beyond every number")


def _picks_by_interval(
    graph: ErrorGraph, allowance: Allowance, choice: Choice, ranges: _Ranges
) -> list[Picks]:
    """The picks of each interval, its nodes counted from its own first frame."""
    patches = graph.grid.count
    errors = np.zeros(graph.nodes)
    result = []
    for first, stop in ranges:
        part = graph if len(ranges) == 1 else graph.between(first, stop, errors)
        picks = _within(part, allowance, choice)
        if len(ranges) > 1:
            errors[first * patches : stop * patches] = part.errors(picks.order)
        result.append(picks)
    return result


def _within(part: ErrorGraph, allowance: Allowance, choice: Choice) -> Picks:
    if choice.unbudgeted:
        return choice.picks(part, part.nodes)
    picks = choice.picks(part, allowance.most(part.frames, part.grid))
    return picks.first(allowance.prefix(picks.order, part.frames, part.grid))


def _joined(
    graph: ErrorGraph, picks: list[Picks], ranges: _Ranges, exact: bool
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """Order, gain and total of all intervals' picks; `exact`: their gains are those of `graph`."""
    if len(picks) == 1 and exact:
        return picks[0].order, picks[0].gain, picks[0].total
    starts = [first * graph.grid.count for first, _ in ranges]
    orders = [start + each.order for start, each in zip(starts, picks, strict=True)]
    gains = [each.gain for each in picks] if exact else _gains(graph, picks, ranges)
    order = np.concatenate([np.zeros(0, np.int64), *orders])  # of no interval, too
    gain = np.concatenate([np.zeros(0), *gains])
    return order, gain, graph.objectives(order)


def _gains(graph: ErrorGraph, picks: list[Picks], ranges: _Ranges) -> list[NDArray[np.float64]]:
    """By how much each pick lowers the objective of its own interval, on `graph`."""
    patches = graph.grid.count
    errors = np.zeros(graph.nodes)
    gains = []
    for (first, stop), each in zip(ranges, picks, strict=True):
        part = graph.between(first, stop, errors)
        errors[first * patches : stop * patches] = part.errors(each.order)
        gains.append(picks_of_nodes(part, each.order).gain)
    return gains
