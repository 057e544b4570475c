"""Small ONNX networks with known scale, receptive field and cost, for the tests beside this."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

onnx = pytest.importorskip("onnx")
helper, TensorProto, numpy_helper = onnx.helper, onnx.TensorProto, onnx.numpy_helper

random = np.random.default_rng(3)


def weight(name: str, *shape: int) -> Any:
    return numpy_helper.from_array(random.standard_normal(shape).astype(np.float32), name)


def model(
    nodes: list[Any],
    weights: list[Any],
    shape: tuple[object, ...] = ("n", 1, "h", "w"),
    element: int | None = None,
    metadata: dict[str, str] | None = None,
    opsets: tuple[str, ...] = ("",),
) -> bytes:
    """A model from `x` to `y`."""
    element = element or TensorProto.FLOAT
    ends = [helper.make_tensor_value_info(name, element, s) for name, s in
            (("x", shape), ("y", [f"out{axis}" for axis in range(len(shape))]))]  # fmt: skip
    graph = helper.make_graph(nodes, "network", ends[:1], ends[1:], weights)
    versions = [helper.make_opsetid(domain, 17 if domain == "" else 1) for domain in opsets]
    proto = helper.make_model(graph, opset_imports=versions, ir_version=8)
    helper.set_model_props(proto, metadata or {})
    return bytes(proto.SerializeToString())


def stack(
    kernels: tuple[int, ...] = (3, 3),
    dilation: int = 1,
    scale: int = 2,
    channels: int = 1,
    width: int = 4,
    **options: Any,
) -> bytes:
    """`kernels` convolutions of `width` channels, ReLU between them, then DepthToSpace."""
    nodes, weights, source, planes = [], [], "x", channels
    for index, kernel in enumerate(kernels):
        last = index == len(kernels) - 1
        out = channels * scale * scale if last else width
        weights.append(weight(f"w{index}", out, planes, kernel, kernel))
        pads = [kernel // 2 * dilation] * 4
        convolved = f"c{index}"
        nodes.append(
            helper.make_node("Conv", [source, f"w{index}"], [convolved],
                             dilations=[dilation] * 2, pads=pads)
        )  # fmt: skip
        source, planes = convolved, out
        if not last:
            nodes.append(helper.make_node("Relu", [convolved], [f"r{index}"]))
            source = f"r{index}"
    nodes.append(helper.make_node("DepthToSpace", [source], ["y"], blocksize=scale))
    options.setdefault("shape", ("n", channels, "h", "w"))
    return model(nodes, weights, **options)
