"""Random patches of clips, as batches for a network."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray

from palantir.train.bicubic import upscale_matrix
from palantir.train.dataset import ClipPair

__all__ = ["PatchSampler"]

CONTEXT = 2  # LR pixels that upscaling reads around a patch


class PatchSampler:
    """Random patches of random frames and rates, in one of the eight orientations of a square."""

    def __init__(
        self,
        pairs: Sequence[ClipPair],
        patch: int,
        seed: int,
        output: Literal["detail", "picture"] = "detail",
    ) -> None:
        self._pairs, self._patch, self._scale = pairs, patch, pairs[0].scale
        self._detail = output == "detail"
        self._random = np.random.default_rng(seed)
        edge = ((0, 0), (0, 0), (0, 0), (CONTEXT, CONTEXT), (CONTEXT, CONTEXT))
        self._padded = [np.pad(pair.lr, edge, mode="edge") for pair in pairs]
        frames = np.array([len(pair.hr) for pair in pairs])
        self._share = frames / frames.sum()
        inner = slice(CONTEXT * self._scale, (CONTEXT + patch) * self._scale)
        whole = upscale_matrix(patch + 2 * CONTEXT, self._scale)
        self._upscale = torch.from_numpy(whole[inner].astype(np.float32))

    @property
    def state(self) -> dict[str, object]:
        """The random generator's state: set it to go on where an earlier run stopped."""
        return dict(self._random.bit_generator.state)

    @state.setter
    def state(self, state: dict[str, object]) -> None:
        self._random.bit_generator.state = state

    def batches(self, count: int) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        """Endless (LR [count, c, p, p], what should become of it [count, c, p*s, p*s]).

        Float32 in units of 1: the HR picture, or the detail HR - bicubic(LR).
        """
        while True:
            lr_cuts, hr_cuts = zip(*(self._cut() for _ in range(count)), strict=True)
            lr = torch.from_numpy(np.stack(lr_cuts).astype(np.float32) / 255)
            hr = torch.from_numpy(np.stack(hr_cuts).astype(np.float32) / 255)
            if self._detail:
                hr = hr - self._upscale @ lr @ self._upscale.T
            inner = slice(CONTEXT, CONTEXT + self._patch)
            yield lr[..., inner, inner].contiguous(), hr

    def _cut(self) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        """One patch: LR with CONTEXT pixels around it, and the HR it should become."""
        choose, size, scale = self._random.integers, self._patch, self._scale
        clip = int(self._random.choice(len(self._pairs), p=self._share))
        rates, frames, _, height, width = self._pairs[clip].lr.shape
        rate, frame = choose(rates), choose(frames)
        y, x = int(choose(height - size + 1)), int(choose(width - size + 1))
        reach = size + 2 * CONTEXT
        lr = self._padded[clip][rate, frame, :, y : y + reach, x : x + reach]
        hr = self._pairs[clip].hr[frame, :, y * scale : (y + size) * scale]
        hr = hr[..., x * scale : (x + size) * scale]
        turns, mirrored = int(choose(4)), bool(choose(2))
        lr, hr = np.rot90(lr, turns, (1, 2)), np.rot90(hr, turns, (1, 2))
        return (lr[..., ::-1], hr[..., ::-1]) if mirrored else (lr, hr)
