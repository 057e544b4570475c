"""A 3x3 convolution that is trained as a sum of branches and runs as one kernel.

The branches, from Zhang et al., "Edge-oriented Convolution Block for Real-time Super Resolution on
Mobile Devices" (ACM MM 2021), are linear: their sum is one 3x3 kernel. Here that kernel is folded
in each training step, not after the last, so that a step costs what a plain convolution's does and
what is trained is what is exported.
"""

from __future__ import annotations

import torch
from torch import nn

__all__ = ["EdgeOrientedConv"]

EXPANSION = 2  # channels between the 1x1 and the 3x3 convolution, for each that comes out
EDGES = (
    ((1, 0, -1), (2, 0, -2), (1, 0, -1)),  # Sobel, across and down
    ((1, 2, 1), (0, 0, 0), (-1, -2, -1)),
    ((0, 1, 0), (1, -4, 1), (0, 1, 0)),  # Laplacian
)


class EdgeOrientedConv(nn.Module):  # type: ignore[misc]  # torch is untyped to our checks
    """3x3 plus 1x1-3x3 plus scaled edge filters after 1x1; zero padding, one bias.

    It begins as a plain 3x3 convolution would (He et al., 2015, for ReLU): the branches' random
    weights are taken off the plain kernel.
    """

    edges: torch.Tensor

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        middle = EXPANSION * outputs
        self.plain = nn.Parameter(torch.empty(outputs, inputs, 3, 3))
        self.expand = nn.Parameter(torch.empty(middle, inputs))
        self.squeeze = nn.Parameter(torch.empty(outputs, middle, 3, 3))
        self.point = nn.Parameter(torch.empty(len(EDGES), outputs, inputs))
        self.gain = nn.Parameter(torch.empty(len(EDGES), outputs))
        self.bias = nn.Parameter(torch.zeros(outputs))
        self.register_buffer("edges", torch.tensor(EDGES, dtype=torch.float32), persistent=False)
        for weight in (self.plain, self.expand, self.squeeze):
            nn.init.kaiming_normal_(weight, nonlinearity="relu")
        nn.init.normal_(self.point, std=inputs**-0.5)
        nn.init.normal_(self.gain, std=1e-2)
        self.set_kernel(self.plain.detach().clone())

    def kernel(self) -> torch.Tensor:
        """All branches as one kernel [outputs, inputs, 3, 3]."""
        return self.plain + self._branches()

    def set_kernel(self, kernel: torch.Tensor) -> None:
        """Let the sum of the branches be `kernel`."""
        with torch.no_grad():
            self.plain.copy_(kernel - self._branches())

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """[n, inputs, h, w] to [n, outputs, h, w]."""
        with torch.autocast("cpu", enabled=False):
            kernel = self.kernel()
        return nn.functional.conv2d(features, kernel, self.bias, padding=1)

    def _branches(self) -> torch.Tensor:
        expanded = torch.einsum("omyx,mi->oiyx", self.squeeze, self.expand)
        edges = torch.einsum("eo,eoi,eyx->oiyx", self.gain, self.point, self.edges)
        return expanded + edges
