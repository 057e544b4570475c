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
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from palantir import _core
from palantir.errors import ScheduleError
from palantir.graph.error_graph import ErrorGraph
from palantir.graph.intervals import Interval
from palantir.schedule.cost_share import CostShare
from palantir.schedule.network_budget import NetworkBudget, NetworkFacts
from palantir.schedule.scheduling import check_finite
from palantir.schedule.selection import Selection

__all__ = ["Tiers", "select_tiers"]

_MOST_PRICE = 1 << 28  # multiply-accumulates per LR pixel: with the largest frame, below 2^61
_MOST_MACS = 1 << 62
_LARGEST_FRAME = 65536  # pixels a side; a halo beyond it is cut off everywhere
_HALVES = (2, 3, 4, 6)  # of the light network's price, that it is taken to cost
TierBudget: TypeAlias = CostShare | NetworkBudget


class Tier(NamedTuple):
    """A network: LR pixels of halo around a tile, and multiply-accumulates per LR pixel."""

    halo: int
    price: int


@dataclass(frozen=True)
class Tiers:
    """A large network and a light one.

    share  what the light network leaves of the error that the large one removes, 0..1

    Raises ScheduleError where the share is not in its range, a network's halo or cost is not
    known, or the light one costs nothing or as much as the large one.
    """

    large: NetworkFacts
    light: NetworkFacts
    share: float = 0.3  # settled on five clips (docs/results.md, At equal compute)

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
    if network.macs_per_pixel > _MOST_PRICE:
        raise ScheduleError(
            f"the {name} network takes {network.macs_per_pixel} multiply-accumulates a pixel, "
            f"{_MOST_PRICE} at most can be counted"
        )
    return Tier(min(network.halo, _LARGEST_FRAME), network.macs_per_pixel)


class _Picks(NamedTuple):
    """Of one interval: node, whether for the light network, gain; and J at the end."""

    order: NDArray[np.int64]
    light: NDArray[np.bool_]
    gain: NDArray[np.float64]
    objective: float = 0.0

    @classmethod
    def none(cls) -> _Picks:
        return cls(np.zeros(0, np.int64), np.zeros(0, np.bool_), np.zeros(0))

    def errors(self, part: ErrorGraph, remaining: NDArray[np.float64]) -> NDArray[np.float64]:
        """Of each node; `remaining` as of `_best`."""
        kept = np.zeros(part.nodes)
        kept[self.order[self.light]] = remaining[self.order[self.light]]
        kept[self.order[~self.light]] = 0.0
        return part.errors(np.unique(self.order), kept)


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

    Raises ScheduleError for an unusable interval, a grid that does not fit a frame, or errors too
    large to be added up.
    """
    check_finite(graph)
    untouched = graph.errors()
    errors = np.zeros(graph.nodes)
    picks = [_Picks.none()]
    for first, stop in graph.intervals(interval):
        within = slice(first * graph.grid.count, stop * graph.grid.count)
        part = graph.between(first, stop, errors)
        remaining = tiers.share * untouched[within]
        best = _best(part, remaining, tiers, budget)
        errors[within] = best.errors(part, remaining)
        picks.append(best._replace(order=within.start + best.order))
    order = np.concatenate([each.order for each in picks])
    light = np.concatenate([each.light for each in picks])
    gain = np.concatenate([each.gain for each in picks])
    length = None if interval is None else Interval.parse(interval)
    return Selection(
        order=order,
        gain=gain,
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
        light=light,
    )


def _best(
    part: ErrorGraph, remaining: NDArray[np.float64], tiers: Tiers, budget: TierBudget
) -> _Picks:
    """The choice with the least J in an interval; the first of equal ones.

    remaining  float64 [N], the error of each node once it has gone through the light network
    """
    light, large = tiers.networks
    allowed = min(large.price * budget.pixels([(part.frames, part.grid)]), _MOST_MACS)
    choices = []
    for price in (*(light.price * times // 2 for times in _HALVES), large.price):
        order, through_light, gain, objective = _core.select_tiers(
            *part.arrays, *part.layout, (light, large), price, remaining, allowed
        )
        choices.append(_Picks(order, through_light.astype(np.bool_), gain, objective))
    return min(choices, key=lambda choice: choice.objective)
