"""The network that the paper upscales with: 8 residual blocks of 48 filters, RGB to RGB."""

from __future__ import annotations

from typing import Literal

import numpy as np
import torch
from torch import nn

from palantir.models.architectures.network import TorchNetwork
from palantir.models.architectures.operators import Operators

__all__ = ["NASNetwork"]


class NASNetwork(TorchNetwork):
    """RGB in 0..1 [n, 3, h, w] to RGB [n, 3, h*scale, w*scale], not clipped.

    A head of 3x3, residual blocks (3x3, ReLU, 3x3) without normalisation, one more 3x3, a skip
    from the head over all of it, and a tail. Both tails see 3x3 features and compute the same
    functions: "sub-pixel" is a convolution and a shuffle, "transposed" a transposed convolution.
    An untrained network is bilinear: three features carry the colours from head to tail.
    Source: the shape that arXiv 2408.06152 names; how it begins and ends is ours.
    """

    colour, output, range = "rgb", "picture", "full"

    def __init__(
        self,
        scale: int = 4,
        tail: Literal["sub-pixel", "transposed"] = "sub-pixel",
        channels: int = 48,
        blocks: int = 8,
    ) -> None:
        super().__init__()
        self.name, self.scale, self.tail_kind = "nas", scale, tail
        self.radius = 2 * blocks + 3
        self.macs_per_pixel = 9 * channels * (3 + (2 * blocks + 1) * channels + 3 * scale * scale)
        self.head = _convolution(3, channels)
        pairs = [(_convolution(channels, channels), _convolution(channels, channels))
                 for _ in range(blocks)]  # fmt: skip
        self.blocks = nn.ModuleList(nn.ModuleList(pair) for pair in pairs)
        self.body = _convolution(channels, channels)
        self.tail: nn.Module
        if tail == "sub-pixel":
            self.tail = _convolution(channels, 3 * scale * scale)
        else:
            self.tail = nn.ConvTranspose2d(channels, 3, 3 * scale, scale, padding=scale)
        self._begin_bilinear()

    def forward(self, picture: torch.Tensor) -> torch.Tensor:
        """The picture `scale` times as large."""
        head = self.head(picture - 0.5)
        features = head
        for first, second in self.blocks:
            features = features + second(torch.relu(first(features)))
        tail = self.tail(self.body(features) + head)
        if self.tail_kind == "sub-pixel":
            tail = nn.functional.pixel_shuffle(tail, self.scale)
        return tail + 0.5

    def draw(self, graph: Operators, source: str, result: str) -> None:
        """As it is."""
        tensor = graph.shift(source, -0.5, "centred")
        head = tensor = _drawn(graph, tensor, self.head, "head")
        for index, (first, second) in enumerate(self.blocks):
            inner = graph.rectify(_drawn(graph, tensor, first, f"blocks.{index}.0"))
            inner = _drawn(graph, inner, second, f"blocks.{index}.1")
            tensor = graph.add(tensor, inner, f"blocks.{index}")
        tensor = graph.add(_drawn(graph, tensor, self.body, "body"), head, "skip")
        if self.tail_kind == "sub-pixel":
            tensor = graph.shuffle(_drawn(graph, tensor, self.tail, "tail"), self.scale, "tail.sr")
        else:
            weight, bias = self.tail.weight, self.tail.bias
            tensor = graph.transpose(tensor, weight, bias, self.scale, "tail")
        graph.shift(tensor, 0.5, result)

    def assume(self, weights: dict[str, torch.Tensor]) -> None:
        """Take over weights as they are."""
        for name, own in self.state_dict().items():
            if weights[name].shape != own.shape:
                raise ValueError(f"{name} is {list(weights[name].shape)}")
            own.copy_(weights[name])

    def _begin_bilinear(self) -> None:
        with torch.no_grad():
            for _, second in self.blocks:
                second.weight.mul_(0.1)  # residual blocks add up: begin small
            nn.init.zeros_(self.body.weight)
            nn.init.zeros_(self.tail.bias)
            self.head.weight[:3] = 0
            for colour in range(3):
                self.head.weight[colour, colour, 1, 1] = 1
            tail = torch.zeros(3 * self.scale**2, self.head.out_channels, 3, 3)
            phases = _bilinear(self.scale)
            kernels = torch.einsum("pt,qu->pqtu", phases, phases).reshape(-1, 3, 3)
            for colour in range(3):
                tail[colour * self.scale**2 : (colour + 1) * self.scale**2, colour] = kernels
            sub_pixel = self.tail_kind == "sub-pixel"
            self.tail.weight.copy_(tail if sub_pixel else _transposed(tail, self.scale))


def _convolution(inputs: int, outputs: int) -> nn.Conv2d:
    layer = nn.Conv2d(inputs, outputs, 3, padding=1)
    nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
    nn.init.zeros_(layer.bias)
    return layer


def _bilinear(scale: int) -> torch.Tensor:
    """Weights [scale, 3] of a sample, the one before and the one after it, at each phase."""
    at = (np.arange(scale) + 0.5) / scale - 0.5
    distance = np.abs(at[:, None] - np.array([-1, 0, 1]))
    return torch.from_numpy(np.maximum(0, 1 - distance).astype(np.float32))


def _transposed(weight: torch.Tensor, scale: int) -> torch.Tensor:
    """Sub-pixel weights [3*s*s, c, 3, 3] as those of the same transposed convolution."""
    apart = weight.reshape(3, scale, scale, -1, 3, 3).flip(4, 5)  # tap t reads from t pixels on
    return apart.permute(3, 0, 4, 1, 5, 2).reshape(-1, 3, 3 * scale, 3 * scale)


def _drawn(graph: Operators, source: str, layer: nn.Conv2d, name: str) -> str:
    return graph.convolve(source, layer.weight, layer.bias, name)
