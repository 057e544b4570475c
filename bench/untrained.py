"""The paper's network with random weights, for timings: as fast as a trained one, and at hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from onnx import NodeProto, TensorProto, helper, numpy_helper, save

__all__ = ["paper_network"]


class _Stack:
    """Convolutions of 3x3, one after the other."""

    def __init__(self) -> None:
        self.nodes: list[NodeProto] = []
        self.weights: list[TensorProto] = []
        self._random = np.random.default_rng(0)

    def convolve(self, source: str, inputs: int, outputs: int) -> str:
        weight, name = f"weight.{len(self.weights)}", f"convolved.{len(self.weights)}"
        values = self._random.normal(0, 1 / (9 * inputs), (outputs, inputs, 3, 3))
        self.weights.append(numpy_helper.from_array(values.astype(np.float32), weight))
        return self._add("Conv", [source, weight], name, pads=[1, 1, 1, 1])

    def relu(self, source: str) -> str:
        return self._add("Relu", [source], f"{source}.relu")

    def skip(self, source: str, before: str) -> str:
        return self._add("Add", [source, before], f"{source}.skip")

    def _add(self, kind: str, inputs: list[str], output: str, **attributes: object) -> str:
        self.nodes.append(helper.make_node(kind, inputs, [output], **attributes))
        return output

    def save(self, source: str, channels: int, scale: int, path: Path) -> Path:
        self._add("DepthToSpace", [source], "sr", blocksize=scale, mode="CRD")
        ends = [
            helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", channels, *size])
            for name, size in (("lr", ("h", "w")), ("sr", (f"{scale}*h", f"{scale}*w")))
        ]
        graph = helper.make_graph(self.nodes, path.stem, ends[:1], ends[1:], self.weights)
        path.parent.mkdir(parents=True, exist_ok=True)
        save(
            helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8),
            str(path),
        )
        return path


def paper_network(path: Path) -> Path:
    """The paper's: RGB, x4, a head, 8 residual blocks of 48 filters, a long skip, sub-pixels."""
    stack = _Stack()
    head = features = stack.convolve("lr", 3, 48)
    for _ in range(8):
        inner = stack.relu(stack.convolve(features, 48, 48))
        features = stack.skip(stack.convolve(inner, 48, 48), features)
    features = stack.skip(stack.convolve(features, 48, 48), head)
    return stack.save(stack.convolve(features, 48, 3 * 16), 3, 4, path)
