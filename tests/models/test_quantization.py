"""int8 networks: near the float one, with its facts, and refusals in one line."""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from palantir.errors import ModelError
from palantir.models import Quantized, SRNetwork, network_load, quantize, shipped_model
from palantir.models.measure import measure_radius
from palantir.models.onnx_file import parse
from palantir.models.quantization import activation_ranges
from palantir.models.receptive_field import derive
from tests.models.small_networks import helper, model, numpy_helper, stack
from tests.models.test_network import assert_tiles_equal_frame, load, noise

Patches = list[NDArray[np.float32]]


def smooth(count: int, height: int = 40, width: int = 48) -> Patches:
    """Soft shapes with a little noise, as pictures have."""
    random = np.random.default_rng(5)
    y, x = np.mgrid[:height, :width] / 9
    patches = []
    for _ in range(count):
        phase, tilt = random.uniform(0, 6, 2)
        shape = 0.5 + 0.4 * np.sin(x + phase) * np.cos(y * tilt / 3)
        patch = shape + random.normal(0, 0.01, shape.shape)
        patches.append(patch.clip(0, 1).astype(np.float32)[None, None])
    return patches


@pytest.fixture(scope="module")
def shipped() -> SRNetwork:
    return SRNetwork.load(threads=1)


@pytest.fixture(scope="module")
def int8(
    shipped: SRNetwork, tmp_path_factory: pytest.TempPathFactory
) -> tuple[SRNetwork, Quantized]:
    path = tmp_path_factory.mktemp("int8") / "int8.onnx"
    result = quantize(shipped, smooth(8), path, fidelity=40, source="soft shapes")
    return SRNetwork.load(path, threads=1), result


def psnr(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    return float(-10 * np.log10(np.mean(np.square(one - other, dtype=np.float64))))


def test_every_convolution_is_8_bit_and_near_the_float_one(
    shipped: SRNetwork, int8: tuple[SRNetwork, Quantized]
) -> None:
    network, result = int8
    assert (result.convolutions, result.kept) == (8, ())
    judges = smooth(8)[3::4]
    found = np.concatenate([network.run(patch) for patch in judges])
    wanted = np.concatenate([shipped.run(patch) for patch in judges])
    assert result.fidelity == pytest.approx(psnr(found, wanted), abs=0.01)
    assert result.fidelity >= 40
    assert (found != wanted).any()


def test_facts_are_those_of_the_float_network_with_provenance(
    shipped: SRNetwork, int8: tuple[SRNetwork, Quantized]
) -> None:
    network, result = int8
    assert network.traits == shipped.traits
    notes = network.describe()["notes"]
    assert isinstance(notes, dict)
    before = shipped.describe()["notes"]
    assert isinstance(before, dict)
    assert before.items() <= notes.items()
    sha256 = hashlib.sha256(shipped_model().read_bytes()).hexdigest()
    assert sha256 in notes["quantised.from"]
    assert notes["quantised.calibration"].startswith("min-max of 6 patches of soft shapes")
    assert notes["quantised.float"] == "none"
    assert result.output.stat().st_size < shipped_model().stat().st_size / 3


def test_reach_and_cost_of_an_8_bit_network_are_seen_without_metadata(
    shipped: SRNetwork, int8: tuple[SRNetwork, Quantized]
) -> None:
    file = parse(int8[1].output.read_bytes(), "int8")
    assert "DequantizeLinear" in {operator.kind for operator in file.operators}
    footprint, macs = derive(file)
    assert (footprint.radius, macs) == (shipped.radius, shipped.macs_per_pixel)
    assert footprint.step * shipped.scale == 1
    assert measure_radius(int8[0].run, 1, 4) == shipped.radius
    assert file.parameters == pytest.approx(shipped.describe()["parameters"], abs=4)
    assert network_load(int8[1].output).radius == shipped.radius


def test_facts_that_were_found_out_are_written_down(tmp_path: Path) -> None:
    network = load(tmp_path, stack((3, 3), scale=3))
    assert network.describe()["notes"] == {}
    quantize(network, smooth(4), tmp_path / "out.onnx", fidelity=10)
    told = parse((tmp_path / "out.onnx").read_bytes(), "out").metadata
    assert (told["palantir.scale"], told["palantir.radius"]) == ("3", "2")
    assert (told["palantir.colour"], told["palantir.output"]) == ("luma", "picture")
    assert "palantir.halo" not in told  # the network's halo may change its default


def test_tiles_batches_and_threads_do_not_change_a_bit(int8: tuple[SRNetwork, Quantized]) -> None:
    network, result = int8
    assert_tiles_equal_frame(network)
    batch = noise(network, 3, 20, 24)
    single = np.concatenate([network.run(picture[None]) for picture in batch])
    np.testing.assert_array_equal(network.run(batch), single)
    two = SRNetwork.load(result.output, threads=2)
    np.testing.assert_array_equal(two.run(batch), single)


def outlier_network() -> bytes:
    """Features of very different size in one tensor: 8 bits for both lose the small ones."""
    gains = np.ones((4, 1, 1, 1), np.float32)
    gains[0] = 300
    mix = np.eye(4, dtype=np.float32)[:, :, None, None] / gains.reshape(1, 4, 1, 1)
    nodes = [
        helper.make_node("Conv", ["x", "gains"], ["a"]),
        helper.make_node("Conv", ["a", "mix"], ["b"], name="mix"),
        helper.make_node("DepthToSpace", ["b"], ["c"], blocksize=2),
        helper.make_node("Conv", ["c", "one"], ["y"], name="last"),
    ]
    weights = {"gains": gains, "mix": mix, "one": np.ones((1, 1, 1, 1), np.float32)}
    return model(nodes, [numpy_helper.from_array(w, name) for name, w in weights.items()])


def test_what_is_felt_most_stays_float_as_far_as_the_fidelity_needs(tmp_path: Path) -> None:
    network = load(tmp_path, outlier_network())
    coarse = quantize(network, smooth(8), tmp_path / "coarse.onnx", fidelity=10)
    fine = quantize(network, smooth(8), tmp_path / "fine.onnx", fidelity=45)
    assert coarse.kept == ()
    assert coarse.fidelity < 45 <= fine.fidelity
    assert 0 < len(fine.kept) < fine.convolutions == 3
    assert "last" not in fine.kept
    notes = SRNetwork.load(fine.output).describe()["notes"]
    assert isinstance(notes, dict)
    assert notes["quantised.float"].split() == list(fine.kept)


def test_a_few_large_values_of_the_result_do_not_make_all_of_it_coarse(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cross = np.array([[0, -1, 0], [-1, 4, -1], [0, -1, 0]], np.float32)[None, None]
    edges = helper.make_node("Conv", ["x", "cross"], ["y"], pads=[1, 1, 1, 1])
    network = load(tmp_path, model([edges], [numpy_helper.from_array(cross, "cross")]))
    patches = smooth(8, 256, 256)
    for patch in patches:
        patch[..., 100, 100] = 0.9
    clipped = quantize(network, patches, tmp_path / "clipped.onnx", fidelity=10)
    monkeypatch.setattr("palantir.models.quantization._SHARES", (1.0,))
    whole = quantize(network, patches, tmp_path / "whole.onnx", fidelity=10)
    assert clipped.fidelity > whole.fidelity + 0.1


@pytest.mark.parametrize("follows", ["Relu", "Conv", "ConvTranspose"])
def test_values_that_more_is_made_of_are_not_clipped(
    follows: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("palantir.models.quantization._SHARES", (0.6,))
    inputs = ["a"] if follows == "Relu" else ["a", "one"]
    nodes = [
        helper.make_node("Conv", ["x", "one"], ["a"]),
        helper.make_node(follows, inputs, ["y"]),
    ]
    weights = [numpy_helper.from_array(np.ones((1, 1, 1, 1), np.float32), "one")]
    patches = smooth(4)
    largest = max(patch.max() for patch in patches[:3])
    ranges = activation_ranges(load(tmp_path, model(nodes, weights)), patches)
    assert ranges["x"][1] == ranges["a"][1] == largest
    if follows == "Conv":
        assert ranges["y"][1] == pytest.approx(0.6 * largest)


def test_convolutions_that_share_weights_are_quantised_one_by_one(tmp_path: Path) -> None:
    pads = [1, 1, 1, 1]
    nodes = [
        helper.make_node("Conv", ["x", "mean"], ["a"], pads=pads),
        helper.make_node("Conv", ["a", "mean"], ["b"], pads=pads),
        helper.make_node("Conv", ["b", "mean"], ["y"], pads=pads),
    ]
    weights = [numpy_helper.from_array(np.full((1, 1, 3, 3), 0.1, np.float32), "mean")]
    network, output = load(tmp_path, model(nodes, weights)), tmp_path / "out.onnx"
    whole = quantize(network, smooth(4), output, fidelity=10)
    assert quantize(network, smooth(4), output, fidelity=whole.fidelity + 0.5).kept != ()
    assert SRNetwork.load(output).macs_per_pixel == network.macs_per_pixel == 27


def test_the_same_patches_give_the_same_file(tmp_path: Path) -> None:
    network = load(tmp_path, stack((3, 3)))
    files = [tmp_path / name for name in ("a.onnx", "b.onnx")]
    for file in files:
        quantize(network, smooth(4), file, fidelity=10)
    assert files[0].read_bytes() == files[1].read_bytes()


def test_progress_rises_to_a_hundred_percent(tmp_path: Path) -> None:
    heard: list[int] = []
    network = load(tmp_path, outlier_network())
    quantize(network, smooth(8), tmp_path / "o.onnx", fidelity=45, progress=heard.append)
    assert heard == sorted(heard)
    assert heard[-1] == 100


IDENTITY = helper.make_node("Identity", ["x"], ["y"])
OLD = helper.make_model(
    helper.make_graph([IDENTITY], "g", [helper.make_tensor_value_info("x", 1, ("n", 1, "h", "w"))],
                      [helper.make_tensor_value_info("y", 1, ("n", 1, "h", "w"))]),
    opset_imports=[helper.make_opsetid("", 12)], ir_version=7,
).SerializeToString()  # fmt: skip


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (model([IDENTITY], []), "no convolution to quantise"),
        (OLD, "opset 12; quantising takes 13 or later"),
        (stack((3, 3)), "no convolution can be 8-bit at 99 dB"),
    ],
)
def test_unsuitable_networks_are_refused_and_nothing_is_written(
    data: bytes, message: str, tmp_path: Path
) -> None:
    with pytest.raises(ModelError, match=message) as caught:
        quantize(load(tmp_path, data), smooth(4), tmp_path / "out.onnx", fidelity=99)
    assert "\n" not in str(caught.value)
    assert [path.name for path in tmp_path.iterdir()] == ["model.onnx"]


def test_a_quantised_network_is_not_quantised_again(
    int8: tuple[SRNetwork, Quantized], tmp_path: Path
) -> None:
    with pytest.raises(ModelError, match="quantised already"):
        quantize(int8[0], smooth(4), tmp_path / "out.onnx")


def test_too_few_patches_are_refused(shipped: SRNetwork, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="3 patches do not suffice"):
        quantize(shipped, smooth(3), tmp_path / "out.onnx")


def test_without_the_onnx_package_the_extra_is_named(
    shipped: SRNetwork, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(ModelError, match=r"pip install 'palantir-sr\[quantize\]'$"):
        quantize(shipped, smooth(4), tmp_path / "out.onnx")
