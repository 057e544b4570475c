"""Selectors by name and as functions, their options, and graphs they see only in part."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from palantir.errors import ScheduleError
from palantir.graph import ErrorGraph, PatchGrid
from palantir.graph.ablation import without_texture, without_weight
from palantir.profile import CacheProfile
from palantir.schedule import SELECTORS, Picks, adjoint, select
from palantir.schedule.nemo import SingleAnchorQuality

MakeGraph = Callable[..., ErrorGraph]


def graph_of(random_graph: MakeGraph) -> ErrorGraph:
    """Eight frames of six patches, all values different."""
    graph = random_graph(4, frames=8, grid=PatchGrid(2, 3))
    return replace(graph, frames=replace(graph.frames, shown=np.ones(8, np.bool_)))


def last_first(graph: ErrorGraph, count: int, *, step: int = 1) -> Picks:
    order = np.arange(graph.nodes)[::-step][:count]
    total = graph.objectives(order)
    return Picks(order, -np.diff(total), total)


@pytest.mark.parametrize("name", SELECTORS)
@pytest.mark.parametrize("interval", [None, 3])
def test_every_selector_is_called_by_its_name(
    name: str, interval: int | None, random_graph: MakeGraph
) -> None:
    if name.startswith("spm"):
        pytest.importorskip("torch")
    graph = graph_of(random_graph)
    selection = select(graph, 2, name, interval)
    expected = {"all": 48, "none": 0}.get(name, 2 if interval is None else 6)
    assert (selection.selector, len(selection)) == (name, expected)
    np.testing.assert_allclose(selection.total, graph.objectives(selection.order))
    if interval is None:
        np.testing.assert_allclose(selection.gain, -np.diff(selection.total), atol=1e-9)


def test_a_function_is_a_selector_too(random_graph: MakeGraph) -> None:
    graph = graph_of(random_graph)
    selection = select(graph, 2, last_first, 4)
    assert selection.order.tolist() == [23, 22, 47, 46]
    assert selection.selector == "last_first"
    stepping = select(graph, 3, last_first, options={"step": 5})
    assert stepping.order.tolist() == [47, 42, 37]
    assert stepping.parameters == {"interval": "all", "step": 5}


def test_a_function_named_select_goes_by_its_module(random_graph: MakeGraph) -> None:
    graph = graph_of(random_graph)
    assert select(graph, 2, adjoint.select).selector == "adjoint"
    measured = SingleAnchorQuality(graph.frames, np.eye(8))
    assert select(graph, 2, measured.select).selector == "nemo"


def test_a_selection_by_a_function_can_be_saved(random_graph: MakeGraph) -> None:
    graph = replace(graph_of(random_graph), segment_sha256=bytes(32))
    selection = select(graph, 2, lambda graph, count: last_first(graph, count))
    assert CacheProfile.from_selection(graph, selection).selector == "<lambda>"


def test_a_function_of_the_name_of_ours_keeps_to_the_budget(random_graph: MakeGraph) -> None:
    def all(graph: ErrorGraph, count: int) -> Picks:  # noqa: A001 - the point
        return last_first(graph, graph.nodes)

    assert len(select(graph_of(random_graph), 2, all)) == 2


@pytest.mark.parametrize(
    ("picks", "why"),
    [
        (Picks(np.array([1, 1]), np.ones(2), np.ones(3)), "each pick once"),
        (Picks(np.array([1, 2]), np.ones(1), np.ones(3)), "with its gain"),
        (Picks(np.array([1, 2]), np.ones(2), np.ones(2)), "with its gain"),
        (Picks(np.array([1, 48]), np.ones(2), np.ones(3)), "outside the graph's 48 patches"),
        (Picks(np.array([-1]), np.ones(1), np.ones(2)), "outside"),
        (None, "gives NoneType, not Picks"),
        ([1, 2], "gives list, not Picks"),
    ],
)
def test_a_function_that_gives_no_picks_is_refused(
    picks: Any, why: str, random_graph: MakeGraph
) -> None:
    with pytest.raises(ScheduleError, match=f"^selector <lambda> [^\n]*{why}"):
        select(graph_of(random_graph), 2, lambda graph, count: picks)


def test_options_go_to_the_selector_and_are_recorded(random_graph: MakeGraph) -> None:
    graph = graph_of(random_graph)
    seeds = [select(graph, 9, "random", 4, options={"seed": seed}) for seed in (1, 1, 2)]
    assert seeds[0].order.tolist() == seeds[1].order.tolist() != seeds[2].order.tolist()
    assert seeds[2].parameters == {"interval": 4, "seed": 2}


@pytest.mark.parametrize(
    ("selector", "options", "why"),
    [
        ("random", {"sed": 1}, "selector random has no option 'sed'; it takes seed"),
        ("adjoint", {"seed": 1}, "selector adjoint has no option 'seed'; it has none"),
        ("sequential", {"seed": 1}, "selector sequential has no option 'seed'"),
        (last_first, {"seed": 1}, "selector last_first has no option 'seed'; it takes step"),
        ("random", {"seed": [1]}, "option seed is neither"),
        ("random", {"seed": -1}, "seed -1 is negative"),
        ("random", {"seed": 1.5}, "seed 1.5 is not a whole number"),
        ("random", {"seed": "1"}, "seed '1' is not a whole number"),
    ],
)
def test_unusable_options_are_refused(
    selector: Any, options: Any, why: str, random_graph: MakeGraph
) -> None:
    with pytest.raises(ScheduleError, match=why):
        select(graph_of(random_graph), 2, selector, options=options)


@pytest.mark.parametrize("without", ["weight", "texture"])
@pytest.mark.parametrize("interval", [None, 3])
def test_without_a_part_picks_are_made_blindly_and_judged_truly(
    without: Any, interval: int | None, random_graph: MakeGraph
) -> None:
    graph = graph_of(random_graph)
    ablated = without_weight(graph) if without == "weight" else without_texture(graph)
    selection = select(graph, 3, interval=interval, without=without)
    assert selection.order.tolist() == select(ablated, 3, interval=interval).order.tolist()
    assert selection.order.tolist() != select(graph, 3, interval=interval).order.tolist()
    np.testing.assert_allclose(selection.total, graph.objectives(selection.order))
    assert selection.parameters["without"] == without


def test_gains_without_a_part_are_those_within_the_interval(random_graph: MakeGraph) -> None:
    graph = graph_of(random_graph)
    selection = select(graph, 2, interval=4, without="texture")
    first = graph.between(0, 4, np.zeros(48))
    second = graph.between(4, 8, graph.errors(selection.order[:2]))
    drops = [
        -np.diff(part.objectives(selection.order[k : k + 2] - start))
        for part, start, k in ((first, 0, 0), (second, 24, 2))
    ]
    np.testing.assert_allclose(selection.gain, np.concatenate(drops), rtol=1e-12)


def test_unknown_names_are_refused(random_graph: MakeGraph) -> None:
    graph = graph_of(random_graph)
    names = ", ".join(SELECTORS)
    with pytest.raises(ScheduleError, match=f"^selector 'best' is none of: {names}$"):
        select(graph, selector="best")
    with pytest.raises(ScheduleError, match="without 'weights': a graph has a weight and a textu"):
        select(graph, without="weights")  # type: ignore[arg-type]
