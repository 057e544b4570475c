"""Fitting with rounding in the loop computes what the int8 file will, and learns from that."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
from numpy.typing import NDArray

torch = pytest.importorskip("torch")
pytest.importorskip("onnx")

from palantir.models import SRNetwork, quantize  # noqa: E402
from palantir.models.architectures import (  # noqa: E402
    NASNetwork,
    PlainStack,
    TorchNetwork,
    export,
)
from palantir.models.quantization import activation_ranges  # noqa: E402
from palantir.train.fit import FitSettings, fit  # noqa: E402
from palantir.train.rounded import Rounded  # noqa: E402
from palantir.train.validate import mean_psnr  # noqa: E402
from tests.train.clips import rings  # noqa: E402

Patch = NDArray[np.float32]


def network_of(kind: str) -> TorchNetwork:
    torch.manual_seed(2)
    network: TorchNetwork = PlainStack(2, channels=8, depth=3)
    if kind != "stack":
        tail: Literal["sub-pixel", "transposed"]
        tail = "transposed" if kind == "transposed" else "sub-pixel"
        network = NASNetwork(2, tail, channels=8, blocks=2)
    with torch.no_grad():
        for weights in network.parameters():
            weights.add_(0.03 * torch.randn_like(weights))
    return network


def patches_of(network: TorchNetwork) -> list[Patch]:
    lr = rings(8, network.channels).lr[0]
    return [frame[None].astype(np.float32) / 255 for frame in lr]


def psnr(one: Patch, other: Patch) -> float:
    return float(-10 * np.log10(np.mean(np.square(one - other, dtype=np.float64))))


@pytest.mark.parametrize("kind", ["stack", "sub-pixel", "transposed"])
def test_it_computes_what_the_int8_file_computes(kind: str, tmp_path: Path) -> None:
    network = network_of(kind)
    patches = patches_of(network)
    export(network, tmp_path / "float.onnx", {})
    plain = SRNetwork.load(tmp_path / "float.onnx", threads=1)
    made = quantize(plain, patches, tmp_path / "int8.onnx", fidelity=20)
    assert made.kept == ()
    rounded = Rounded(network, activation_ranges(plain, patches))
    eight, found = SRNetwork.load(made.output, threads=1).run(patches[3]), rounded.infer(patches[3])
    assert psnr(found, eight) > made.fidelity + 6  # sums in another order turn over some values
    assert psnr(network.infer(patches[3]), eight) < made.fidelity + 3


def test_weights_are_fitted_for_what_rounding_makes_of_them(tmp_path: Path) -> None:
    pair = rings()
    network = PlainStack(4, channels=8, depth=2)
    settings = FitSettings(steps=80, batch=4, patch=16, learning_rate=3e-3, threads=1, patience=1)
    fit(network, [pair], [pair], settings, tmp_path / "float.checkpoint")
    coarse = {
        name: (8 * low, 8 * high) for name, (low, high) in ranges_of(network, tmp_path).items()
    }
    rounded = Rounded(network, coarse)
    _, before = mean_psnr(rounded.infer, "detail", pair)
    settings = replace(settings, learning_rate=3e-4, robust=0.0)
    fit(rounded, [pair], [pair], settings, tmp_path / "int8.checkpoint")
    _, after = mean_psnr(Rounded(network, coarse).infer, "detail", pair)
    assert after > before + 0.1


def ranges_of(network: TorchNetwork, folder: Path) -> dict[str, tuple[float, float]]:
    export(network, folder / "float.onnx", {})
    return activation_ranges(SRNetwork.load(folder / "float.onnx"), patches_of(network))
