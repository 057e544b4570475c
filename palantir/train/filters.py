"""Filters for the plain upscaler U, fitted by least squares to the clips that a network is for."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np

from palantir import _core
from palantir.errors import MediaError
from palantir.media import Plane
from palantir.models.filter_bank import FilterBank
from palantir.quality.psnr import mean_squared_error, psnr
from palantir.train.dataset import HOLDOUT
from palantir.train.filter_sums import FilterSums

__all__ = ["FilterFit", "FittedFilters", "gain"]

EVERY = 4  # frames of the clips
LEAST_GAIN = 0.02  # dB; decoding and reuse take about twice as long with filters

Pair = tuple[Plane, Plane]  # LR and HR


@dataclass(frozen=True)
class FittedFilters:
    """Filters, and the mean PSNR-Y in dB that they win over "sharp" on frames not fitted on."""

    bank: FilterBank
    gain: float

    @property
    def kept(self) -> bool:
        """Whether they are worth having."""
        return self.gain >= LEAST_GAIN


class FilterFit:
    """Filters fitted to the luma of clips as their frames come by; a few frames a clip are kept.

    The last `HOLDOUT` frames of each clip are not learnt from: the filters are judged by them.
    """

    def __init__(self, scale: int) -> None:
        self._sums = FilterSums(scale)
        self._added = 0
        self._late: deque[Pair] = deque()  # not learnt from as long as they may be the last
        self._judging: list[list[Pair]] = []

    def add(self, lr: Plane, hr: Plane) -> None:
        """The next frame of a clip, LR [h, w] and HR [h*scale, w*scale]."""
        self._late.append((lr, hr))
        if len(self._late) > HOLDOUT:
            taken = self._late.popleft()
            if self._added % EVERY == 0:
                self._sums.add(*taken)
            self._added += 1

    def end_clip(self, name: str) -> int:
        """No frame follows of the clip called `name`; how many were learnt from, left out or not.

        Raises MediaError where there are none.
        """
        learnt = self._added
        if not learnt:
            frames = len(self._late)
            raise MediaError(f"{name}: has {frames} frames; more than {HOLDOUT} are needed")
        self._sums.end_clip()
        self._judging.append(list(self._late))
        self._late.clear()
        self._added = 0
        return learnt

    def judged(self) -> FittedFilters:
        """The filters, and the mean of their gains on the clips."""
        bank = self._sums.solve()
        return FittedFilters(bank, float(np.mean([gain(bank, clip) for clip in self._judging])))


def gain(bank: FilterBank, pictures: list[Pair]) -> float:
    """Mean PSNR-Y in dB over luma pictures, less that of the plain upscaler "sharp"."""
    won, native = [], _core.FilterBank(bank.weights)
    for lr, hr in pictures:
        plain = _core.compose(_core.upscale(lr, bank.scale, "sharp"))
        filtered = _core.compose(native.upscale(lr))
        won.append(psnr(mean_squared_error(hr, filtered)) - psnr(mean_squared_error(hr, plain)))
    return float(np.mean(won))
