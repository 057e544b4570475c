"""A fitted network as an ONNX file: plain convolutions, and metadata that says how to use it."""

from __future__ import annotations

import os
from collections.abc import Mapping

from onnx import ModelProto, NodeProto, TensorProto, checker, helper, numpy_helper
from torch import nn

from palantir.files import atomic_write
from palantir.models import METADATA_PREFIX
from palantir.train.network import DetailNetwork

__all__ = ["export", "to_onnx"]

OPSET = 17
IR_VERSION = 8  # what opset 17 came with: older runtimes can read it


class _Graph:
    def __init__(self) -> None:
        self.nodes: list[NodeProto] = []
        self.weights: list[TensorProto] = []

    def add(self, kind: str, inputs: list[str], output: str, **attributes: object) -> str:
        self.nodes.append(helper.make_node(kind, inputs, [output], **attributes))
        return output

    def convolve(self, source: str, layer: nn.Conv2d, name: str) -> str:
        names = [f"{name}.weight", f"{name}.bias"]
        for key, weight in zip(names, (layer.weight, layer.bias), strict=True):
            array = weight.detach().float().contiguous().numpy()
            self.weights.append(numpy_helper.from_array(array, key))
        return self.add("Conv", [source, *names], name, kernel_shape=[3, 3], pads=[1, 1, 1, 1])


def to_onnx(network: DetailNetwork, notes: Mapping[str, str]) -> ModelProto:
    """The model: input `luma` [n, 1, h, w], output `detail` [n, 1, h*scale, w*scale], float32.

    Operators: Conv, Relu, Add, DepthToSpace. `notes` go into the metadata as they are.
    """
    graph, scale = _Graph(), network.scale
    centre = helper.make_tensor("centre", TensorProto.FLOAT, [1, 1, 1, 1], [-0.5])
    graph.weights.append(centre)
    head = graph.add("Add", ["luma", "centre"], "centred")
    head = graph.add("Relu", [graph.convolve(head, network.head, "head")], "head.relu")
    features = head
    for index, layer in enumerate(network.body):
        features = graph.convolve(features, layer, f"body.{index}")
        if index < network.depth - 1:
            features = graph.add("Relu", [features], f"body.{index}.relu")
    features = graph.add("Add", [features, head], "skip")
    tail = graph.convolve(features, network.tail, "tail")
    graph.add("DepthToSpace", [tail], "detail", blocksize=scale, mode="CRD")

    luma = helper.make_tensor_value_info("luma", TensorProto.FLOAT, ["n", 1, "h", "w"])
    size = [f"{scale}*h", f"{scale}*w"]
    detail = helper.make_tensor_value_info("detail", TensorProto.FLOAT, ["n", 1, *size])
    body = helper.make_graph(graph.nodes, "detail", [luma], [detail], graph.weights)
    opset = [helper.make_opsetid("", OPSET)]
    model = helper.make_model(body, opset_imports=opset, ir_version=IR_VERSION)
    model.producer_name = "palantir-sr"
    helper.set_model_props(model, {**_traits(network), **notes})
    checker.check_model(model, full_check=True)
    return model


def export(network: DetailNetwork, path: str | os.PathLike[str], notes: Mapping[str, str]) -> None:
    """Writes `to_onnx(network, notes)`; the file appears whole or not at all."""
    atomic_write(path, to_onnx(network, notes).SerializeToString(deterministic=True))


def _traits(network: DetailNetwork) -> dict[str, str]:
    traits = {
        "scale": network.scale,
        "colour": "luma",
        "output": "detail",
        "range": "limited",
        "radius": network.radius,
        "macs_per_pixel": network.macs_per_pixel,
    }
    return {METADATA_PREFIX + key: str(value) for key, value in traits.items()}
