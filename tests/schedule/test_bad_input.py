"""What cannot be scheduled is a ScheduleError in one line, whatever it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy.sparse import csr_array

from palantir.errors import ScheduleError
from palantir.graph import ErrorGraph, FrameTable, PatchGrid
from palantir.schedule import Budget, NetworkBudget, select, select_jointly

NAN, INF = float("nan"), float("inf")


def graph(
    texture: tuple[float, ...] = (1, 1, 1, 1), edges: dict[tuple[int, int], float] | None = None
) -> ErrorGraph:
    """Two frames of two patches."""
    weights = np.zeros((4, 4))
    for ends, weight in (edges or {}).items():
        weights[ends] = weight
    frames = FrameTable.plain(64, 64, [True, True])
    return ErrorGraph(np.array(texture), csr_array(weights), frames, PatchGrid(1, 2), (64, 64))


BAD_GRAPHS: dict[str, Callable[[], ErrorGraph]] = {
    "NaN texture": lambda: graph((1, NAN, 1, 1)),
    "infinite texture": lambda: graph((1, INF, 1, 1)),
    "negative texture": lambda: graph((1, 1, -1e-9, 1)),
    "NaN weight": lambda: graph(edges={(2, 0): NAN}),
    "infinite weight": lambda: graph(edges={(2, 0): INF}),
    "negative weight": lambda: graph(edges={(2, 0): -0.5}),
    "edge to itself": lambda: graph(edges={(2, 2): 1}),
    "edge within a frame": lambda: graph(edges={(3, 2): 1}),
    "forward edge": lambda: graph(edges={(0, 2): 1}),
    "cycle": lambda: graph(edges={(0, 2): 1, (2, 0): 1}),
    "too few nodes": lambda: replace(graph(), texture=np.ones(3)),
    "weights of another size": lambda: replace(graph(), weights=csr_array((5, 5))),
    "grid that does not fit": lambda: replace(graph(), lr_size=(1, 1)),
    "no grid": lambda: replace(graph(), grid=PatchGrid(0, 2)),
    "reference to a later frame": lambda: replace(
        graph(), frames=replace(graph().frames, references=np.ones((2, 3), np.int32))
    ),
    "time that is no number": lambda: replace(
        graph(), frames=replace(graph().frames, time=np.full(2, NAN))
    ),
}
BAD_BUDGETS: dict[str, Any] = {
    "zero": 0, "zero share": 0.0, "zero in text": "0", "no percent": "0%", "above 1": 1.5,
    "above 1 in text": "1.5", "above 100 %": "101%", "negative": -1, "negative share": -0.05,
    "negative in text": "-5%", "not a number": NAN, "not a number in text": "nan",
    "infinite": INF, "word": "five", "empty": "", "flag": True, "nothing": None, "list": [0.05],
    "complex": 1j, "too many": 2**40, "rate without a network": "20GMAC/s",
    "rate of nothing": "GMAC/s",
}  # fmt: skip
BAD_CALLS: dict[str, dict[str, Any]] = {
    "unknown selector": {"selector": "best"}, "no selector": {"selector": ""},
    "selector that is none": {"selector": 3}, "unknown option": {"options": {"seed": 1}},
    "unknown ablation": {"without": "time"}, "no interval": {"interval": 0},
    "negative interval": {"interval": -2}, "interval of no time": {"interval": "0ms"},
    "interval in words": {"interval": "two"}, "fraction of a frame": {"interval": 0.5},
    "flag as interval": {"interval": True},
}  # fmt: skip


def refused(call: Callable[[], object]) -> str:
    with pytest.raises(ScheduleError) as caught:
        call()
    assert type(caught.value) is ScheduleError
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("name", BAD_GRAPHS)
def test_a_graph_is_refused_when_it_is_made(name: str) -> None:
    refused(BAD_GRAPHS[name])


@pytest.mark.parametrize("name", BAD_BUDGETS)
def test_a_budget_is_refused_wherever_it_is_given(name: str) -> None:
    budget = BAD_BUDGETS[name]
    message = refused(lambda: select(graph(), budget))
    assert message.startswith("budget ")
    assert refused(lambda: Budget.parse(budget)) == message
    assert refused(lambda: select_jointly([graph()], budget)) == message


@pytest.mark.parametrize("name", BAD_CALLS)
def test_a_call_is_refused(name: str) -> None:
    word = next(iter(BAD_CALLS[name]))
    message = refused(lambda: select(graph(), 1, **BAD_CALLS[name]))
    assert {"options": "option", "without": "without"}.get(word, word) in message


def test_a_network_that_costs_nothing_is_refused() -> None:
    refused(lambda: NetworkBudget(1e9, macs_per_pixel=0, halo=8))
    refused(lambda: NetworkBudget(1e9, macs_per_pixel=1, halo=-1))


def test_errors_that_nothing_can_hold_are_refused() -> None:
    steep = graph((1e300, 1, 1, 1), {(2, 0): 1e300})
    refused(lambda: select(steep, 1))
    refused(lambda: select_jointly([steep], 1))


def test_errors_that_are_no_numbers_do_not_reach_the_next_interval() -> None:
    whole = graph(edges={(2, 0): 0.5})
    message = refused(lambda: whole.between(1, 2, np.array([NAN, 1, 0, 0])))
    assert message == "texture and incoming error of frame 1 patch 0 is nan"
