"""Budgets in patches, and what a budget may be given as."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from numbers import Integral, Real
from typing import Any

import numpy as np
from numpy.typing import NDArray

from palantir.errors import ScheduleError
from palantir.grid import MOST_PATCHES, PatchGrid
from palantir.schedule.allowance import Allowance, Part, patch_areas
from palantir.schedule.network_budget import NetworkBudget, NetworkFacts

__all__ = ["Budget"]


@dataclass(frozen=True, slots=True)
class Budget(Allowance):
    """A share of the patch area (float, above 0, at most 1) or a number of anchors (int, 1..2^27).

    Where a graph is scheduled in several intervals, the budget holds for each of them by itself.
    Area is counted in LR pixels, over all coded frames; of an order as many picks are kept as come
    nearest to the share, the larger number where two are equally near, and at least one.

    Raises ScheduleError for any other value.
    """

    value: float | int

    def __post_init__(self) -> None:
        value: Any = self.value
        if isinstance(value, bool) or not isinstance(value, Real):
            raise ScheduleError(f"budget {value!r} is neither a share nor a number of anchors")
        if isinstance(value, Integral):
            if value < 1:
                raise ScheduleError(f"budget {value} is not at least 1 anchor")
            if int(value) > MOST_PATCHES:
                raise ScheduleError(f"budget {value}: more anchors than any graph has patches")
            object.__setattr__(self, "value", int(value))
        else:
            share = float(value)
            if not 0 < share <= 1:
                raise ScheduleError(f"budget {share} is not a share: above 0, at most 1 (100%)")
            object.__setattr__(self, "value", share)

    def __str__(self) -> str:
        if not self.is_share:
            return str(self.value)
        return f"{100 * self.value:.4f}".rstrip("0").rstrip(".") + "%"

    @classmethod
    def parse(
        cls, value: Allowance | float | int | str, network: NetworkFacts | None = None
    ) -> Allowance:
        """A budget from a budget, a number, or text, of whichever kind it is.

        "5%", "0.05": shares; "12": a number of anchors; "20GMAC/s": a NetworkBudget, for which
        `network` (an SRNetwork, or whatever else has its halo and cost) must be given.

        Raises ScheduleError for anything else.
        """
        if isinstance(value, Allowance):
            return value
        if not isinstance(value, str):
            return cls(value)
        if NetworkBudget.is_meant(value):
            return NetworkBudget.parse(value, network)
        match = re.fullmatch(r"\s*([0-9]{1,18})?(\.[0-9]{1,18})?\s*(%)?\s*", value)
        if match is None or not (match[1] or match[2]):
            raise ScheduleError(
                f"budget {value!r} is neither a share (5%) nor a number of anchors "
                "nor a rate (20GMAC/s)"
            )
        whole, decimals, percent = match.groups()
        if not decimals and not percent:
            return cls(int(whole))
        number = Fraction((whole or "0") + (decimals or ""))
        return cls(float(number / 100 if percent else number))

    @property
    def is_share(self) -> bool:
        """Whether the budget grows with the number of patches."""
        return isinstance(self.value, float)

    def recorded(self, picks: int) -> float | int:
        """As asked for."""
        return self.value

    def most_of(self, parts: Sequence[Part]) -> list[int]:
        """See Allowance: as if the smallest patches were picked first."""
        if not self.is_share:
            return [min(int(self.value), len(frames) * grid.count) for frames, grid in parts]
        share, total = float(self.value), sum(_area(frames.sizes) for frames, _ in parts)
        return [_most(share, total, frames.sizes, grid) for frames, grid in parts]

    def prefix_of(
        self, parts: Sequence[Part], part: NDArray[np.int64], order: NDArray[np.int64]
    ) -> int:
        """See Allowance."""
        if not self.is_share:
            return min(int(self.value), len(order))
        if not len(order):
            return 0
        areas = [patch_areas(frames.sizes, grid) for frames, grid in parts]
        if len(areas) > 1:
            order = np.cumsum([0, *map(len, areas)])[part] + order
        total = sum(_area(frames.sizes) for frames, _ in parts)
        return _nearest(float(self.value), total, np.concatenate(areas)[order])


def _area(sizes: Sequence[tuple[int, int]]) -> int:
    return sum(width * height for width, height in sizes)


@lru_cache(maxsize=64)
def _most(share: float, total: int, sizes: tuple[tuple[int, int], ...], grid: PatchGrid) -> int:
    return _nearest(share, total, np.sort(patch_areas(sizes, grid)))


def _nearest(share: float, total: int, areas: NDArray[np.int64]) -> int:
    """How many of `areas`, in order, come nearest to the share of `total`.

    One more is nearer, or as near, where the two sums it lies between are at most twice the
    share: whole numbers, compared exactly.
    """
    sums = 2 * areas.cumsum() - areas  # of the two that each of them lies between
    nearest = int(sums.searchsorted(_twice(share, total), "right"))
    return min(max(nearest, 1), len(areas))


@lru_cache
def _twice(share: float, total: int) -> int:
    """Twice the share of `total`, rounded down, of the decimal that the share is written as.

    5 % of 30 is then 1.5, and makes 2, everywhere.
    """
    return math.floor(2 * Fraction(repr(share)) * total)
