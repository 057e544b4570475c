"""The network: a plain stack of convolutions that predicts the detail above the upscaler U."""

from __future__ import annotations

import torch
from torch import nn

__all__ = ["DetailNetwork"]


class DetailNetwork(nn.Module):  # type: ignore[misc]  # torch is untyped to our checks
    """Luma in 0..1 [n, 1, h, w] to detail (HR - U(LR)) / 255 [n, 1, h*scale, w*scale].

    `depth` 3x3 convolutions of `channels` between a head and a tail; the head's features skip
    over all of them. The input is centred on zero so that zero padding is mid grey, not black.
    The tail starts at zero: an untrained network is exactly U.
    """

    def __init__(self, scale: int = 4, channels: int = 32, depth: int = 6) -> None:
        super().__init__()
        self.scale, self.channels, self.depth = scale, channels, depth
        self.head = nn.Conv2d(1, channels, 3, padding=1)
        self.body = nn.ModuleList(nn.Conv2d(channels, channels, 3, padding=1) for _ in range(depth))
        self.tail = nn.Conv2d(channels, scale * scale, 3, padding=1)
        for layer in (self.head, *self.body):
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
            nn.init.zeros_(layer.bias)
        nn.init.zeros_(self.tail.weight)
        nn.init.zeros_(self.tail.bias)

    @property
    def radius(self) -> int:
        """LR pixels around a pixel that its detail depends on."""
        return self.depth + 2

    @property
    def macs_per_pixel(self) -> int:
        """Multiply-accumulates per LR pixel."""
        return sum(p.numel() for name, p in self.named_parameters() if name.endswith("weight"))

    def forward(self, luma: torch.Tensor) -> torch.Tensor:
        """The detail of `luma`, not clipped."""
        head = torch.relu(self.head(luma - 0.5))
        features = head
        for layer in self.body[:-1]:
            features = torch.relu(layer(features))
        tail = self.tail(self.body[-1](features) + head)
        return nn.functional.pixel_shuffle(tail, self.scale)
