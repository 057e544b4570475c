"""How many anchors may be picked."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from fractions import Fraction
from numbers import Integral, Real
from typing import Any

from palantir.errors import ScheduleError

__all__ = ["Budget"]

_MOST = 2**27  # patches that a cache profile can hold


@dataclass(frozen=True, slots=True)
class Budget:
    """A share of the patches (float, above 0, at most 1) or a number of anchors (int, 1..2^27).

    Where a graph is scheduled in several intervals, the budget holds for each of them by itself.
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
            if int(value) > _MOST:
                raise ScheduleError(f"budget {value}: more anchors than any graph has patches")
            object.__setattr__(self, "value", int(value))
        else:
            share = float(value)
            if not 0 < share <= 1:
                raise ScheduleError(
                    f"budget {share} is not a share of the patches: above 0, at most 1 (100%)"
                )
            object.__setattr__(self, "value", share)

    def __str__(self) -> str:
        if not self.is_share:
            return str(self.value)
        return f"{100 * self.value:.4f}".rstrip("0").rstrip(".") + "%"

    @classmethod
    def parse(cls, value: Budget | float | int | str) -> Budget:
        """A budget from a budget, a number, or text (`"5%"` and `"0.05"`: shares; `"12"`: a count).

        Raises ScheduleError for anything else.
        """
        if isinstance(value, Budget):
            return value
        if not isinstance(value, str):
            return cls(value)
        match = re.fullmatch(r"\s*([0-9]{1,18})?(\.[0-9]{1,18})?\s*(%)?\s*", value)
        if match is None or not (match[1] or match[2]):
            raise ScheduleError(f"budget {value!r} is neither a share (5%) nor a number of anchors")
        whole, decimals, percent = match.groups()
        if not decimals and not percent:
            return cls(int(whole))
        number = Fraction((whole or "0") + (decimals or ""))
        return cls(float(number / 100 if percent else number))

    @property
    def is_share(self) -> bool:
        """Whether the budget grows with the number of patches."""
        return isinstance(self.value, float)

    def count(self, patches: int) -> int:
        """Anchors that may be picked among `patches`: a share is rounded, halves up, to at least 1.

        Never more than `patches`. The share is taken as the decimal it is written as, so that
        5 % of 30 is 1.5 and makes 2 on every machine.
        """
        if not self.is_share:
            return min(int(self.value), patches)
        exact = Fraction(repr(self.value)) * patches
        return min(max(1, math.floor(exact + Fraction(1, 2))), patches)
