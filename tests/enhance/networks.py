"""Small networks for the tests beside this, written with the onnx package and loaded as ours."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from palantir.models import SRNetwork
from tests.models.small_networks import helper, model, numpy_helper

__all__ = ["convolutions", "identity", "silent"]


def _save(folder: Path, name: str, data: bytes) -> SRNetwork:
    path = folder / f"{name}.onnx"
    path.write_bytes(data)
    return SRNetwork.load(path, threads=1)


def _metadata(output: str, value_range: str) -> dict[str, str]:
    return {"palantir.output": output, "palantir.range": value_range}


def _copies(scale: int, channels: int, gain: float = 1) -> NDArray[np.float32]:
    """A 1x1 kernel: with DepthToSpace behind it each pixel becomes scale x scale like it."""
    each = gain * np.eye(channels, dtype=np.float32)
    return np.tile(each, (scale * scale, 1))[:, :, None, None]


def convolutions(
    folder: Path, scale: int, channels: int, *, output: str = "picture", value_range: str = "full"
) -> SRNetwork:
    """Nearest upscaling plus three random convolutions: a picture that leaves 0..1 a little.

    With "detail" the random part alone. Receptive-field radius 3.
    """
    random = np.random.default_rng(10 * scale + channels)
    sizes = [channels, 6, 6, channels * scale * scale]
    nodes, source = [], "x"
    weights = [numpy_helper.from_array(_copies(scale, channels), "copies")]
    for i in range(3):
        shape = (sizes[i + 1], sizes[i], 3, 3)
        values = random.normal(0, 0.6 / np.sqrt(9 * sizes[i]), shape).astype(np.float32)
        weights.append(numpy_helper.from_array(values, f"w{i}"))
        nodes.append(helper.make_node("Conv", [source, f"w{i}"], [f"c{i}"], pads=[1] * 4))
        nodes.append(helper.make_node("Tanh", [f"c{i}"], [f"t{i}"]))
        source = f"t{i}"
    if output == "picture":
        nodes.append(helper.make_node("Conv", ["x", "copies"], ["copied"]))
        nodes.append(helper.make_node("Add", ["copied", source], ["sum"]))
        source = "sum"
    nodes.append(helper.make_node("DepthToSpace", [source], ["y"], blocksize=scale))
    told = _metadata(output, value_range)
    data = model(nodes, weights, ("n", channels, "h", "w"), metadata=told)
    return _save(folder, f"net{scale}{channels}{output}{value_range}", data)


def _pointwise(folder: Path, name: str, scale: int, gain: float, output: str) -> SRNetwork:
    nodes: list[Any] = [
        helper.make_node("Conv", ["x", "w"], ["c"]),
        helper.make_node("DepthToSpace", ["c"], ["y"], blocksize=scale),
    ]
    weights = [numpy_helper.from_array(_copies(scale, 1, gain), "w")]
    return _save(folder, name, model(nodes, weights, metadata=_metadata(output, "limited")))


def identity(folder: Path) -> SRNetwork:
    """Scale 1: gives back the luma picture it takes."""
    return _pointwise(folder, "identity", 1, 1.0, "picture")


def silent(folder: Path, scale: int) -> SRNetwork:
    """A detail network that adds nothing."""
    return _pointwise(folder, f"silent{scale}", scale, 0.0, "detail")
