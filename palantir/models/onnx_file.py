"""What must be known of an ONNX file before ONNX Runtime sees it, without the onnx package.

ONNX is protobuf (onnx.proto, IR version 3 and later): this reads the few fields that say which
operators a graph has, how they are wired, and whether its weights are inside the file. Weights
themselves are not decoded.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np

from palantir.errors import ModelError

__all__ = ["MAX_BYTES", "OnnxFile", "Operator", "parse"]

Field: TypeAlias = int | memoryview
MAX_BYTES = 512 * 2**20  # of a file
MAX_NESTING = 16  # graphs within graphs: If, functions
# Of all messages, some several times, and integers in packed lists: bounds time and memory to
# seconds.
MAX_FIELDS = 1_000_000
MAX_LIST = 65536  # bytes of a packed list of integers
# These run an inner graph for as long as the file or its input says.
UNBOUNDED = frozenset(
    {"Loop", "Scan", "SequenceMap"}
    | {"BeamSearch", "GreedySearch", "Sampling", "WhisperBeamSearch"}  # of com.microsoft
)
EXTERNAL = 1  # TensorProto.DataLocation
FLOAT = 1  # TensorProto.DataType
SMALL = 64  # bytes; longer lists of floats are weights and not kept
KNOWN_DOMAINS = frozenset({"", "ai.onnx", "ai.onnx.ml", "com.microsoft"})


@dataclass(frozen=True)
class Operator:
    """One node of the graph; `attributes` holds integers, integer lists and text."""

    kind: str
    domain: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: dict[str, int | str | tuple[int, ...]]


@dataclass
class OnnxFile:
    """The outermost graph's operators in order, its weights' shapes, and the file's own notes."""

    operators: list[Operator] = field(default_factory=list)
    inputs: list[str] = field(default_factory=list)
    outputs: list[str] = field(default_factory=list)
    shapes: dict[str, tuple[int, ...]] = field(default_factory=dict)
    floats: dict[str, tuple[float, ...]] = field(default_factory=dict)
    metadata: dict[str, str] = field(default_factory=dict)
    opset: int = 0
    producer: str = ""
    external: list[str] = field(default_factory=list)
    domains: set[str] = field(default_factory=set)
    functions: set[str] = field(default_factory=set)
    kinds: set[str] = field(default_factory=set)  # of operators, inner graphs' too

    @property
    def parameters(self) -> int:
        """How many weights the file holds; scales of 8-bit tensors are none."""
        kinds = ("QuantizeLinear", "DequantizeLinear")
        scales = {name for one in self.operators if one.kind in kinds for name in one.inputs[1:]}
        weights = (shape for name, shape in self.shapes.items() if name not in scales)
        return sum(int(np.prod(shape, dtype=object)) for shape in weights)


def _varint(data: memoryview, at: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value & (1 << 64) - 1, at
    raise ValueError("integer of more than ten bytes")


def _message(value: Field) -> memoryview:
    if isinstance(value, int):
        raise ValueError("an integer where a message belongs")
    return value


def _text(value: Field) -> str:
    return bytes(_message(value)).decode("utf-8", "replace")


def _signed(value: int) -> int:
    return value - (1 << 64) if value >> 63 else value


class _Reader:
    def __init__(self) -> None:
        self.file = OnnxFile()
        self._left = MAX_FIELDS

    def fields(self, data: memoryview) -> Iterator[tuple[int, Field]]:
        """(number, value) of each field of one message; fixed32 and fixed64 come as bytes."""
        at = 0
        while at < len(data):
            self._take_one()
            tag, at = _varint(data, at)
            wire = tag & 7
            if wire == 0:
                value, at = _varint(data, at)
                yield tag >> 3, value
                continue
            if wire == 2:
                size, at = _varint(data, at)
            elif wire in (1, 5):
                size = 8 if wire == 1 else 4
            else:
                raise ValueError(f"wire type {wire}")
            if size > len(data) - at:
                raise ValueError("a field ends behind the file")
            yield tag >> 3, data[at : at + size]
            at += size

    def integers(self, value: Field) -> list[int]:
        """One integer, or a packed list of them."""
        if isinstance(value, int):
            return [_signed(value)]
        if len(value) > MAX_LIST:
            raise ValueError(f"a list of integers in {len(value)} bytes; up to {MAX_LIST} are read")
        numbers, at = [], 0
        while at < len(value):
            self._take_one()
            number, at = _varint(value, at)
            numbers.append(_signed(number))
        return numbers

    def _take_one(self) -> None:
        self._left -= 1
        if self._left < 0:
            raise ValueError(f"more than {MAX_FIELDS} fields")

    def names(self, message: memoryview, wanted: int) -> list[str]:
        return [_text(value) for number, value in self.fields(message) if number == wanted]

    def model(self, data: memoryview) -> None:
        for number, value in self.fields(data):
            if number == 2:
                self.file.producer = _text(value)
            elif number == 7:
                self.graph(_message(value), 0)
            elif number == 8:
                opset = dict(self.fields(_message(value)))
                if _text(opset.get(1, memoryview(b""))) in ("", "ai.onnx"):
                    self.file.opset = max(self.file.opset, self.integers(opset.get(2, 0))[0])
            elif number == 14:
                entry = dict(self.fields(_message(value)))
                empty = memoryview(b"")
                self.file.metadata[_text(entry.get(1, empty))] = _text(entry.get(2, empty))
            elif number == 25:
                self.function(_message(value))

    def function(self, data: memoryview) -> None:
        for number, value in self.fields(data):
            if number == 7:
                self.operator(_message(value), 1)
            elif number == 10:
                self.file.functions.add(_text(value))
            elif number == 11:  # what a node of it may leave out: a tensor or graph as well
                self.attribute(_message(value), {}, "", 1)

    def graph(self, data: memoryview, depth: int) -> None:
        if depth > MAX_NESTING:
            raise ValueError(f"graphs nested more than {MAX_NESTING} deep")
        for number, value in self.fields(data):
            if number == 1:
                operator = self.operator(_message(value), depth)
                if depth == 0:
                    self.file.operators.append(operator)
            elif number == 5:
                self.tensor(_message(value), depth)
            elif number == 15:
                self.sparse(_message(value), depth)
            elif depth == 0 and number == 11:
                self.file.inputs += self.names(_message(value), 1)
            elif depth == 0 and number == 12:
                self.file.outputs += self.names(_message(value), 1)

    def sparse(self, data: memoryview, depth: int) -> None:
        for number, value in self.fields(data):
            if number in (1, 2):
                self.tensor(_message(value), depth)

    def tensor(self, data: memoryview, depth: int, name: str = "") -> None:
        shape: list[int] = []
        element, raw, listed, external = 0, b"", b"", False
        for number, value in self.fields(data):
            if number == 1:
                shape += self.integers(value)
            elif number == 2:
                element = self.integers(value)[0]
            elif number == 4 and len(listed) <= SMALL:
                listed += bytes(_message(value))
            elif number == 8:
                name = name or _text(value)
            elif number == 9 and len(_message(value)) <= SMALL:
                raw = bytes(_message(value))
            external |= number == 13 or (number == 14 and value == EXTERNAL)
        if external:
            self.file.external.append(name)
        if depth == 0:
            self.file.shapes[name] = tuple(shape)
            numbers = raw or listed
            if element == FLOAT and 0 < len(numbers) <= SMALL and len(numbers) % 4 == 0:
                self.file.floats[name] = tuple(np.frombuffer(numbers, "<f4").tolist())

    def operator(self, data: memoryview, depth: int) -> Operator:
        inputs, outputs = self.names(data, 1), self.names(data, 2)
        domain = "".join(self.names(data, 7)[:1])
        self.file.domains.add(domain)
        attributes: dict[str, int | str | tuple[int, ...]] = {}
        for number, value in self.fields(data):
            if number == 5:
                constant = outputs[0] if outputs else ""
                self.attribute(_message(value), attributes, constant, depth)
        kind = "".join(self.names(data, 4)[:1])
        self.file.kinds.add(kind)
        return Operator(kind, domain, tuple(inputs), tuple(outputs), attributes)

    def attribute(
        self,
        data: memoryview,
        attributes: dict[str, int | str | tuple[int, ...]],
        constant: str,
        depth: int,
    ) -> None:
        name = "".join(self.names(data, 1)[:1])
        listed: list[int] = []
        for number, value in self.fields(data):
            if number == 3:
                attributes[name] = self.integers(value)[0]
            elif number == 4:
                attributes[name] = _text(value)
            elif number == 8:
                listed += self.integers(value)
            elif number in (5, 10):
                self.tensor(_message(value), depth, constant)
            elif number in (6, 11):
                self.graph(_message(value), depth + 1)
            elif number in (22, 23):
                self.sparse(_message(value), depth)
        if listed:
            attributes[name] = tuple(listed)


def parse(data: bytes, name: str) -> OnnxFile:
    """Reads an ONNX model; `name` is what messages call it.

    Raises ModelError if the bytes are no ONNX model or one of unreasonably many parts, if weights
    live in other files (which are never opened), if operators come from a domain that ONNX Runtime
    does not have, or if there are loops, whose time the file alone would decide.
    """
    reader = _Reader()
    try:
        reader.model(memoryview(data))
    except (ValueError, IndexError) as error:
        raise ModelError(f"{name}: not an ONNX model, or a damaged one ({error})") from None
    file = reader.file
    if not file.operators:
        raise ModelError(f"{name}: not an ONNX model (no operators in it)")
    if file.external:
        raise ModelError(f"{name}: keeps weights in external files; save it as a single file")
    foreign = sorted(file.domains - KNOWN_DOMAINS - file.functions)
    if foreign:
        raise ModelError(f"{name}: needs custom operators of {', '.join(foreign)}")
    loops = sorted(file.kinds & UNBOUNDED)
    if loops:
        raise ModelError(f"{name}: has loops ({', '.join(loops)}), which no SR network needs")
    return file
