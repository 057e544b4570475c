"""From a graph and a budget to a selection, interval by interval."""

from __future__ import annotations

from importlib import import_module
from typing import Literal

import numpy as np

from palantir.errors import ScheduleError
from palantir.graph.error_graph import ErrorGraph
from palantir.schedule.budget import Budget
from palantir.schedule.selection import Picks, Selection, Selector

__all__ = ["SELECTORS", "select"]

SELECTORS = ("adjoint", "sequential")  # each a module of this package


def select(
    graph: ErrorGraph,
    budget: Budget | float | int | str = 0.05,
    selector: str = "adjoint",
    interval: Literal["gop"] | int | None = None,
) -> Selection:
    """Chooses the anchors of `graph`.

    budget    share of the patches (0.05, "5%") or number of anchors (12, "12"), for each interval
    selector  one of SELECTORS; both give the same picks, `adjoint` at once
    interval  "gop" (from key frame to key frame), a number of coded frames, or None (all at once).
              Anchors of earlier intervals are fixed and the errors they leave are inputs of the
              next; what a pick spares later intervals does not count.

    Raises ScheduleError for an unusable budget, selector, interval, or a graph whose errors are
    too large to be added up.
    """
    allowed = Budget.parse(budget)
    choose = _selector(selector)
    ranges = graph.intervals(interval)
    if not (np.isfinite(graph.objective()) and np.isfinite(graph.influence()).all()):
        raise ScheduleError("the graph's errors grow beyond every number")
    if len(ranges) == 1:
        picks = choose(graph, allowed.count(graph.nodes))
    else:
        picks = _select_by_interval(graph, allowed, choose, ranges)
    return Selection(
        order=picks.order,
        gain=picks.gain,
        total=picks.total,
        selector=selector,
        budget=allowed,
        parameters={"interval": "all" if interval is None else interval},
    )


def _selector(name: str) -> Selector:
    if name not in SELECTORS:
        raise ScheduleError(f"selector {name!r} is none of: {', '.join(SELECTORS)}")
    choose: Selector = import_module(f"palantir.schedule.{name}").select
    return choose


def _select_by_interval(
    graph: ErrorGraph, budget: Budget, choose: Selector, ranges: list[tuple[int, int]]
) -> Picks:
    patches = graph.grid.count
    errors = np.zeros(graph.nodes)
    order, gain = [np.zeros(0, np.int64)], [np.zeros(0)]
    for first, stop in ranges:
        part = graph.between(first, stop, errors)
        picks = choose(part, budget.count(part.nodes))
        errors[first * patches : stop * patches] = part.errors(picks.order)
        order.append(first * patches + picks.order)
        gain.append(picks.gain)
    picked = np.concatenate(order)
    return Picks(picked, np.concatenate(gain), graph.objectives(picked))
