"""A budget as a share of what per-frame SR would cost: that of `palantir schedule` by default."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from numbers import Rational

import numpy as np
from numpy.typing import NDArray

from palantir.errors import ScheduleError
from palantir.schedule.allowance import Allowance, Part
from palantir.schedule.network_budget import NetworkFacts
from palantir.schedule.tile_cost import check_halo, most_within, prefix_within

__all__ = ["CostShare"]


@dataclass(frozen=True, slots=True)
class CostShare(Allowance):
    """A share of the network cost of per-frame SR, halo and merged tiles included.

    share   above 0, at most 1, of the LR pixels of all coded frames; it may be no pick at all
    halo    of the network, LR pixels of surroundings that its tiles have, 0 or more

    An order is kept up to the first pick whose set would cost more. Where a graph is scheduled in
    several intervals, the budget holds for each of them by itself.

    Raises ScheduleError for values of another type or out of range.
    """

    share: Fraction
    halo: int

    def __post_init__(self) -> None:
        if not isinstance(self.share, Rational) or not 0 < self.share <= 1:
            raise ScheduleError(f"budget {self.share!r} is not a share of per-frame SR's cost")
        check_halo(self.halo, f"budget {self}")

    @classmethod
    def of_network(cls, share: Fraction, network: NetworkFacts) -> CostShare:
        """The share for a network. Raises ScheduleError, too, where its halo is not known."""
        if network.halo is None:
            raise ScheduleError(
                f"budget {float(100 * share):.6g}% of the network's cost: its receptive field is "
                "unbounded; give --halo, or --by area"
            )
        return cls(share, network.halo)

    def __str__(self) -> str:
        return f"{float(100 * self.share):.6g}% of per-frame SR's network cost"

    def recorded(self, picks: int) -> float | int:
        """The number of anchors that came of it."""
        return picks

    @property
    def parameters(self) -> Mapping[str, bool | int | float | str]:
        """The budget itself."""
        return {"network_share": float(self.share), "halo": self.halo}

    def most_of(self, parts: Sequence[Part]) -> list[int]:
        """See Allowance: as if there were no halo."""
        return most_within(self.pixels(parts), parts)

    def prefix_of(
        self, parts: Sequence[Part], part: NDArray[np.int64], order: NDArray[np.int64]
    ) -> int:
        """See Allowance."""
        return prefix_within(self.pixels(parts), self.halo, parts, part, order)

    def pixels(self, parts: Sequence[Part]) -> int:
        """LR pixels, whole ones, that may go through the network."""
        every = sum(width * height for frames, _ in parts for width, height in frames.sizes)
        return math.floor(self.share * every)
