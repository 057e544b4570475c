"""An ONNX graph in the making."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from onnx import ModelProto, NodeProto, TensorProto, checker, helper, numpy_helper

from palantir.models.architectures.operators import Operators

__all__ = ["OnnxGraph"]

OPSET = 17
IR_VERSION = 8  # what opset 17 came with: older runtimes can read it


class OnnxGraph(Operators):
    """Operators in order; each method adds one."""

    def __init__(self) -> None:
        self._nodes: list[NodeProto] = []
        self._weights: list[TensorProto] = []

    def convolve(self, source: str, weight: torch.Tensor, bias: torch.Tensor, name: str) -> str:
        """A Conv."""
        names = self._constants(name, weight, bias)
        return self._add("Conv", [source, *names], name, kernel_shape=[3, 3], pads=[1, 1, 1, 1])

    def transpose(
        self, source: str, weight: torch.Tensor, bias: torch.Tensor, stride: int, name: str
    ) -> str:
        """A ConvTranspose."""
        size = list(weight.shape[2:])
        names = self._constants(name, weight, bias)
        return self._add(
            "ConvTranspose", [source, *names], name,
            kernel_shape=size, strides=[stride] * 2, pads=[stride] * 4,
        )  # fmt: skip

    def rectify(self, source: str) -> str:
        """A Relu."""
        return self._add("Relu", [source], f"{source}.relu")

    def add(self, first: str, second: str, name: str) -> str:
        """An Add."""
        return self._add("Add", [first, second], name)

    def shift(self, source: str, by: float, name: str) -> str:
        """An Add of a constant."""
        value = np.full((1, 1, 1, 1), by, np.float32)
        return self._add("Add", [source, self._constant(f"{name}.by", value)], name)

    def shuffle(self, source: str, scale: int, name: str) -> str:
        """A DepthToSpace."""
        return self._add("DepthToSpace", [source], name, blocksize=scale, mode="CRD")

    def model(
        self, source: str, result: str, channels: int, scale: int, metadata: Mapping[str, str]
    ) -> ModelProto:
        """The checked model from the tensor `source` [n, channels, h, w] to `result`."""
        ends = [
            helper.make_tensor_value_info(source, TensorProto.FLOAT, ["n", channels, "h", "w"]),
            helper.make_tensor_value_info(
                result, TensorProto.FLOAT, ["n", channels, f"{scale}*h", f"{scale}*w"]
            ),
        ]
        graph = helper.make_graph(self._nodes, result, ends[:1], ends[1:], self._weights)
        opset = [helper.make_opsetid("", OPSET)]
        model = helper.make_model(graph, opset_imports=opset, ir_version=IR_VERSION)
        model.producer_name = "palantir-sr"
        helper.set_model_props(model, dict(metadata))
        checker.check_model(model, full_check=True)
        return model

    def _constants(self, name: str, weight: torch.Tensor, bias: torch.Tensor) -> Sequence[str]:
        return [
            self._constant(f"{name}.{key}", value.detach().float().contiguous().numpy())
            for key, value in (("weight", weight), ("bias", bias))
        ]

    def _constant(self, name: str, value: NDArray[np.float32]) -> str:
        self._weights.append(numpy_helper.from_array(value, name))
        return name

    def _add(self, kind: str, inputs: Sequence[str], output: str, **attributes: object) -> str:
        self._nodes.append(helper.make_node(kind, inputs, [output], **attributes))
        return output
