"""Quality against network cost, and where two curves meet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from palantir.evaluate.jobs import NO_ANCHORS
from palantir.evaluate.question import Method
from palantir.evaluate.results import Results

__all__ = ["Curve"]


@dataclass(frozen=True)
class Curve:
    """What a method reaches on one clip with rising budgets; begins without anchors, at no cost.

    cost  10^9 multiply-accumulates a displayed frame, halo and merged tiles included; rising
    psnr  PSNR-Y in dB

    Empty where the network's multiply-accumulates are not known.
    """

    cost: Sequence[float]
    psnr: Sequence[float]

    @classmethod
    def of(
        cls, results: Results, clip: str, network: str, reuse: str, method: Method, grid: str
    ) -> Curve:
        """Of a method on one grid, in one reuse mode."""
        ones = results.where(clip=clip, network=network, reuse=reuse, method=method, grid=grid)
        nothing = results.where(clip=clip, network=network, reuse=reuse, method=NO_ANCHORS)
        points = sorted((one.macs, one.psnr_y) for one in [*nothing, *ones] if one.macs is not None)
        return cls([cost for cost, _ in points], [psnr for _, psnr in points])

    def psnr_at(self, cost: float | None) -> float | None:
        """PSNR-Y for a cost, linear between budgets; None beyond the largest or if not known."""
        if cost is None or not self.cost or cost > self.cost[-1] * (1 + 1e-9):
            return None
        return float(np.interp(cost, self.cost, self.psnr))

    def cost_at(self, psnr: float) -> float | None:
        """The least cost for a PSNR-Y or better, linear between budgets; None if unreached."""
        best = -np.inf
        for place, reached in enumerate(self.psnr):
            if reached >= psnr:
                if place == 0:
                    return 0.0
                rise = (psnr - best) / (reached - best)
                return self._before(place, best) * (1 - rise) + self.cost[place] * rise
            best = max(best, reached)
        return None

    def _before(self, place: int, best: float) -> float:
        """The cost at which the best PSNR before a place was reached last."""
        return max(self.cost[i] for i in range(place) if self.psnr[i] == best)
