"""Networks by name: what they compute, what their ONNX form computes and says of itself."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")
onnx = pytest.importorskip("onnx")

from palantir.errors import ModelError  # noqa: E402
from palantir.models import SRNetwork, shipped_model  # noqa: E402
from palantir.models.architectures import (  # noqa: E402
    NETWORKS,
    PlainStack,
    TorchNetwork,
    create_network,
    export,
    take_weights,
    to_onnx,
)
from palantir.models.architectures.edge_oriented import EDGES, EdgeOrientedConv  # noqa: E402
from palantir.models.onnx_file import parse  # noqa: E402
from palantir.models.receptive_field import derive  # noqa: E402

ALL = [
    (name, tail, scale)
    for name, tails in NETWORKS.items()
    for tail, scale in product(tails, (2, 3, 4))
]


def shaken(name: str, scale: int, tail: str = "sub-pixel") -> TorchNetwork:
    """A network of which every weight matters."""
    torch.manual_seed(3)
    network = create_network(name, scale, tail)
    with torch.no_grad():
        for weight in network.parameters():
            weight.add_(0.02 * torch.randn_like(weight))
    return network


def result_of(network: TorchNetwork, batch: np.ndarray) -> np.ndarray:
    with torch.inference_mode():
        return np.asarray(network(torch.from_numpy(batch)).numpy())


@pytest.mark.parametrize(("name", "tail", "scale"), ALL)
def test_the_exported_model_computes_what_torch_computes(
    name: str, tail: str, scale: int, tmp_path: Path
) -> None:
    network = shaken(name, scale, tail)
    export(network, tmp_path / "model.onnx", {"training.sources": "none"})
    loaded = SRNetwork.load(tmp_path / "model.onnx", threads=1)
    batch = np.random.default_rng(0).random((2, network.channels, 13, 17), dtype=np.float32)
    expected = result_of(network, batch)
    assert expected.std() > 0.05
    np.testing.assert_allclose(loaded.run(batch), expected, atol=1e-4)
    told = loaded.traits
    assert (told.scale, told.colour, told.output) == (scale, network.colour, network.output)
    assert loaded.describe()["notes"] == {
        "network": f"{name}, {tail} tail",
        "training.sources": "none",
    }


@pytest.mark.parametrize(("name", "tail", "scale"), ALL)
def test_the_told_cost_is_that_of_the_operators(name: str, tail: str, scale: int) -> None:
    model = to_onnx(create_network(name, scale, tail), {})
    footprint, macs = derive(parse(model.SerializeToString(), name))
    assert macs == create_network(name, scale, tail).macs_per_pixel
    assert 1 / footprint.step == scale


@pytest.mark.parametrize(("name", "tail"), [("m4c16", "sub-pixel"), ("nas", "sub-pixel"),
                                            ("nas", "transposed")])  # fmt: skip
def test_pixels_within_the_radius_matter_and_no_others(name: str, tail: str) -> None:
    network = shaken(name, 3, tail).double()
    size = 2 * network.radius + 3
    seen = torch.rand(1, network.channels, size, size, dtype=torch.float64, requires_grad=True)
    middle = 3 * (size // 2)
    network(seen)[..., middle : middle + 3, middle : middle + 3].sum().backward()
    assert seen.grad is not None
    felt = (seen.grad != 0).any(dim=1)[0].numpy()
    assert not felt[[0, -1]].any()
    assert not felt[:, [0, -1]].any()
    assert felt[1:-1].any(axis=1).all()
    assert felt[:, 1:-1].any(axis=0).all()


@pytest.mark.parametrize("name", ["m10c32", "m6c32", "m4c16"])
def test_light_networks_are_made_of_four_operators(name: str) -> None:
    kinds = {node.op_type for node in to_onnx(create_network(name), {}).graph.node}
    assert kinds == {"Conv", "Relu", "Add", "DepthToSpace"}


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_untrained_networks_upscale_plainly(scale: int) -> None:
    picture = torch.rand(1, 3, 12, 10)
    wanted = torch.nn.functional.interpolate(picture, scale_factor=scale, mode="bilinear")
    inner = (..., slice(scale, -scale), slice(scale, -scale))  # grey lies around, not the edge
    for tail in ("sub-pixel", "transposed"):
        found = result_of(create_network("nas", scale, tail), picture.numpy())
        np.testing.assert_allclose(found[inner], wanted[inner], atol=1e-5)
    assert np.abs(result_of(create_network("m4c16", scale), picture[:, :1].numpy())).max() < 1e-6


def test_an_edge_oriented_convolution_is_the_sum_of_its_branches() -> None:
    layer = EdgeOrientedConv(3, 5)
    with torch.no_grad():
        for weight in layer.parameters():
            weight.normal_()
    x, convolve = torch.randn(2, 3, 9, 8), torch.nn.functional.conv2d
    expected = convolve(x, layer.plain, layer.bias, padding=1)
    expected += convolve(convolve(x, layer.expand[:, :, None, None]), layer.squeeze, padding=1)
    for edge, point, gain in zip(EDGES, layer.point, layer.gain, strict=True):
        masks = torch.tensor(edge).float().expand(5, 1, 3, 3) * gain[:, None, None, None]
        expected += convolve(convolve(x, point[:, :, None, None]), masks, padding=1, groups=5)
    torch.testing.assert_close(layer(x), expected, rtol=1e-4, atol=1e-4)


def test_every_branch_learns() -> None:
    layer = EdgeOrientedConv(3, 5)
    layer(torch.randn(1, 3, 9, 8)).square().sum().backward()
    assert all(weight.grad.abs().max() > 0 for weight in layer.parameters())


@pytest.mark.parametrize("name", ["m6c32", "m10c32"])
def test_the_shipped_weights_begin_a_network_of_its_depth_or_more(name: str) -> None:
    network = create_network(name)
    take_weights(network, shipped_model())
    batch = np.random.default_rng(1).random((1, 1, 20, 24), dtype=np.float32)
    expected = SRNetwork.load(threads=1).run(batch)
    assert expected.std() > 0.005
    np.testing.assert_allclose(result_of(network, batch), expected, atol=1e-5)


def test_weights_for_another_scale_begin_all_but_the_tail() -> None:
    network = create_network("m10c32", 2)
    take_weights(network, shipped_model())
    same = create_network("m10c32", 4)
    take_weights(same, shipped_model())
    torch.testing.assert_close(network.body[2].kernel(), same.body[2].kernel())
    batch = np.random.default_rng(1).random((1, 1, 9, 8), dtype=np.float32)
    assert np.abs(result_of(network, batch)).max() < 1e-6


@pytest.mark.parametrize(("name", "tail"), [("nas", "transposed"), ("m4c16", "sub-pixel")])
def test_weights_survive_a_file(name: str, tail: str, tmp_path: Path) -> None:
    network, other = shaken(name, 2, tail), create_network(name, 2, tail)
    export(network, tmp_path / "model.onnx", {})
    take_weights(other, tmp_path / "model.onnx")
    batch = np.random.default_rng(1).random((1, network.channels, 9, 8), dtype=np.float32)
    np.testing.assert_allclose(result_of(other, batch), result_of(network, batch), atol=1e-5)


def test_weights_of_another_shape_are_refused(tmp_path: Path) -> None:
    for name, scale in (("m4c16", 4), ("nas", 4), ("m4c16", 2)):
        with pytest.raises(ModelError, match=f"are no {name} x{scale}"):
            take_weights(create_network(name, scale), shipped_model())
    with pytest.raises(ModelError, match=r"no\.onnx: No such file"):
        take_weights(create_network("m4c16"), tmp_path / "no.onnx")
    (tmp_path / "text.onnx").write_text("text")
    with pytest.raises(ModelError, match=r"text\.onnx: no ONNX model"):
        take_weights(create_network("m4c16"), tmp_path / "text.onnx")


def test_export_is_deterministic() -> None:
    network = PlainStack(4, channels=8, depth=2)
    first, second = (to_onnx(network, {"b": "2", "a": "1"}) for _ in range(2))
    serialized = [model.SerializeToString(deterministic=True) for model in (first, second)]
    assert serialized[0] == serialized[1]


@pytest.mark.parametrize(
    ("name", "scale", "tail", "reason"),
    [("m9c9", 4, "sub-pixel", "there are m10c32"), ("m4c16", 4, "transposed", "has no tail"),
     ("nas", 5, "sub-pixel", "there are 2, 3 and 4")],
)  # fmt: skip
def test_what_there_is_not_is_named(name: str, scale: int, tail: str, reason: str) -> None:
    with pytest.raises(ModelError, match=reason):
        create_network(name, scale, tail)
