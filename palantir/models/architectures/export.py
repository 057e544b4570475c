"""A trained network as an ONNX file with metadata that says how to use it, and back."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import onnx
import torch
from onnx import ModelProto, numpy_helper

from palantir.errors import ModelError
from palantir.files import atomic_write
from palantir.models.architectures.network import TorchNetwork
from palantir.models.architectures.onnx_graph import OnnxGraph
from palantir.models.network import read_model
from palantir.models.traits import METADATA_PREFIX, NetworkTraits

__all__ = ["ENDS", "export", "take_weights", "to_onnx"]

ENDS = {"detail": ("luma", "detail"), "picture": ("lr", "sr")}  # names of input and result


def to_onnx(network: TorchNetwork, notes: Mapping[str, str]) -> ModelProto:
    """The model, float32: "luma" [n, 1, h, w] to "detail", or "lr" [n, 3, h, w] to "sr".

    Its metadata are the network's name and traits, and `notes` as they are.
    """
    source, result = ENDS[network.output]
    graph = OnnxGraph()
    network.draw(graph, source, result)
    metadata = {
        **{key: str(getattr(network, key.removeprefix(METADATA_PREFIX)))
           for key in sorted(NetworkTraits.keys() - {f"{METADATA_PREFIX}halo"})},
        "network": f"{network.name}, {network.tail_kind} tail",
        **notes,
    }  # fmt: skip
    return graph.model(source, result, network.channels, network.scale, metadata)


def export(network: TorchNetwork, path: str | os.PathLike[str], notes: Mapping[str, str]) -> None:
    """Writes `to_onnx(network, notes)`; the file appears whole or not at all."""
    atomic_write(path, to_onnx(network, notes).SerializeToString(deterministic=True))


def take_weights(network: TorchNetwork, path: str | os.PathLike[str]) -> None:
    """Lets `network` begin with the weights of an ONNX file that `export` wrote.

    Raises ModelError where the file cannot be read or holds a network of another shape.
    """
    name, data = os.fspath(path), read_model(Path(path))
    try:
        model = onnx.load_model_from_string(data)
        weights = {
            weight.name: torch.from_numpy(numpy_helper.to_array(weight).copy())
            for weight in model.graph.initializer
        }
    except Exception as error:  # protobuf's and onnx's have no common base
        raise ModelError(f"{name}: no ONNX model ({type(error).__name__})") from None
    try:
        network.assume(weights)
    except (LookupError, ValueError) as error:
        shape = f"{network.name} x{network.scale}, {network.tail_kind} tail"
        raise ModelError(f"{name}: its weights are no {shape}: {error}") from None
