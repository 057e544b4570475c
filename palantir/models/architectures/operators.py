"""The few operators that our networks are made of."""

from __future__ import annotations

from typing import Protocol

import torch

__all__ = ["Operators"]


class Operators(Protocol):
    """What a network is drawn on: each method takes names of tensors and returns its result's."""

    def convolve(self, source: str, weight: torch.Tensor, bias: torch.Tensor, name: str) -> str:
        """A 3x3 convolution by `weight` [out, in, 3, 3]; zeros lie around the picture."""

    def transpose(
        self, source: str, weight: torch.Tensor, bias: torch.Tensor, stride: int, name: str
    ) -> str:
        """A transposed convolution by `weight` [in, out, 3*stride, 3*stride] to `stride` times."""

    def rectify(self, source: str) -> str:
        """Negative values to zero."""

    def add(self, first: str, second: str, name: str) -> str:
        """The sum of two results."""

    def shift(self, source: str, by: float, name: str) -> str:
        """The same number added to all."""

    def shuffle(self, source: str, scale: int, name: str) -> str:
        """Each `scale`^2 channels to one of `scale` times the size, as torch's pixel_shuffle."""
