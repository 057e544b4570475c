"""Loading and running networks: facts told or found, tiles equal to frames, errors in one line."""

from __future__ import annotations

import json
import platform
import subprocess
import sys
import tracemalloc
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
from numpy.typing import NDArray

from palantir.errors import ModelError
from palantir.models import NetworkLoad, SRNetwork, network_load, processor, shipped_model
from palantir.models.measure import measure_radius
from palantir.models.onnx_file import parse
from palantir.models.receptive_field import derive
from tests.data_folder import SPAN, needs_data
from tests.models.small_networks import (
    TensorProto,
    helper,
    model,
    numpy_helper,
    stack,
    weight,
)

MAX_SHIPPED_BYTES = 500_000  # together


def load(tmp_path: Path, data: bytes) -> SRNetwork:
    path = tmp_path / "model.onnx"
    path.write_bytes(data)
    return SRNetwork.load(path, threads=1)


def noise(network: SRNetwork, batch: int, height: int, width: int) -> NDArray[np.float32]:
    channels = 1 if network.colour == "luma" else 3
    random = np.random.default_rng(11)
    return random.random((batch, channels, height, width), dtype=np.float32)


def assert_tiles_equal_frame(network: SRNetwork, height: int = 61, width: int = 83) -> None:
    """Tiles with a halo of `radius` give the bits of the whole frame, at any place and size."""
    scale, radius = network.scale, network.radius
    assert radius is not None
    frame = noise(network, 1, height, width)
    whole = network.run(frame)
    for top, left, rows, columns in (
        (0, 0, 16, 20), (0, 60, 20, 23), (45, 3, 16, 80), (20, 30, 1, 1), (17, 21, 31, 13),
    ):  # fmt: skip
        y, x = max(0, top - radius), max(0, left - radius)
        tile = network.run(frame[:, :, y : top + rows + radius, x : left + columns + radius])
        y, x = (top - y) * scale, (left - x) * scale
        inner = tile[:, :, y : y + rows * scale, x : x + columns * scale]
        top, left, rows, columns = (value * scale for value in (top, left, rows, columns))
        np.testing.assert_array_equal(inner, whole[:, :, top : top + rows, left : left + columns])


def test_facts_are_found_without_metadata(tmp_path: Path) -> None:
    luma = load(tmp_path, stack((3, 3), scale=2))
    assert (luma.scale, luma.colour, luma.output, luma.range) == (2, "luma", "picture", "limited")
    assert (luma.radius, luma.macs_per_pixel) == (2, 180)
    rgb = load(tmp_path, stack((3,), scale=3, channels=3))
    assert (rgb.scale, rgb.colour, rgb.range, rgb.radius) == (3, "rgb", "full", 1)


def test_metadata_is_believed_where_it_cannot_be_checked(tmp_path: Path) -> None:
    told = {"output": "detail", "range": "full", "radius": "5", "macs_per_pixel": "7"}
    metadata = {f"palantir.{key}": value for key, value in told.items()}
    network = load(tmp_path, stack(metadata=metadata))
    assert (network.output, network.range) == ("detail", "full")
    assert (network.radius, network.macs_per_pixel) == (5, 7)


def test_the_halo_is_the_radius_or_four_unless_told(tmp_path: Path) -> None:
    assert load(tmp_path, stack((3, 3), scale=2)).halo == 2
    far = stack((3, 9), scale=2)
    assert (load(tmp_path, far).radius, load(tmp_path, far).halo) == (5, 4)
    assert load(tmp_path, stack((3, 3), scale=2, metadata={"palantir.halo": "7"})).halo == 7
    network = SRNetwork.load(tmp_path / "model.onnx", halo=0)
    assert (network.radius, network.halo, network.describe()["halo"]) == (2, 0, 0)


def test_a_halo_below_zero_is_refused(tmp_path: Path) -> None:
    for refused in (SRNetwork.load, network_load):
        for halo in cast("list[int]", [-1, 2.5, float("nan"), True]):
            with pytest.raises(ModelError, match=f"a halo of {halo} pixels is none"):
                refused(halo=halo)


def test_results_of_another_size_are_refused(tmp_path: Path) -> None:
    pool = helper.make_node("AveragePool", ["x"], ["p"], kernel_shape=[2, 2], strides=[2, 2])
    back = helper.make_node("Resize", ["p", "", "twice"], ["y"], mode="nearest")
    twice = numpy_helper.from_array(np.array([1, 1, 2, 2], np.float32), "twice")
    told = {"palantir.radius": "1"}
    network = load(tmp_path, model([pool, back], [twice], metadata=told))
    assert network.run(np.zeros((1, 1, 4, 6), np.float32)).shape == (1, 1, 4, 6)
    with pytest.raises(ModelError, match=r"gives 6x4 pixels for 7x5"):
        network.run(np.zeros((1, 1, 5, 7), np.float32))


def test_a_network_over_the_whole_frame_has_no_radius(tmp_path: Path) -> None:
    nodes = [
        helper.make_node("GlobalAveragePool", ["x"], ["mean"]),
        helper.make_node("Sub", ["x", "mean"], ["y"]),
    ]
    network = load(tmp_path, model(nodes, []))
    assert (network.radius, network.halo) == (None, None)


def test_a_reach_the_operators_do_not_tell_is_measured(tmp_path: Path) -> None:
    pads = helper.make_tensor("pads", TensorProto.INT64, [8], [0, 0, 2, 2, 0, 0, 2, 2])
    nodes = [
        helper.make_node("Pad", ["x", "pads"], ["padded"], mode="reflect"),
        helper.make_node("Conv", ["padded", "w"], ["y"]),
    ]
    network = load(tmp_path, model(nodes, [pads, weight("w", 1, 1, 5, 5)]))
    assert (network.radius, network.macs_per_pixel) == (2, None)


@pytest.mark.parametrize("threads", [1, 2])
def test_tiles_equal_the_frame_bit_for_bit(threads: int) -> None:
    assert_tiles_equal_frame(SRNetwork.load(threads=threads))


def test_a_batch_equals_its_pictures_bit_for_bit(tmp_path: Path) -> None:
    fixed = load(tmp_path, stack(shape=(1, 1, "h", "w")))
    for network in (SRNetwork.load(threads=1), fixed):
        batch = noise(network, 3, 20, 24)
        single = np.concatenate([network.run(picture[None]) for picture in batch])
        np.testing.assert_array_equal(network.run(batch), single)


def test_threads_do_not_change_a_bit() -> None:
    one, two = SRNetwork.load(threads=1), SRNetwork.load(threads=2)
    frame = noise(one, 1, 70, 90)
    np.testing.assert_array_equal(one.run(frame), two.run(frame))


@pytest.mark.parametrize("scale", [2, 4])
def test_the_shipped_networks_are_what_they_say(scale: int) -> None:
    network = SRNetwork.load(threads=1, scale=scale)
    assert (network.scale, network.colour, network.output) == (scale, "luma", "detail")
    file = parse(shipped_model(scale).read_bytes(), "shipped")
    footprint, macs = derive(file)
    assert (network.radius, network.macs_per_pixel) == (footprint.radius, macs)
    assert measure_radius(network.run, 1, scale) == network.radius
    assert {operator.kind for operator in file.operators} <= {"Conv", "Relu", "Add", "DepthToSpace"}


def test_the_shipped_networks_are_small_and_there_are_no_others() -> None:
    sizes = [shipped_model(scale).stat().st_size for scale in (2, 4)]
    assert sum(sizes) < MAX_SHIPPED_BYTES
    assert len(list(shipped_model().parent.iterdir())) == len(sizes)
    with pytest.raises(ModelError, match="no network is shipped for x3: there are x2 and x4"):
        SRNetwork.load(scale=3)


@pytest.mark.parametrize("scale", [2, 4])
def test_the_shipped_networks_add_nothing_to_flat_grey(scale: int) -> None:
    flat = np.full((1, 1, 40, 40), 120 / 255, np.float32)
    inner = slice(10 * scale, -10 * scale)  # zeros lie around
    middle = SRNetwork.load(threads=1, scale=scale).run(flat)[..., inner, inner]
    assert np.abs(middle * 255).max() < 1.0


@pytest.mark.parametrize("scale", [2, 4])
def test_describe_is_json_with_provenance(scale: int) -> None:
    facts = json.loads(json.dumps(SRNetwork.load(scale=scale).describe()))
    assert facts["parameters"] < 70_000
    assert "CC-BY-3.0" in facts["notes"]["training.sources"]


@needs_data
def test_span() -> None:
    network = SRNetwork.load(SPAN)
    assert (network.scale, network.colour, network.output) == (4, "rgb", "picture")
    assert network.macs_per_pixel == 130_234
    measured = measure_radius(network.run, 3, 4)
    assert measured is not None
    assert network.radius is not None
    assert measured <= network.radius
    assert_tiles_equal_frame(network)
    assert network.run(noise(network, 2, 16, 16)).shape == (2, 3, 64, 64)


def test_the_load_is_that_of_the_loaded_network_without_the_runtime(tmp_path: Path) -> None:
    shipped = SRNetwork.load(threads=1)
    assert network_load() == NetworkLoad(8, 4, shipped.macs_per_pixel)
    path = tmp_path / "model.onnx"
    path.write_bytes(stack((3, 3), scale=2))
    assert network_load(path) == NetworkLoad(radius=2, halo=2, macs_per_pixel=180)
    told = {"palantir.radius": "5", "palantir.macs_per_pixel": "7"}
    path.write_bytes(stack((3, 3), scale=2, metadata=told))
    assert network_load(path) == NetworkLoad(radius=5, halo=4, macs_per_pixel=7)
    assert network_load(path, 9).halo == 9
    check = (
        f"import sys; from palantir.models import network_load; network_load({str(path)!r});"
        "assert 'onnxruntime' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", check], check=True)


def test_a_load_that_only_running_could_tell_is_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    magic = helper.make_node("Magic", ["x"], ["y"])
    path.write_bytes(model([magic], []))
    with pytest.raises(ModelError, match=r"^[^\n]*model.onnx: [^\n]*palantir\.radius$"):
        network_load(path)
    whole = helper.make_node("GlobalAveragePool", ["x"], ["y"])
    path.write_bytes(model([whole], []))
    assert network_load(path) == NetworkLoad(None, None, None)
    assert network_load(path, 9) == NetworkLoad(None, 9, None)
    path.write_bytes(b"no network")
    with pytest.raises(ModelError, match="not an ONNX model"):
        network_load(path)
    with pytest.raises(ModelError, match="No such file"):
        network_load(tmp_path / "none.onnx")


IDENTITY = helper.make_node("Identity", ["x"], ["y"])
HALVING = helper.make_node("MaxPool", ["x"], ["y"], kernel_shape=[2, 2], strides=[2, 2])
HOSTILE: dict[str, tuple[bytes, str]] = {
    "text": (b"not a network\n", "not an ONNX model"),
    "empty": (b"", "not an ONNX model"),
    "truncated": (stack()[:-90], "ONNX"),
    "fixed size": (stack(shape=("n", 1, 64, 48)), "fixed at 48x64"),
    "channels": (model([IDENTITY], [], ("n", 4, "h", "w")), "takes 4 channels"),
    "rank": (model([IDENTITY], [], (1, "h", "w")), "rank 3"),
    "batch": (model([IDENTITY], [], (2, 1, "h", "w")), "batch is fixed at 2"),
    "double": (model([IDENTITY], [], element=TensorProto.DOUBLE), r"takes tensor\(double\)"),
    "float16": (model([IDENTITY], [], element=TensorProto.FLOAT16), r"takes tensor\(float16\)"),
    "bytes": (model([IDENTITY], [], element=TensorProto.UINT8), r"takes tensor\(uint8\)"),
    "scale 5": (stack(scale=5), "scales by 5"),
    "half": (model([HALVING], []), "scales by 0.5"),
    "missing weight": (model([helper.make_node("Add", ["x", "gone"], ["y"])], []), "refuses it"),
    "no such operator": (model([helper.make_node("Magic", ["x"], ["y"])], []), "refuses it"),
    "wrong scale": (stack(metadata={"palantir.scale": "4"}), "marked scale 4 but scales by 2"),
    "wrong colour": (stack(metadata={"palantir.colour": "rgb"}), "marked rgb"),
    "wrong word": (stack(metadata={"palantir.output": "soup"}), "'soup', not picture or detail"),
    "wrong number": (stack(metadata={"palantir.radius": "-1"}), "'-1', not a number"),
    "colour lost": (
        model([helper.make_node("ReduceMean", ["x"], ["y"], axes=[1])], [], ("n", 3, "h", "w")),
        "gives 1 channels for 3",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", HOSTILE)
def test_unusable_files_are_refused_in_one_line(case: str, tmp_path: Path, capfd: Any) -> None:
    data, message = HOSTILE[case]
    with pytest.raises(ModelError, match=message) as caught:
        load(tmp_path, data)
    assert "\n" not in str(caught.value)
    assert str(tmp_path / "model.onnx") in str(caught.value)
    assert capfd.readouterr() == ("", "")


def test_external_data_is_refused_though_it_is_there(tmp_path: Path) -> None:
    onnx = pytest.importorskip("onnx")
    path = tmp_path / "model.onnx"
    proto = onnx.ModelProto.FromString(stack())
    onnx.save(proto, path, save_as_external_data=True, location="w.bin", size_threshold=0)
    with pytest.raises(ModelError, match="keeps weights in external files"):
        SRNetwork.load(path)


def test_missing_files_and_folders_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="No such file"):
        SRNetwork.load(tmp_path / "none.onnx")
    with pytest.raises(ModelError, match="Is a directory"):
        SRNetwork.load(tmp_path)


def test_a_missing_provider_is_named_with_those_there_are() -> None:
    for name in ("TPUExecutionProvider", "tpu"):
        with pytest.raises(ModelError, match=rf"{name}: not in this build.* has .*cpu$"):
            SRNetwork.load(providers=["cpu", name])
    with pytest.raises(ModelError, match="none given"):
        SRNetwork.load(providers=[])


@pytest.mark.parametrize("name", ["cpu", "CPU", "CPUExecutionProvider"])
def test_providers_have_short_names(name: str) -> None:
    network = SRNetwork.load(providers=[name], threads=1)
    assert network.describe()["providers"] == ["CPUExecutionProvider"]


def test_a_provider_that_does_not_start_is_an_error_not_the_cpu(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ONNX Runtime's own answer is a session on the CPU, as it is without the driver of a GPU."""
    runtime = pytest.importorskip("onnxruntime")
    start = runtime.InferenceSession

    cache = tmp_path / "cache"
    monkeypatch.setenv("PALANTIR_GRAPH_CACHE", str(cache))

    def fall_back(data: bytes, options: Any, providers: list[str]) -> Any:
        assert providers == ["CUDAExecutionProvider"]
        return start(data, options, providers=["CPUExecutionProvider"])

    there = ["CUDAExecutionProvider", "CPUExecutionProvider"]
    monkeypatch.setattr(runtime, "get_available_providers", lambda: there)
    monkeypatch.setattr(runtime, "InferenceSession", fall_back)
    with pytest.raises(ModelError, match=r"CUDAExecutionProvider: .*does not start"):
        SRNetwork.load(providers=["cuda"])
    assert list(cache.iterdir()) == []


def test_weights_of_half_precision_are_run_between_float32_ends(tmp_path: Path) -> None:
    """As converters write them; reach and cost are those of the float network."""
    half = numpy_helper.from_array(np.linspace(-1, 1, 36).reshape(4, 1, 3, 3).astype("f2"), "w")
    nodes = [
        helper.make_node("Cast", ["x"], ["narrow"], to=TensorProto.FLOAT16),
        helper.make_node("Conv", ["narrow", "w"], ["c"], pads=[1, 1, 1, 1]),
        helper.make_node("DepthToSpace", ["c"], ["d"], blocksize=2),
        helper.make_node("Cast", ["d"], ["y"], to=TensorProto.FLOAT),
    ]
    network = load(tmp_path, model(nodes, [half]))
    assert (network.scale, network.radius, network.macs_per_pixel) == (2, 1, 36)
    whole = numpy_helper.from_array(numpy_helper.to_array(half).astype("f4"), "w")
    nodes[1].input[0], nodes[2].output[0] = "x", "y"
    exact = load(tmp_path, model(nodes[1:3], [whole]))
    picture = noise(network, 1, 20, 24)
    np.testing.assert_allclose(network.run(picture), exact.run(picture), rtol=0, atol=0.01)


@pytest.mark.parametrize(
    ("flags", "exact"),
    [("fpu avx2 avx512f", "1"), ("fpu avx512_vnni", "0"), ("fpu avx2 avx_vnni", "0")],
)
def test_8_bit_products_are_asked_to_be_exact_where_the_cpu_lacks_vnni(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, flags: str, exact: str
) -> None:
    """There ONNX Runtime by itself lets them saturate; elsewhere asking costs several times."""
    runtime = pytest.importorskip("onnxruntime")
    facts = tmp_path / "cpuinfo"
    facts.write_text(f"processor\t: 0\nflags\t\t: {flags}\n")
    monkeypatch.setattr(processor, "_FACTS", facts)
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")
    monkeypatch.setenv("PALANTIR_GRAPH_CACHE", str(tmp_path / "cache"))
    start, asked = runtime.InferenceSession, []

    def noted(data: bytes, options: Any, providers: list[str]) -> Any:
        asked.append(options.get_session_config_entry("session.x64quantprecision"))
        return start(data, options, providers=providers)

    monkeypatch.setattr(runtime, "InferenceSession", noted)
    SRNetwork.load(threads=1)
    assert asked == [exact, exact]  # to make the optimised graph, and to run it


def test_8_bit_products_are_asked_to_be_exact_where_the_cpu_is_not_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processor, "_FACTS", tmp_path / "none")
    monkeypatch.setattr(platform, "machine", lambda: "AMD64")
    assert processor.saturates()
    monkeypatch.setattr(platform, "machine", lambda: "arm64")
    assert not processor.saturates()


def test_a_warm_up_runs_the_size_once(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[tuple[int, ...]] = []
    run = SRNetwork.run

    def noted(self: SRNetwork, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        sizes.append(batch.shape)
        return run(self, batch)

    monkeypatch.setattr(SRNetwork, "run", noted)
    SRNetwork.load(threads=1)
    before = len(sizes)
    SRNetwork.load(threads=1, warm_up=(34, 21))
    assert sizes[2 * before :] == [(1, 1, 34, 21)]


def test_too_few_channels_at_run_time_is_an_error_of_the_model() -> None:
    with pytest.raises(ModelError, match="fails on a 1x3x8x8 input"):
        SRNetwork.load(threads=1).run(np.zeros((1, 3, 8, 8), np.float32))


def test_a_file_of_more_than_512_mib_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "huge.onnx"
    with path.open("wb") as file:
        file.truncate(2**29 + 1)
    tracemalloc.start()
    with pytest.raises(ModelError, match="536870913 bytes; models up to 536870912 are read"):
        SRNetwork.load(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2**20


def test_importing_the_room_does_not_import_the_runtime() -> None:
    heavy = {"onnxruntime", "torch", "onnx"}
    check = f"import sys, palantir.models; assert not {heavy} & {{*sys.modules}}"
    subprocess.run([sys.executable, "-c", check], check=True)
