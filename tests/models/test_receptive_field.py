"""Derived reach and cost equal the hand-known ones, and cover what running the network shows."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from palantir.models import SRNetwork
from palantir.models.measure import measure_radius
from palantir.models.onnx_file import parse
from palantir.models.receptive_field import UnknownReachError, WholeFrameError, derive
from tests.models.small_networks import helper, model, numpy_helper, stack, weight


@pytest.mark.parametrize(
    ("data", "radius", "cost", "scale"),
    [
        (stack((3, 3)), 2, 9 * 4 + 9 * 16, 2),
        (stack((3, 5, 1), scale=3), 3, 9 * 4 + 25 * 16 + 4 * 9, 3),
        (stack((3, 3), dilation=3, scale=4), 6, 9 * 4 + 9 * 4 * 16, 4),
        (stack((7,), channels=3, scale=1), 3, 49 * 9, 1),
    ],
)
def test_conv_stacks(data: bytes, radius: int, cost: int, scale: int, tmp_path: Path) -> None:
    footprint, macs = derive(parse(data, "m"))
    assert (footprint.radius, macs, footprint.step * scale) == (radius, cost, Fraction(1))
    path = tmp_path / "m.onnx"
    path.write_bytes(data)
    network = SRNetwork.load(path, threads=1)
    channels = 1 if network.colour == "luma" else 3
    assert measure_radius(network.run, channels, scale) == radius


def test_convolutions_behind_the_upscaling_count_in_lr_pixels() -> None:
    nodes = [
        helper.make_node("Conv", ["x", "w"], ["a"], pads=[1] * 4),
        helper.make_node("DepthToSpace", ["a"], ["b"], blocksize=4),
        helper.make_node("Conv", ["b", "v"], ["y"], pads=[3] * 4),
    ]
    weights = [weight("w", 16, 1, 3, 3), weight("v", 1, 1, 7, 7)]
    footprint, macs = derive(parse(model(nodes, weights), "m"))
    assert footprint.radius == 2  # 1, and 3/4 rounded up
    assert macs == 9 * 16 + 49 * 16


def test_branches_join_at_the_wider_reach() -> None:
    nodes = [
        helper.make_node("Conv", ["x", "w"], ["a"], pads=[2] * 4),
        helper.make_node("Conv", ["x", "v"], ["b"], pads=[1] * 4),
        helper.make_node("Concat", ["a", "b"], ["c"], axis=1),
        helper.make_node("DepthToSpace", ["c"], ["y"], blocksize=2),
    ]
    weights = [weight("w", 2, 1, 5, 5), weight("v", 2, 1, 3, 3)]
    assert derive(parse(model(nodes, weights), "m"))[0].radius == 2


def test_lopsided_padding_widens_one_side() -> None:
    nodes = [helper.make_node("Conv", ["x", "w"], ["y"], pads=[0, 2, 2, 0])]
    footprint, _ = derive(parse(model(nodes, [weight("w", 1, 1, 3, 3)]), "m"))
    none, two = Fraction(0), Fraction(2)
    assert (footprint.before, footprint.after) == ((none, two), (two, none))


def test_bicubic_skip_by_a_power_of_two_has_a_reach() -> None:
    scales = numpy_helper.from_array(np.array([1, 1, 4, 4], np.float32), "s")
    nodes = [helper.make_node("Resize", ["x", "", "s"], ["y"], mode="cubic")]
    assert derive(parse(model(nodes, [scales]), "m"))[0].radius == 2


@pytest.mark.parametrize(
    "node",
    [
        helper.make_node("GlobalAveragePool", ["x"], ["y"]),
        helper.make_node("Conv", ["x", "w"], ["y"], strides=[2, 2], pads=[1] * 4),
        helper.make_node("Resize", ["x", "", "thirds"], ["y"], mode="linear"),
    ],
)
def test_what_spans_or_depends_on_position_needs_whole_frames(node: object) -> None:
    thirds = numpy_helper.from_array(np.array([1, 1, 3, 3], np.float32), "thirds")
    with pytest.raises(WholeFrameError):
        derive(parse(model([node], [weight("w", 1, 1, 3, 3), thirds]), "m"))


def test_operators_may_stand_in_any_order() -> None:
    nodes = [
        helper.make_node("DepthToSpace", ["a"], ["y"], blocksize=2),
        helper.make_node("Conv", ["x", "w"], ["a"], pads=[2] * 4),
    ]
    footprint, macs = derive(parse(model(nodes, [weight("w", 4, 1, 5, 5)]), "m"))
    assert (footprint.radius, macs) == (2, 100)


def test_operators_in_a_circle_are_not_followed() -> None:
    nodes = [
        helper.make_node("Add", ["x", "b"], ["a"]),
        helper.make_node("Relu", ["a"], ["b"]),
        helper.make_node("Identity", ["b"], ["y"]),
    ]
    with pytest.raises(UnknownReachError, match="circle"):
        derive(parse(model(nodes, []), "m"))


def test_unfollowed_operators_are_said_to_be_unknown() -> None:
    node = helper.make_node("LRN", ["x"], ["y"], size=3)
    with pytest.raises(UnknownReachError):
        derive(parse(model([node], []), "m"))
