"""One budget over several segments or streams at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from palantir.errors import ScheduleError
from palantir.graph.error_graph import ErrorGraph
from palantir.schedule.allowance import Allowance
from palantir.schedule.budget import Budget
from palantir.schedule.choice import Choice, Options, Without
from palantir.schedule.frame_order import picks_of_nodes
from palantir.schedule.scheduling import check_finite
from palantir.schedule.selection import Selection, Selector, first_of_best

__all__ = ["select_jointly"]


def select_jointly(
    graphs: Sequence[ErrorGraph],
    budget: Allowance | float | int | str = 0.05,
    selector: str | Selector = "adjoint",
    *,
    without: Without = None,
    options: Options | None = None,
) -> list[Selection]:
    """Chooses the anchors of all `graphs` within one budget, each graph as one interval.

    Every graph's own picks wait in a queue; the next anchor is the head of largest gain, ties to
    the earlier graph. With a greedy selector this is greedy selection on all graphs as one.

    budget  share of the patch area of all graphs together, number of anchors in all, a
            CostShare of all graphs together, or a NetworkBudget: the graphs' streams are then side
            by side in time, and what the network may compute while the longest is displayed is for
            all of them
    The rest is as in `select`. The selections have "joint" in `parameters`: how many graphs shared
    the budget.

    Raises ScheduleError as `select` does, and where different error models made the graphs: their
    gains are in different units.
    """
    allowance = Budget.parse(budget)
    choice = Choice.of(selector, options, without)
    for graph in graphs:
        check_finite(graph)
    _check_units(graphs)
    parts = [(graph.frames, graph.grid) for graph in graphs]
    queues = [
        choice.picks(choice.seen(graph), most)
        for graph, most in zip(graphs, allowance.most_of(parts), strict=True)
    ]
    kept = [len(queue.order) for queue in queues]
    if not choice.unbudgeted:
        merged = _merged([queue.gain for queue in queues])
        order = _in_turn([queue.order for queue in queues], merged)
        allowed = allowance.prefix_of(parts, merged, order)
        kept = np.bincount(merged[:allowed], minlength=len(queues)).tolist()
    parameters = {
        "interval": "all", "joint": len(graphs), **choice.parameters, **allowance.parameters
    }  # fmt: skip
    selections = []
    for graph, queue, count in zip(graphs, queues, kept, strict=True):
        picks = queue.first(count)
        if choice.without is not None:
            picks = picks_of_nodes(graph, picks.order)
        selections.append(
            Selection(picks.order, picks.gain, picks.total, choice.name, allowance, parameters)
        )
    return selections


def _check_units(graphs: Sequence[ErrorGraph]) -> None:
    """A graph that names no error model is left to whoever made it."""
    models = sorted({graph.error_model for graph in graphs if graph.error_model is not None})
    if len(models) > 1:
        raise ScheduleError(
            f"graphs by different error models share no budget: {', '.join(models)}"
        )


def _merged(gains: Sequence[NDArray[np.float64]]) -> NDArray[np.int64]:
    """Which queue each of all anchors is taken from, by the gains in each queue's order."""
    waiting = [[*np.maximum(gain, 0).tolist(), -np.inf] for gain in gains]
    heads = np.array([queue[0] for queue in waiting])
    taken = [0] * len(gains)
    merged = np.empty(sum(map(len, gains)), np.int64)
    for place in range(len(merged)):
        queue = first_of_best(heads)
        taken[queue] += 1
        heads[queue] = waiting[queue][taken[queue]]
        merged[place] = queue
    return merged


def _in_turn(orders: Sequence[NDArray[np.int64]], merged: NDArray[np.int64]) -> NDArray[np.int64]:
    """The nodes of all queues in merged order, each counted in its own graph."""
    order = np.empty(len(merged), np.int64)
    for queue, nodes in enumerate(orders):
        order[merged == queue] = nodes
    return order
