"""Light networks: a plain stack of 3x3 convolutions that predicts the detail over bicubic."""

from __future__ import annotations

import torch
from torch import nn

from palantir.models.architectures.edge_oriented import EdgeOrientedConv
from palantir.models.architectures.network import TorchNetwork
from palantir.models.architectures.operators import Operators

__all__ = ["PlainStack"]


class PlainStack(TorchNetwork):
    """Luma in 0..1 [n, 1, h, w] to detail (HR - bicubic(LR)) / 255 [n, 1, h*scale, w*scale].

    `depth` 3x3 convolutions of `channels` between a head and a tail; the head's features skip
    over all of them. The input is centred on zero so that zero padding is mid grey, not black.
    The tail starts at zero: an untrained network is exactly bicubic. Its ONNX form has no operators
    but Conv, Relu, Add and DepthToSpace.
    """

    colour, output, range = "luma", "detail", "limited"

    def __init__(self, scale: int = 4, channels: int = 32, depth: int = 10) -> None:
        super().__init__()
        self.name, self.scale = f"m{depth}c{channels}", scale
        self.radius = depth + 2
        self.macs_per_pixel = 9 * channels * (1 + depth * channels + scale * scale)
        self.head = EdgeOrientedConv(1, channels)
        self.body = nn.ModuleList(EdgeOrientedConv(channels, channels) for _ in range(depth))
        self.tail = EdgeOrientedConv(channels, scale * scale)
        self.tail.set_kernel(torch.zeros_like(self.tail.plain))

    def forward(self, picture: torch.Tensor) -> torch.Tensor:
        """The detail of `picture`, not clipped."""
        head = torch.relu(self.head(picture - 0.5))
        features = head
        for layer in self.body[:-1]:
            features = torch.relu(layer(features))
        tail = self.tail(self.body[-1](features) + head)
        return nn.functional.pixel_shuffle(tail, self.scale)

    def draw(self, graph: Operators, source: str, result: str) -> None:
        """Its folded form."""
        tensor = graph.shift(source, -0.5, "centred")
        head = tensor = graph.rectify(_folded(graph, tensor, self.head, "head"))
        for index, layer in enumerate(self.body):
            tensor = _folded(graph, tensor, layer, f"body.{index}")
            if layer is not self.body[-1]:
                tensor = graph.rectify(tensor)
        tensor = _folded(graph, graph.add(tensor, head, "skip"), self.tail, "tail")
        graph.shuffle(tensor, self.scale, result)

    def assume(self, weights: dict[str, torch.Tensor]) -> None:
        """Take over folded kernels; the branches keep their random beginnings.

        Those of a shallower stack do too: convolutions that change nothing, after a ReLU, stand
        for the missing ones, so that it computes what the shallower one does (Net2Net, Chen et
        al., 2016). Of a stack for another scale the tail is left out.
        """
        weights = self._deepened(weights)
        for name, layer in self.named_modules():
            if isinstance(layer, EdgeOrientedConv):
                kernel, bias = weights[f"{name}.weight"], weights[f"{name}.bias"]
                if name == "tail" and len(bias) in (4, 9, 16) and len(bias) != len(layer.bias):
                    continue
                if kernel.shape != layer.plain.shape or bias.shape != layer.bias.shape:
                    raise ValueError(f"{name} is {list(kernel.shape)}")
                layer.set_kernel(kernel)
                layer.bias.data.copy_(bias)

    def _deepened(self, weights: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        known = sum(name.startswith("body.") and name.endswith(".weight") for name in weights)
        last, missing = known - 1, len(self.body) - known
        if missing < 0 or known < 2:
            raise ValueError(f"{known} convolutions between head and tail")
        channels = self.head.plain.shape[0]
        moved = dict(weights)
        for key in ("weight", "bias"):
            moved[f"body.{last + missing}.{key}"] = weights[f"body.{last}.{key}"]
        for index in range(last, last + missing):
            moved[f"body.{index}.weight"] = nn.init.dirac_(torch.empty(channels, channels, 3, 3))
            moved[f"body.{index}.bias"] = torch.zeros(channels)
        return moved


def _folded(graph: Operators, source: str, layer: EdgeOrientedConv, name: str) -> str:
    return graph.convolve(source, layer.kernel(), layer.bias, name)
