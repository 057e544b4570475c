"""A network that computes as its int8 form will, to be fitted with rounding in the loop.

Source: Jacob et al., "Quantization and Training of Neural Networks for Efficient
Integer-Arithmetic-Only Inference" (CVPR 2018); gradients pass rounding as if it were not there
(Bengio et al., 2013), and stop where a value is clipped.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch

from palantir.models.architectures import TorchNetwork
from palantir.models.architectures.export import ENDS
from palantir.models.architectures.operators import Operators

__all__ = ["Rounded"]

Ranges = Mapping[str, tuple[float, float]]  # tensor -> what its 8 bits reach from and to


class Rounded(TorchNetwork):
    """`network`, whose weights these are, with convolutions as `quantize` makes them.

    ranges  of the tensors at the ends of its convolutions, by their names in its ONNX form
    """

    def __init__(self, network: TorchNetwork, ranges: Ranges) -> None:
        super().__init__()
        self.name, self.scale, self.tail_kind = network.name, network.scale, network.tail_kind
        self.colour, self.output, self.range = network.colour, network.output, network.range
        self.radius, self.macs_per_pixel = network.radius, network.macs_per_pixel
        self.network, self._ranges = network, ranges

    def forward(self, picture: torch.Tensor) -> torch.Tensor:
        """The result for a batch."""
        source, result = ENDS[self.output]
        operators = _RoundingOperators(self._ranges)
        operators.tensors[source] = picture
        self.network.draw(operators, source, result)
        return operators.finished(result)

    def draw(self, graph: Operators, source: str, result: str) -> None:
        """The network without rounding."""
        self.network.draw(graph, source, result)

    def assume(self, weights: dict[str, torch.Tensor]) -> None:
        """As the network does."""
        self.network.assume(weights)


class _RoundingOperators(Operators):
    """Computes what is drawn; a convolution's result is rounded once its ReLU, if any, is done."""

    def __init__(self, ranges: Ranges) -> None:
        self.tensors: dict[str, torch.Tensor] = {}
        self._ranges, self._fresh = ranges, set[str]()  # fresh: not yet rounded

    def finished(self, name: str) -> torch.Tensor:
        """A tensor as operators other than convolutions take it."""
        return self._rounded(name) if name in self._fresh else self.tensors[name]

    def convolve(self, source: str, weight: torch.Tensor, bias: torch.Tensor, name: str) -> str:
        kernel = _round_weights(weight)
        return self._fresh_result(
            name, torch.nn.functional.conv2d(self._rounded(source), kernel, bias, padding=1)
        )

    def transpose(
        self, source: str, weight: torch.Tensor, bias: torch.Tensor, stride: int, name: str
    ) -> str:
        return self._result(
            name,
            torch.nn.functional.conv_transpose2d(
                self.finished(source), weight, bias, stride=stride, padding=stride
            ),
        )

    def rectify(self, source: str) -> str:
        return self._fresh_result(f"{source}.relu", torch.relu(self.tensors[source]))

    def add(self, first: str, second: str, name: str) -> str:
        return self._result(name, self.finished(first) + self.finished(second))

    def shift(self, source: str, by: float, name: str) -> str:
        return self._result(name, self.finished(source) + by)

    def shuffle(self, source: str, scale: int, name: str) -> str:
        return self._result(name, torch.nn.functional.pixel_shuffle(self.finished(source), scale))

    def _result(self, name: str, tensor: torch.Tensor) -> str:
        self.tensors[name] = tensor
        return name

    def _fresh_result(self, name: str, tensor: torch.Tensor) -> str:
        self._fresh.add(name)
        return self._result(name, tensor)

    def _rounded(self, name: str) -> torch.Tensor:
        low, high = self._ranges[name]
        step = max((high - low) / 255, 1e-9)
        zero = round(-low / step)
        tensor = self.tensors[name].clamp(-zero * step, (255 - zero) * step)
        return _rounded_to(tensor, torch.tensor(step))


def _round_weights(weight: torch.Tensor) -> torch.Tensor:
    """To signed 8 bits, one scale an output channel."""
    largest = weight.detach().abs().amax(dim=(1, 2, 3), keepdim=True)
    return _rounded_to(weight, largest.clamp(min=1e-9) / 127)


def _rounded_to(tensor: torch.Tensor, step: torch.Tensor) -> torch.Tensor:
    """To whole steps; gradients pass as they are."""
    return tensor + (torch.round(tensor / step) * step - tensor).detach()
