"""Scale, receptive field and cost of a network, derived from its operators, without running it.

Each tensor with the picture's axes has a footprint: how far, in LR pixels, one of its samples can
see up, left, down and right, and how many LR pixels apart its samples lie.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from graphlib import CycleError, TopologicalSorter
from math import ceil, prod

from palantir.models.onnx_file import OnnxFile, Operator

__all__ = ["Footprint", "UnknownReachError", "WholeFrameError", "derive"]

# fmt: off
POINTWISE = frozenset((
    "Abs", "Add", "BatchNormalization", "Cast", "Ceil", "Celu", "Clip", "DequantizeLinear", "Div",
    "Dropout", "Elu", "Erf", "Exp", "Floor", "Gelu", "HardSigmoid", "HardSwish", "Identity",
    "LeakyRelu", "Log", "Max", "Mean", "Min", "Mish", "Mul", "Neg", "PRelu", "Pow",
    "QuantizeLinear", "Reciprocal", "Relu", "Round", "Selu", "Sigmoid", "Sign", "Softplus",
    "Softsign", "Sqrt", "Sub", "Sum", "Swish", "Tanh", "ThresholdedRelu",
))
GLOBAL = frozenset((
    "GlobalAveragePool", "GlobalMaxPool", "GlobalLpPool", "InstanceNormalization",
    "GroupNormalization", "DynamicQuantizeLinear",
))
# fmt: on
WEIGHTS_AT = {"Conv": 1, "ConvInteger": 1, "QLinearConv": 3, "ConvTranspose": 1}
_SHAPE_KEPT = ("DequantizeLinear", "QuantizeLinear", "Identity")  # weights pass through them
RESIZE_REACH = {"nearest": 1, "linear": 1, "cubic": 2}


class UnknownReachError(Exception):
    """An operator whose reach cannot be told from the file alone."""


class WholeFrameError(Exception):
    """Every output pixel may depend on the whole frame, or on where a tile begins."""


@dataclass(frozen=True)
class Footprint:
    """`step` LR pixels from sample to sample; reach in LR pixels, on each axis (y, x)."""

    step: Fraction = Fraction(1)
    before: tuple[Fraction, Fraction] = (Fraction(0), Fraction(0))
    after: tuple[Fraction, Fraction] = (Fraction(0), Fraction(0))

    def widened(self, before: tuple[int, ...], after: tuple[int, ...]) -> Footprint:
        """Seeing `before` and `after` more samples of this tensor."""
        return Footprint(
            self.step,
            (self.before[0] + before[0] * self.step, self.before[1] + before[1] * self.step),
            (self.after[0] + after[0] * self.step, self.after[1] + after[1] * self.step),
        )

    def finer(self, factor: int) -> Footprint:
        """Of a tensor with `factor` times the samples on each axis."""
        return Footprint(self.step / factor, self.before, self.after)

    @property
    def radius(self) -> int:
        """Whole LR pixels of halo that hold everything a sample sees."""
        return max(0, ceil(max(*self.before, *self.after)))


def _joined(footprints: list[Footprint]) -> Footprint:
    if len({footprint.step for footprint in footprints}) != 1:
        raise UnknownReachError("tensors of different sizes meet")
    before = [max(f.before[axis] for f in footprints) for axis in (0, 1)]
    after = [max(f.after[axis] for f in footprints) for axis in (0, 1)]
    return Footprint(footprints[0].step, (before[0], before[1]), (after[0], after[1]))


def _pair(operator: Operator, name: str, default: int) -> tuple[int, ...]:
    value = operator.attributes.get(name, (default, default))
    if not isinstance(value, tuple) or len(value) < 2:
        raise UnknownReachError(f"{operator.kind} with an odd {name}")
    return value


def _window(operator: Operator, source: Footprint, kernel: tuple[int, ...]) -> Footprint:
    """A sliding window: Conv, or a pool."""
    if set(_pair(operator, "strides", 1)) != {1}:
        raise WholeFrameError("a stride ties tiles to a raster")
    dilation = _pair(operator, "dilations", 1)
    span = tuple((size - 1) * gap for size, gap in zip(kernel, dilation, strict=True))
    automatic = operator.attributes.get("auto_pad", "NOTSET")
    if automatic == "SAME_UPPER":
        pads = tuple(reach // 2 for reach in span)
    elif automatic == "SAME_LOWER":
        pads = tuple((reach + 1) // 2 for reach in span)
    else:
        pads = _pair(operator, "pads", 0)[:2] if automatic == "NOTSET" else (0, 0)
    return source.widened(pads, (span[0] - pads[0], span[1] - pads[1]))


def _transposed(operator: Operator, source: Footprint, kernel: tuple[int, ...]) -> Footprint:
    strides = set(_pair(operator, "strides", 1))
    if len(strides) != 1:
        raise UnknownReachError("ConvTranspose with different strides")
    stride = strides.pop()
    reach = tuple(ceil((size - 1) / stride) for size in kernel)
    return source.widened(reach, reach).finer(stride)


def _resized(operator: Operator, source: Footprint, file: OnnxFile) -> Footprint:
    scales = file.floats.get(operator.inputs[2], ()) if len(operator.inputs) > 2 else ()
    mode = operator.attributes.get("mode", "nearest")
    reach = RESIZE_REACH.get(str(mode))
    if len(scales) != 4 or reach is None or scales[:2] != (1, 1) or scales[2] != scales[3]:
        raise UnknownReachError("Resize by factors that are not in the file")
    if scales[2] not in (1, 2, 4, 8):
        raise WholeFrameError("Resize by other factors than powers of two rounds by position")
    return source.widened((reach, reach), (reach, reach)).finer(int(scales[2]))


def _apply(operator: Operator, sources: list[Footprint], file: OnnxFile) -> Footprint:
    kind = operator.kind
    source = _joined(sources)
    if kind in GLOBAL:
        raise WholeFrameError(f"{kind} spans the frame")
    if kind in POINTWISE or (kind == "Concat" and operator.attributes.get("axis") == 1):
        return source
    if kind in WEIGHTS_AT:
        kernel = file.shapes.get(operator.inputs[WEIGHTS_AT[kind]], ())[2:]
        if len(kernel) != 2:
            raise UnknownReachError(f"{kind} with computed weights")
        return (_transposed if kind == "ConvTranspose" else _window)(operator, source, kernel)
    if kind in ("AveragePool", "MaxPool"):
        return _window(operator, source, _pair(operator, "kernel_shape", 1))
    if kind == "DepthToSpace":
        return source.finer(int(str(operator.attributes.get("blocksize", 1))))
    if kind == "Resize":
        return _resized(operator, source, file)
    if kind == "Split" and operator.attributes.get("axis") == 1:
        return source
    raise UnknownReachError(f"{kind} is not followed")


def _cost(operator: Operator, source: Footprint, file: OnnxFile) -> Fraction:
    """Multiply-accumulates per LR pixel of one convolution (stride 1, or transposed)."""
    if operator.kind not in WEIGHTS_AT:
        return Fraction(0)
    return prod(file.shapes[operator.inputs[WEIGHTS_AT[operator.kind]]]) / source.step**2


def _in_order(operators: list[Operator]) -> list[Operator]:
    """Each after those it takes from, which quantisers do not see to."""
    makers = {name: index for index, one in enumerate(operators) for name in one.outputs if name}
    graph = {
        index: [makers[name] for name in one.inputs if name in makers]
        for index, one in enumerate(operators)
    }
    try:
        return [operators[index] for index in TopologicalSorter(graph).static_order()]
    except CycleError:
        raise UnknownReachError("operators that take from each other in a circle") from None


def derive(file: OnnxFile) -> tuple[Footprint, int]:
    """The output's footprint (scale = 1 / step) and multiply-accumulates per LR pixel.

    Counted are convolutions; element-wise work is not. Raises UnknownReachError where an
    operator is not followed and WholeFrameError where tiles cannot equal a full frame.
    """
    picture = {name: Footprint() for name in file.inputs if name not in file.shapes}
    cost = Fraction(0)
    shapes = dict(file.shapes)
    file = replace(file, shapes=shapes)
    for operator in _in_order(file.operators):
        if operator.kind in _SHAPE_KEPT and operator.inputs[0] in shapes:
            shapes[operator.outputs[0]] = shapes[operator.inputs[0]]
            continue
        sources = [picture[name] for name in operator.inputs if name in picture]
        if sources:
            result = _apply(operator, sources, file)
            cost += _cost(operator, sources[0], file)
            picture.update(dict.fromkeys(operator.outputs, result))
    if file.outputs[0] not in picture:
        raise UnknownReachError("the output does not follow from the input")
    return picture[file.outputs[0]], round(cost)
