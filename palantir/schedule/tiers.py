"""Two networks, tiers: each patch is reused, or goes through a light network or a large one.

A patch through the large network has no error, as every anchor; through the light one it keeps a
share of the error that it has without any anchors (docs/method.md, tiers). Errors stay linear in
what anchors keep, so the gain of every change of tier is exact, and the next pick is the rectangle
of patches whose change to a tier gains most per multiply-accumulate, halo included. A patch may be
picked for the light tier first and for the large one later.

What the light tier costs is lost where the large one takes its place, which a greedy choice does
not foresee. So it is made several times, as if the light network cost more than it does, and the
anchors with the least J are kept: those for a smaller budget are no prefix of theirs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from palantir.errors import ScheduleError
from palantir.graph.error_graph import ErrorGraph
from palantir.graph.intervals import Interval
from palantir.schedule.cost_share import CostShare
from palantir.schedule.network_budget import NetworkBudget, NetworkFacts
from palantir.schedule.rectangles import Move, Rectangles, Tier
from palantir.schedule.scheduling import check_finite
from palantir.schedule.selection import Selection
from palantir.tiles import merge_anchors, with_halo

__all__ = ["Tiers", "select_tiers"]

_LIGHT = 1
_HALVES = (2, 3, 4, 6)  # of the light network's price, that it is taken to cost
TierBudget: TypeAlias = CostShare | NetworkBudget


@dataclass(frozen=True)
class Tiers:
    """A large network and a light one.

    share  what the light network leaves of the error that the large one removes, 0..1

    Raises ScheduleError where the share is not in its range, a network's halo or cost is not
    known, or the light one costs nothing or as much as the large one.
    """

    large: NetworkFacts
    light: NetworkFacts
    share: float

    def __post_init__(self) -> None:
        if not 0 <= self.share <= 1:
            raise ScheduleError(f"a light network cannot leave {self.share:g} of the error")
        large, light = self.networks[1].price, self.networks[0].price
        if light < 1:
            raise ScheduleError("the light network takes no multiply-accumulates: it is none")
        if light >= large:
            raise ScheduleError(
                f"the light network takes {light} multiply-accumulates a pixel, the large one "
                f"{large}: it is not lighter"
            )

    @property
    def networks(self) -> tuple[Tier, Tier]:
        """Halo and multiply-accumulates per LR pixel of the light and the large network."""
        return _tier(self.light, "light"), _tier(self.large, "large")


def _tier(network: NetworkFacts, name: str) -> Tier:
    if network.halo is None or network.macs_per_pixel is None:
        raise ScheduleError(f"the {name} network's halo or its cost per pixel is not known")
    return Tier(network.halo, network.macs_per_pixel)


def select_tiers(
    graph: ErrorGraph,
    budget: TierBudget,
    tiers: Tiers,
    interval: Interval | int | str | None = None,
) -> Selection:
    """Chooses anchors of `graph` and which of them go through the light network.

    budget    of the large network: a share of its per-frame SR, or multiply-accumulates a second;
              for each interval. Picks are kept up to the first that would cost too much
    interval  as of `palantir.schedule.select`

    Raises ScheduleError for an unusable interval, too many rectangles, or errors too large to be
    added up.
    """
    check_finite(graph)
    untouched = graph.errors()
    errors = np.zeros(graph.nodes)
    order: list[int] = []
    light: list[bool] = []
    gain: list[float] = []
    for first, stop in graph.intervals(interval):
        within = slice(first * graph.grid.count, stop * graph.grid.count)
        part = graph.between(first, stop, errors)
        best = _best(part, tiers.share * untouched[within], tiers, budget)
        errors[within] = best.errors()
        order += [within.start + node for node in best.order]
        light += best.light
        gain += best.gain
    length = None if interval is None else Interval.parse(interval)
    return Selection(
        order=np.array(order, np.int64),
        gain=np.array(gain),
        total=np.maximum(graph.objective() - np.cumsum([0.0, *gain]), 0.0),
        selector="tiers",
        budget=budget,
        parameters={
            "interval": "all" if length is None else length.frames or str(length),
            **budget.parameters,
            "light_macs_per_pixel": tiers.networks[0].price,
            "light_halo": tiers.networks[0].halo,
            "light_share": tiers.share,
        },
        light=np.array(light, np.bool_),
    )


def _best(
    part: ErrorGraph, remaining: NDArray[np.float64], tiers: Tiers, budget: TierBudget
) -> _Greedy:
    """The choice with the least J in an interval; the first of equal ones."""
    light, large = tiers.networks
    allowed = large.price * budget.pixels([(part.frames, part.grid)])
    choices = []
    for price in (*(light.price * times // 2 for times in _HALVES), large.price):
        choices.append(_Greedy(part, remaining, tiers.networks, allowed))
        choices[-1].run(price)
    return min(choices, key=lambda choice: choice.objective())


class _Greedy:
    """Picks of one interval.

    remaining  float64 [N], the error of each node once it has gone through the light network
    networks   the light one and the large one
    allowed    multiply-accumulates
    """

    def __init__(
        self,
        graph: ErrorGraph,
        remaining: NDArray[np.float64],
        networks: tuple[Tier, Tier],
        allowed: int,
    ) -> None:
        self._graph, self._remaining = graph, remaining
        self._networks, self._left = networks, allowed
        self._tier = np.zeros((len(graph.frames), graph.grid.count), np.int8)
        self.order: list[int] = []
        self.light: list[bool] = []
        self.gain: list[float] = []

    def run(self, price: int) -> None:
        """Pick until nothing gains, or the next pick would cost too much.

        price  of an LR pixel of the light network, for comparing candidates
        """
        light, large = self._networks
        rectangles = Rectangles(self._graph, [light._replace(price=price), large])
        while True:
            gains = self.gains()
            move = rectangles.pick(gains)
            if move is None or not self._take(move, gains[move.tier - 1]):
                return

    def objective(self) -> float:
        """J with the picks so far."""
        return float(self.errors() @ self._graph.arrays.shown)

    def gains(self) -> NDArray[np.float64]:
        """Of each node's change to the light tier and to the large one, float64 [2, N]."""
        errors = self.errors()
        influence = self._graph.influence(np.flatnonzero(self._tier))
        gains: NDArray[np.float64] = np.stack([errors - self._remaining, errors]) * influence
        return gains

    def errors(self) -> NDArray[np.float64]:
        """Of each node with the picks so far."""
        kept = np.where(self._tier.ravel() == _LIGHT, self._remaining, 0.0)
        return self._graph.errors(np.flatnonzero(self._tier), kept)

    def _take(self, move: Move, gains: NDArray[np.float64]) -> bool:
        """Pick the move's nodes as long as they are paid for; whether all are."""
        t = move.nodes[0] // self._graph.grid.count
        before, cost = self._tier[t].copy(), self._cost(t)
        self._change(move.nodes, move.tier)
        whole = self._cost(t) - cost
        nodes = move.nodes
        if whole > self._left:
            self._tier[t] = before
            nodes = self._affordable(move, t, cost)
            whole = self._cost(t) - cost
        self._left -= whole
        self.order += nodes
        self.light += [move.tier == _LIGHT] * len(nodes)
        self.gain += gains[nodes].tolist()
        return len(nodes) == len(move.nodes)

    def _affordable(self, move: Move, t: int, cost: int) -> list[int]:
        """Change the move's first nodes up to the first whose set would cost too much."""
        for count, node in enumerate(move.nodes):
            before = self._tier[t].copy()
            self._change([node], move.tier)
            if self._cost(t) - cost > self._left:
                self._tier[t] = before
                return move.nodes[:count]
        return move.nodes

    def _change(self, nodes: list[int], tier: int) -> None:
        self._tier.ravel()[nodes] = tier

    def _cost(self, t: int) -> int:
        """Multiply-accumulates of a frame: of each network, its merged tiles with their halo."""
        size = self._graph.frames.sizes[t]
        return sum(
            network.price * with_halo(tile, network.halo, *size).pixels
            for tier, network in enumerate(self._networks, 1)
            for tile in merge_anchors(self._tier[t] == tier, self._graph.grid, *size)
        )
