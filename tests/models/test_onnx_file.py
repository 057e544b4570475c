"""The ONNX reader sees what the onnx package wrote, and refuses what must not reach a runtime."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from palantir.errors import ModelError
from palantir.models import onnx_file
from palantir.models.onnx_file import parse
from tests.models.small_networks import helper, model, numpy_helper, onnx, stack, weight


def test_reads_operators_shapes_and_metadata() -> None:
    data = stack((5, 3), metadata={"palantir.scale": "2", "note": "é"})
    file = parse(data, "model.onnx")
    kinds = [operator.kind for operator in file.operators]
    assert kinds == ["Conv", "Relu", "Conv", "DepthToSpace"]
    assert file.operators[0].attributes["pads"] == (2, 2, 2, 2)
    assert file.shapes == {"w0": (4, 1, 5, 5), "w1": (4, 4, 3, 3)}
    assert file.parameters == 100 + 144
    assert (file.inputs, file.outputs, file.opset) == (["x"], ["y"], 17)
    assert file.metadata == {"palantir.scale": "2", "note": "é"}


def test_negative_attributes_keep_their_sign() -> None:
    data = model([helper.make_node("Concat", ["x", "x"], ["y"], axis=-3)], [])
    assert parse(data, "m").operators[0].attributes["axis"] == -3


@pytest.mark.parametrize("place", ["weight", "constant", "subgraph", "sparse"])
def test_external_data_is_refused_wherever_it_hides(place: str) -> None:
    outside = weight("outside", 1, 1, 3, 3)
    onnx.external_data_helper.set_external_data(outside, "../../secret.bin")
    outside.ClearField("raw_data")
    nodes = [helper.make_node("Identity", ["x"], ["y"])]
    weights = [outside] if place == "weight" else []
    if place == "constant":
        nodes.append(helper.make_node("Constant", [], ["c"], value=outside))
    if place == "subgraph":
        value = helper.make_tensor_value_info("outside", onnx.TensorProto.FLOAT, None)
        branch = helper.make_graph([], "branch", [], [value], [outside])
        nodes.append(helper.make_node("If", ["x"], ["z"], then_branch=branch, else_branch=branch))
    proto = onnx.ModelProto.FromString(model(nodes, weights))
    if place == "sparse":
        sparse = proto.graph.sparse_initializer.add()
        sparse.values.CopyFrom(outside)
    with pytest.raises(ModelError, match=r"m\.onnx: keeps weights in external files"):
        parse(proto.SerializeToString(), "m.onnx")


def with_function(nodes: list[Any], defaults: dict[str, Any]) -> bytes:
    """A model that calls a function of these nodes, with values for what a node may leave out."""
    function = helper.make_function(
        "mine", "F", ["a"], ["b"], nodes, [helper.make_opsetid("", 17)],
        attribute_protos=[helper.make_attribute(name, value) for name, value in defaults.items()],
    )  # fmt: skip
    call = helper.make_node("F", ["x"], ["y"], domain="mine")
    proto = onnx.ModelProto.FromString(model([call], [], opsets=("", "mine")))
    proto.functions.append(function)
    return bytes(proto.SerializeToString())


def test_functions_of_the_models_own_are_no_custom_operators() -> None:
    data = with_function([helper.make_node("Relu", ["a"], ["b"])], {"alpha": 0.5})
    assert parse(data, "m").kinds == {"F", "Relu"}


@pytest.mark.parametrize("place", ["body", "default"])
def test_functions_hide_neither_external_data_nor_loops(place: str) -> None:
    outside = weight("outside", 1, 1, 3, 3)
    onnx.external_data_helper.set_external_data(outside, "../../secret.bin")
    loop = helper.make_node("Loop", ["a"], ["b"], body=helper.make_graph([], "body", [], []))
    constant = helper.make_node("Constant", [], ["b"], value=outside)
    if place == "body":
        files = [with_function([node], {}) for node in (constant, loop)]
    else:
        branch = helper.make_graph([loop], "branch", [], [])
        files = [with_function([], {"value": value}) for value in (outside, branch)]
    for data, reason in zip(files, ("external files", r"has loops \(Loop\)"), strict=True):
        with pytest.raises(ModelError, match=reason):
            parse(data, "m")


def test_custom_operators_are_named() -> None:
    node = helper.make_node("Magic", ["x"], ["y"], domain="com.example")
    with pytest.raises(ModelError, match=r"custom operators of com\.example"):
        parse(model([node], [], opsets=("", "com.example")), "m")


@pytest.mark.parametrize("data", [b"", b"#!/bin/sh\necho hello\n", b"\x00" * 64, b"\xff" * 64])
def test_other_files_are_refused(data: bytes) -> None:
    with pytest.raises(ModelError, match=r"^m: not an ONNX model"):
        parse(data, "m")


def test_truncation_never_ends_in_another_exception() -> None:
    data = stack()
    for length in range(len(data)):
        try:
            parse(data[:length], "m")
        except ModelError:
            continue


def test_flipped_bits_never_end_in_another_exception() -> None:
    data = stack((3,))
    for bit in range(8 * len(data)):
        damaged = bytearray(data)
        damaged[bit // 8] ^= 1 << bit % 8
        try:
            parse(bytes(damaged), "m")
        except ModelError:
            continue


def test_deeply_nested_graphs_are_refused() -> None:
    graph = helper.make_graph([], "g", [], [])
    for _ in range(20):
        graph = helper.make_graph([helper.make_node("If", ["x"], ["y"], then_branch=graph)],
                                  "g", [], [])  # fmt: skip
    proto = helper.make_model(graph)
    with pytest.raises(ModelError, match="nested"):
        parse(proto.SerializeToString(), "m")


@pytest.mark.parametrize(
    "kind", ["Loop", "Scan", "SequenceMap", "BeamSearch", "GreedySearch", "Sampling"]
)
@pytest.mark.parametrize("inside", [False, True])
def test_loops_are_refused_wherever_they_hide(kind: str, inside: bool) -> None:
    """A file could otherwise say that its network runs for 2^63 rounds."""
    body = helper.make_graph([helper.make_node("Identity", ["a"], ["b"])], "body", [], [])
    node = helper.make_node(kind, ["x"], ["y"], body=body)
    if inside:
        branch = helper.make_graph([node], "branch", [], [])
        node = helper.make_node("If", ["x"], ["y"], then_branch=branch, else_branch=branch)
    with pytest.raises(ModelError, match=rf"^m: has loops \({kind}\), which no SR network needs$"):
        parse(model([node], []), "m")


def test_files_of_unreasonably_many_parts_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that 512 MiB of them take seconds, not hours and all memory."""
    monkeypatch.setattr(onnx_file, "MAX_FIELDS", 20_000)
    nothing = b"\x0a\x02\x0a\x00"  # a node with one input of no name
    graph = nothing * 7_000
    head = b"\x3a" + _varint(len(graph))
    with pytest.raises(ModelError, match="more than 20000 fields"):
        parse(head + graph, "m")


def test_long_lists_of_integers_are_refused() -> None:
    packed = b"\x01" * 70_000
    tensor = b"\x0a" + _varint(len(packed)) + packed
    graph = b"\x2a" + _varint(len(tensor)) + tensor
    with pytest.raises(ModelError, match="a list of integers in 70000 bytes"):
        parse(b"\x3a" + _varint(len(graph)) + graph, "m")


def test_integers_in_lists_count_as_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many lists, each of them short, would take all memory as well as a long one."""
    monkeypatch.setattr(onnx_file, "MAX_FIELDS", 20_000)
    tensor = b"\x0a" + _varint(8_000) + b"\x01" * 8_000
    for lists, reason in ((2, "no operators"), (3, "more than 20000 fields")):
        graph = (b"\x2a" + _varint(len(tensor)) + tensor) * lists
        with pytest.raises(ModelError, match=reason):
            parse(b"\x3a" + _varint(len(graph)) + graph, "m")


def _varint(value: int) -> bytes:
    data = b""
    while value > 127:
        data, value = data + bytes([value & 127 | 128]), value >> 7
    return data + bytes([value])


def test_small_float_lists_are_read_in_both_encodings() -> None:
    listed = helper.make_tensor("listed", onnx.TensorProto.FLOAT, [4], [1, 1, 2, 2])
    raw = numpy_helper.from_array(np.array([1, 1, 2, 2], np.float32), "raw")
    file = parse(model([helper.make_node("Relu", ["x"], ["y"])], [listed, raw]), "m")
    assert file.floats == {"listed": (1, 1, 2, 2), "raw": (1, 1, 2, 2)}
