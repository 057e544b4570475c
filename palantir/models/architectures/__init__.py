"""SR networks by name, to be trained (needs the extra `palantir-sr[torch]`), and their export.

Nothing here is imported by `palantir.models`: running a network needs no torch.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from palantir.errors import ModelError
from palantir.models.architectures.export import export, take_weights, to_onnx
from palantir.models.architectures.nas import NASNetwork
from palantir.models.architectures.network import TorchNetwork
from palantir.models.architectures.plain_stack import PlainStack

__all__ = [
    "NETWORKS",
    "NASNetwork",
    "PlainStack",
    "TorchNetwork",
    "create_network",
    "export",
    "take_weights",
    "to_onnx",
]

# name -> tail -> constructor by scale
NETWORKS: Mapping[str, Mapping[str, Callable[[int], TorchNetwork]]] = MappingProxyType(
    {
        "m10c32": {"sub-pixel": lambda scale: PlainStack(scale, 32, 10)},
        "m6c32": {"sub-pixel": lambda scale: PlainStack(scale, 32, 6)},
        "m4c16": {"sub-pixel": lambda scale: PlainStack(scale, 16, 4)},
        "nas": {
            "sub-pixel": lambda scale: NASNetwork(scale, "sub-pixel"),
            "transposed": lambda scale: NASNetwork(scale, "transposed"),
        },
    }
)


def create_network(name: str, scale: int = 4, tail: str = "sub-pixel") -> TorchNetwork:
    """An untrained network, which upscales bicubically (luma) or bilinearly (`nas`).

    name   m10c32, m6c32 (the shipped one's), m4c16: luma, so many convolutions of so many
           channels between head and tail; nas: the paper's, RGB
    scale  2, 3 or 4
    tail   "sub-pixel", or for nas "transposed"

    Random weights come from torch's generator. Raises ModelError for what there is not.
    """
    if name not in NETWORKS:
        raise ModelError(f"no network {name!r}: there are {', '.join(NETWORKS)}")
    if tail not in NETWORKS[name]:
        raise ModelError(f"{name} has no tail {tail!r}: it has {', '.join(NETWORKS[name])}")
    if scale not in (2, 3, 4):
        raise ModelError(f"no {name} for scale {scale}: there are 2, 3 and 4")
    return NETWORKS[name][tail](scale)
