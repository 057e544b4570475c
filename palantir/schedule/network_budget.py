"""A budget of what the network computes: multiply-accumulates a second, halo included."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from numbers import Real
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from palantir.errors import ScheduleError
from palantir.schedule.allowance import Allowance, Part
from palantir.schedule.tile_cost import most_within, prefix_within

__all__ = ["NetworkBudget", "NetworkFacts"]

_UNIT = "MAC/s"
_PREFIXES = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}
_MICROSECONDS = 10**6


class NetworkFacts(Protocol):
    """What an SR network costs; None where it is not known (`palantir.models.NetworkTraits`)."""

    @property
    def halo(self) -> int | None:
        """LR pixels of halo around a tile."""

    @property
    def macs_per_pixel(self) -> int | None:
        """Multiply-accumulates per LR pixel."""


@dataclass(frozen=True, slots=True)
class NetworkBudget(Allowance):
    """Multiply-accumulates a second for a network of given cost and halo.

    macs_per_second  above 0; a scheduling interval may cost this times the seconds for which its
                     frames are displayed
    macs_per_pixel   of the network, per LR pixel, 1 or more
    halo             of the network, LR pixels of surroundings that its tiles have, 0 or more

    What a set of anchors costs is what the enhancer runs: in each frame the merged tiles, with
    their halo. An order is kept up to the first pick whose set would cost too much; that may
    be no pick at all. Several segments or streams under one budget are side by side in time: the
    longest says how many seconds there are.

    Raises ScheduleError for values out of range.
    """

    macs_per_second: float
    macs_per_pixel: int
    halo: int

    def __post_init__(self) -> None:
        rate: Any = self.macs_per_second
        number = isinstance(rate, Real) and not isinstance(rate, bool)
        if not number or not 0 < float(rate) < math.inf:
            raise ScheduleError(f"budget {rate!r} is not a rate of multiply-accumulates above 0")
        object.__setattr__(self, "macs_per_second", float(rate))
        if self.macs_per_pixel < 1 or self.halo < 0:
            raise ScheduleError(
                f"budget {self}: a network of {self.macs_per_pixel} multiply-accumulates a pixel "
                f"and halo {self.halo} is none"
            )

    def __str__(self) -> str:
        fitting = [item for item in _PREFIXES.items() if item[1] <= self.macs_per_second]
        prefix, unit = fitting[-1] if fitting else ("", 1)
        return f"{self.macs_per_second / unit:.6g}{prefix}{_UNIT}"

    @staticmethod
    def is_meant(text: str) -> bool:
        """Whether a budget's text is of this kind, well-formed or not."""
        return text.strip().endswith(_UNIT)

    @classmethod
    def parse(cls, text: str, network: NetworkFacts | None) -> NetworkBudget:
        """A budget from text such as `"20GMAC/s"` (K, M, G, T or nothing) and a network's facts.

        Raises ScheduleError for other text, and where the facts are not all known.
        """
        match = re.fullmatch(rf"\s*([0-9]{{1,18}}(?:\.[0-9]{{1,18}})?)\s*([KMGT]?){_UNIT}\s*", text)
        if match is None:
            raise ScheduleError(f"budget {text!r} is not of the form 20GMAC/s (K, M, G or T)")
        if network is None:
            raise ScheduleError(f"budget {text!r} needs to know the network that it is spent on")
        if network.halo is None:
            raise ScheduleError(
                f"budget {text!r}: the network's receptive field is unbounded; give --halo"
            )
        if network.macs_per_pixel is None:
            raise ScheduleError(f"budget {text!r}: the network's cost per pixel is not known")
        rate = Fraction(match[1]) * _PREFIXES[match[2]]
        return cls(float(rate), network.macs_per_pixel, network.halo)

    def recorded(self, picks: int) -> float | int:
        """The number of anchors that came of it."""
        return picks

    @property
    def parameters(self) -> Mapping[str, bool | int | float | str]:
        """The budget itself."""
        return {
            "macs_per_second": self.macs_per_second,
            "macs_per_pixel": self.macs_per_pixel,
            "halo": self.halo,
        }

    def most_of(self, parts: Sequence[Part]) -> list[int]:
        """See Allowance: as if there were no halo."""
        return most_within(self.pixels(parts), parts)

    def prefix_of(
        self, parts: Sequence[Part], part: NDArray[np.int64], order: NDArray[np.int64]
    ) -> int:
        """See Allowance; a pick costs as much time as its neighbourhood has tiles."""
        return prefix_within(self.pixels(parts), self.halo, parts, part, order)

    def pixels(self, parts: Sequence[Part]) -> int:
        """LR pixels, whole ones, that may go through the network."""
        seconds = max((float(np.sum(frames.duration)) for frames, _ in parts), default=0.0)
        macs = Fraction(self.macs_per_second) * round(seconds * _MICROSECONDS) / _MICROSECONDS
        return math.floor(macs / self.macs_per_pixel)
