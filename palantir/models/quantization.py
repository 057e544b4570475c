"""int8 networks: static QDQ quantisation by ONNX Runtime's quantiser, on a stream's own patches.

Convolutions become 8-bit, activations unsigned with one scale a tensor, weights signed with one a
channel; everything between them stays float. Ranges are those of the tensors' values; only what the
last convolutions give may be clipped, where that rounds the result more finely. The choices were
made by measurement (`python -m bench network`). Where rounding costs more than asked for, the
convolutions whose rounding is felt most in the result stay float too.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from palantir.errors import ModelError
from palantir.files import atomic_write
from palantir.models.network import SRNetwork
from palantir.models.session import in_one_line, open_session

__all__ = ["DEFAULT_FIDELITY", "Quantized", "activation_ranges", "quantize"]

Patch = NDArray[np.float32]
Progress = Callable[[int], None]  # percent done

DEFAULT_FIDELITY = 55.0  # dB: takes 0.1 dB from a result of 38 dB
NOTES = "quantised."
_OLDEST_OPSET = 13  # scales by channel
_KINDS = ("Conv", "Relu")  # a ReLU costs nothing where the convolution before it is 8-bit
_SHARES = (1.0, 0.85, 0.7, 0.55)  # of the range of what the last convolutions give
_QUANTIZED = ("QuantizeLinear", "QLinearConv", "ConvInteger", "DynamicQuantizeLinear")


@dataclass(frozen=True)
class Quantized:
    """What came of quantising a network.

    output        the file written
    fidelity      PSNR of its result against the float network's, dB, 1 being the peak; on the
                  patches that it was not calibrated on
    convolutions  how many there are
    kept          names of those that stayed float
    """

    output: Path
    fidelity: float
    convolutions: int
    kept: tuple[str, ...]


def quantize(
    network: SRNetwork,
    patches: Sequence[Patch],
    output: str | os.PathLike[str],
    *,
    fidelity: float = DEFAULT_FIDELITY,
    source: str = "",
    progress: Progress = lambda percent: None,
) -> Quantized:
    """Write an int8 form of `network`, calibrated on `patches`.

    network   a float network, loaded from its file
    patches   at least 4 of what it takes, float32 [1, c, h, w] in 0..1; each fourth is not
              calibrated on but judges the result
    fidelity  dB; convolutions stay float until the result is as good as this (see `Quantized`)
    source    of the patches, for the notes in the file
    progress  hears how many percent of the work are done

    Raises ModelError where the onnx package is missing, where the network cannot be quantised (no
    convolution, quantised already, opset below 13), or where not one convolution can be 8-bit at
    this fidelity; OSError where the file cannot be written.
    """
    with _one_line_errors(network.path):
        work = _Quantizer(network, patches, progress)
        kept, model, reached = work.search(fidelity)
        note = f"min-max of {work.calibrating} patches" + (f" of {source}" if source else "")
        if work.share < 1:
            note += f", times {work.share:g} for the last convolutions' result"
        _annotate(model, network, {"calibration": note, "float": " ".join(kept) or "none"})
    atomic_write(output, model.SerializeToString(deterministic=True))
    return Quantized(Path(output), reached, len(work.convolutions), tuple(kept))


def activation_ranges(
    network: SRNetwork, patches: Sequence[Patch]
) -> dict[str, tuple[float, float]]:
    """What 8 bits reach from and to in each tensor that `quantize`, with these patches, rounds.

    Raises ModelError as `quantize` does.
    """
    with _one_line_errors(network.path):
        return _Quantizer(network, patches).ranges()


class _Quantizer:
    """One network on its way, calibrated; steps of progress are patches and trial models."""

    def __init__(
        self,
        network: SRNetwork,
        patches: Sequence[Patch],
        progress: Progress = lambda percent: None,
    ) -> None:
        if len(patches) < 4:
            raise ModelError(f"{len(patches)} patches do not suffice to calibrate; take 4 or more")
        calibrating = [patch for index, patch in enumerate(patches) if index % 4 != 3]
        self.calibrating = len(calibrating)
        self._network, self._judges, self._progress = network, patches[3::4], progress
        self._wanted = [network.run(patch) for patch in self._judges]
        self._float = _named(_load(network.path), network.path)
        nodes = self._float.graph.node
        self.convolutions = [node.name for node in nodes if node.op_type == "Conv"]
        if not self.convolutions:
            raise ModelError(f"{network.path}: has no convolution to quantise")
        self._others = [node.name for node in nodes if node.op_type in _KINDS[1:]]
        trials = len(_SHARES) + 2 * len(self.convolutions)
        self._steps, self._done = self.calibrating + trials, 0
        self._ranges = self._extremes(calibrating)
        self.share = self._clip()

    def ranges(self) -> dict[str, tuple[float, float]]:
        """Of every tensor at the end of a convolution or a ReLU; zero is in each."""
        found = {}
        for name, tensor in self._ranges.items():
            low, high = tensor.range_value
            found[name] = min(0.0, low.item()), max(0.0, high.item())
        return found

    def _extremes(self, patches: Sequence[Patch]) -> Any:
        """Least and largest value of every tensor at a convolution's or ReLU's ends."""
        from onnxruntime.quantization import CalibrationMethod, create_calibrator

        with tempfile.TemporaryDirectory() as folder:
            plain = Path(folder, "float.onnx")
            plain.write_bytes(self._float.SerializeToString())
            calibrator = create_calibrator(
                plain,
                list(_KINDS),
                augmented_model_path=str(Path(folder, "calibrated.onnx")),
                calibrate_method=CalibrationMethod.MinMax,
            )
            calibrator.collect_data(_Reader(self._network.input, patches, self._step))
            return calibrator.compute_data()

    def search(self, fidelity: float) -> tuple[list[str], Any, float]:
        """The float convolutions, the model, and its fidelity; as few float as that needs."""
        model, reached = self._trial(self.convolutions)
        kept: list[str] = []
        if reached < fidelity:
            order, errors = self._by_harm()
            few = _fewest(errors, fidelity)
            for count in range(few, len(order)):
                kept = order[:count]
                model, reached = self._trial(order[count:])
                if reached >= fidelity:
                    break
            else:
                best = -10 * np.log10(errors[-1])
                raise ModelError(
                    f"{self._network.path}: no convolution can be 8-bit at {fidelity:g} dB; "
                    f"the least harmful one alone gives {best:.1f} dB"
                )
        self._progress(100)
        return kept, model, reached

    def _clip(self) -> float:
        """Draw in the range of what the last convolutions give, where that helps; to which share.

        Its large values are few, and clipping them is felt only in themselves. Of the convolutions
        before, clipping is felt in all that follows, and loses.
        """
        last = _last_convolutions(self._float.graph)
        if not last:
            return 1.0
        whole = {tensor: self._ranges[tensor].range_value for tensor in last.values()}
        reached = {}
        for share in _SHARES:
            self._set_ranges(whole, share)
            reached[share] = self._trial(list(last))[1]
        best = max(_SHARES, key=lambda share: reached[share])
        self._set_ranges(whole, best)
        return best

    def _set_ranges(self, ranges: Mapping[str, tuple[Any, Any]], share: float) -> None:
        """The given ranges, times `share`."""
        for tensor, (low, high) in ranges.items():
            self._ranges[tensor].lowest = low * np.float32(share)
            self._ranges[tensor].highest = high * np.float32(share)

    def _by_harm(self) -> tuple[list[str], list[float]]:
        """The convolutions, most harmful first, and the mean squared error of each alone."""
        harm = {}
        for name in self.convolutions:
            harm[name] = 10 ** (-self._trial([name])[1] / 10)
        order = sorted(harm, key=lambda name: -harm[name])
        return order, [harm[name] for name in order]

    def _trial(self, convolutions: list[str]) -> tuple[Any, float]:
        """The model with these convolutions in 8 bits, and its fidelity."""
        model = self._quantized(convolutions)
        session = open_session(model.SerializeToString(), str(self._network.path), threads=0)
        squared = pixels = 0.0
        for patch, wanted in zip(self._judges, self._wanted, strict=True):
            (found,) = session.run(None, {self._network.input: patch})
            squared += float(np.square(found - wanted, dtype=np.float64).sum())
            pixels += wanted.size
        self._step()
        return model, float(-10 * np.log10(max(squared / pixels, 1e-12)))

    def _quantized(self, convolutions: list[str]) -> Any:
        from onnx import ModelProto
        from onnxruntime.quantization import QDQQuantizer, QuantType

        copy = ModelProto()
        copy.CopyFrom(self._float)
        # In order: per channel, reduced range, types, ranges, nodes taken and left, operators.
        quantizer = QDQQuantizer(
            copy, True, False, QuantType.QInt8, QuantType.QUInt8, self._ranges,
            [*convolutions, *self._others], [], list(_KINDS), {},
        )  # fmt: skip
        quantizer.quantize_model()
        quantizer.model.topological_sort()
        return quantizer.model.model

    def _step(self) -> None:
        self._done = min(self._done + 1, self._steps)
        self._progress(100 * self._done // self._steps)


class _Reader:
    """Patches as ONNX Runtime's calibrator asks for them."""

    def __init__(self, name: str, patches: Sequence[Patch], step: Callable[[], None]) -> None:
        self._name, self._patches, self._step = name, iter(patches), step

    def get_next(self) -> dict[str, Patch] | None:
        patch = next(self._patches, None)
        if patch is None:
            return None
        self._step()
        return {self._name: patch}


def _load(path: Path) -> Any:
    try:
        import onnx
    except ImportError:
        raise ModelError(
            "quantising needs the onnx package: pip install 'palantir-sr[quantize]'"
        ) from None
    return onnx.load(path)


def _named(model: Any, path: Path) -> Any:
    """The model, every node with a name of its own; refused where it cannot be quantised."""
    opset = max((o.version for o in model.opset_import if o.domain in ("", "ai.onnx")), default=0)
    if any(node.op_type in _QUANTIZED for node in model.graph.node):
        raise ModelError(f"{path}: is quantised already")
    if opset < _OLDEST_OPSET:
        raise ModelError(f"{path}: has opset {opset}; quantising takes {_OLDEST_OPSET} or later")
    taken: set[str] = set()
    for index, node in enumerate(model.graph.node):
        if not node.name or node.name in taken:
            node.name = f"{node.op_type}.{index}:{node.output[0]}"
        taken.add(node.name)
    _unshare(model.graph)
    return model


def _unshare(graph: Any) -> None:
    """Copy weights that convolutions share: some of them may become 8-bit, others not."""
    weights = {weight.name: weight for weight in graph.initializer}
    taken: set[str] = set()
    for node in graph.node:
        for index, name in enumerate(node.input):
            if node.op_type == "Conv" and name in weights and name in taken:
                own = graph.initializer.add()
                own.CopyFrom(weights[name])
                own.name = node.input[index] = f"{name}:{node.name}.{index}"
            taken.add(name)


def _last_convolutions(graph: Any) -> dict[str, str]:
    """Those that no other one, transposed or not, nor a ReLU follows, and what each gives."""
    last: dict[str, str] = {}
    followed: set[str] = set()  # tensors that one of these is made of
    for node in reversed(graph.node):  # of what comes before them, ONNX says
        before = not followed.isdisjoint(node.output)
        if node.op_type == "Conv" and not before:
            last[node.name] = node.output[0]
        if before or node.op_type in (*_KINDS, "ConvTranspose"):
            followed.update(node.input)
    return last


def _fewest(errors: Sequence[float], fidelity: float) -> int:
    """How many, at least one, to leave out until the rest add up to an error this small."""
    allowed = 10 ** (-fidelity / 10)
    rest = np.cumsum(errors[::-1])[::-1]
    return max(1, int(np.count_nonzero(rest > allowed)))


def _annotate(model: Any, network: SRNetwork, notes: dict[str, str]) -> None:
    """The float network's metadata and traits, and where the int8 one comes from."""
    import onnxruntime
    from onnx import helper

    entries = {entry.key: entry.value for entry in model.metadata_props}
    entries.pop("onnx.infer", None)  # the quantiser's own
    entries |= network.traits.found()
    sha256 = hashlib.sha256(network.path.read_bytes()).hexdigest()
    told = {
        "from": f"{network.path.name}, SHA-256 {sha256}",
        "by": f"ONNX Runtime {onnxruntime.__version__}, U8S8, weights per channel",
        **notes,
    }
    helper.set_model_props(model, {**entries, **{NOTES + key: text for key, text in told.items()}})


@contextmanager
def _one_line_errors(path: Path) -> Iterator[None]:
    """What the quantiser cannot do, as a ModelError."""
    try:
        yield
    except (ModelError, MemoryError, OSError):
        raise
    except Exception as error:  # onnx and ONNX Runtime have no common base for theirs
        raise ModelError(f"{path}: cannot be quantised: {in_one_line(error)}") from None
