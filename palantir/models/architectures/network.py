"""What all our networks have in common."""

from __future__ import annotations

from abc import abstractmethod
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from palantir.models.architectures.operators import Operators

__all__ = ["TorchNetwork"]


class TorchNetwork(nn.Module):  # type: ignore[misc]  # torch is untyped to our checks
    """A network to be trained: [n, channels, h, w] in 0..1 to `scale` times the size, not clipped.

    name            by which `create_network` makes it
    tail            how it gets to SR size: "sub-pixel" or "transposed"
    colour, output, range, radius, macs_per_pixel   as in `palantir.models.NetworkTraits`
    """

    name: str
    scale: int
    tail_kind: str = "sub-pixel"
    colour: Literal["rgb", "luma"]
    output: Literal["picture", "detail"]
    range: Literal["full", "limited"]
    radius: int
    macs_per_pixel: int

    @property
    def channels(self) -> int:
        """Of its input and of its result."""
        return 1 if self.colour == "luma" else 3

    @abstractmethod
    def forward(self, picture: torch.Tensor) -> torch.Tensor:
        """The result for a batch."""

    def infer(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        """The result for a batch, as `SRNetwork.run` gives it."""
        with torch.inference_mode():
            result: NDArray[np.float32] = self(torch.from_numpy(batch)).numpy()
        return result

    @abstractmethod
    def draw(self, graph: Operators, source: str, result: str) -> None:
        """Put the operators into `graph` that lead from the tensor `source` to `result`."""

    @abstractmethod
    def assume(self, weights: dict[str, torch.Tensor]) -> None:
        """Take over the weights that `draw` gave to a network of the same shape, by their names.

        Raises KeyError or ValueError for those of another shape.
        """
