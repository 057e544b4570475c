"""A filter bank's classes and pixels equal numpy_filters.py, bit for bit."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from palantir import _core
from palantir.codec import CodedFrame
from palantir.enhance.reuse import DetailReuse
from palantir.errors import ModelError
from palantir.models.filter_bank import FilterBank
from tests.enhance import numpy_filters
from tests.enhance.detail_chain import POOL

SIZES = [(1, 1), (1, 9), (8, 1), (2, 3), (5, 7), (33, 50)]


def pictures(height: int, width: int) -> list[NDArray[np.uint8]]:
    """Noise of several strengths, edges in all directions, and nothing at all."""
    lots = np.random.default_rng(height * 100 + width)
    noise = lots.integers(0, 256, (height, width))
    y, x = np.indices((height, width))
    edges = [255 * (a * x + b * y > 3 * (a + b)) for a, b in ((1, 0), (0, 1), (2, 1), (-1, 2))]
    faint = [noise // strength for strength in (8, 32, 100)]
    return [one.astype(np.uint8) for one in (noise, *faint, *edges, 0 * noise + 77)]


def weights(scale: int, most: int) -> NDArray[np.int16]:
    lots = np.random.default_rng(scale)
    return lots.integers(-most, most + 1, (112, 24, scale, scale)).astype(np.int16)


@pytest.mark.parametrize(("height", "width"), SIZES)
def test_classes_equal_numpy(height: int, width: int) -> None:
    for plane in pictures(height, width):
        np.testing.assert_array_equal(_core.filter_classes(plane), numpy_filters.classes(plane))


def test_every_strength_and_octant_occurs() -> None:
    lots = np.random.default_rng(1)
    steps = [lots.integers(0, 2**bits, (64, 64)) for bits in range(1, 9)]
    seen = {
        int(one) for step in steps for one in np.unique(_core.filter_classes(step.astype(np.uint8)))
    }
    y, x = np.indices((64, 64))
    for angle in np.linspace(0, 2 * np.pi, 33):
        for slope in (1, 2, 5, 10, 20, 40, 90):
            ramp = slope * (x * np.cos(angle) + y * np.sin(angle))
            seen |= set(np.unique(_core.filter_classes((ramp % 256).astype(np.uint8))).tolist())
    assert {one // 14 for one in seen} == set(range(8))
    assert {one // 2 % 7 for one in seen} == set(range(7))
    assert {one % 2 for one in seen} == {0, 1}
    assert max(seen) < 112


@pytest.mark.parametrize("scale", [2, 3, 4])
@pytest.mark.parametrize("most", [100, 4096])
@pytest.mark.parametrize(("height", "width"), SIZES)
def test_pixels_equal_numpy(scale: int, most: int, height: int, width: int) -> None:
    filters = weights(scale, most)
    bank = _core.FilterBank(filters)
    assert bank.scale == scale
    for plane in pictures(height, width):
        np.testing.assert_array_equal(bank.upscale(plane), numpy_filters.upscale(plane, filters))


def test_filters_of_nothing_repeat_pixels() -> None:
    plane = pictures(9, 13)[0]
    repeated = plane.repeat(3, 0).repeat(3, 1).astype(np.int16) << _core.FRACTION_BITS
    bank = _core.FilterBank(np.zeros((112, 24, 3, 3), np.int16))
    np.testing.assert_array_equal(bank.upscale(plane), repeated)


def test_a_strided_plane_is_upscaled_alike() -> None:
    wide, bank = pictures(33, 50)[0], _core.FilterBank(weights(2, 200))
    part = wide[3:30, 5:40]
    np.testing.assert_array_equal(bank.upscale(part), bank.upscale(part.copy()))


@pytest.mark.parametrize("threads", [2, 3])
def test_threads_change_nothing(rich_frames: list[CodedFrame], threads: int) -> None:
    bank, frame = _core.FilterBank(weights(4, 100)), rich_frames[0].native
    alone = _core.render_detail(frame, None, 4, POOL, 1, bank)
    shared = _core.render_detail(frame, None, 4, POOL, threads, bank)
    for one, other in zip(alone, shared, strict=True):
        np.testing.assert_array_equal(one, other)


def test_chroma_stays_as_it_is(rich_frames: list[CodedFrame]) -> None:
    frame, bank = rich_frames[0].native, _core.FilterBank(weights(3, 90))
    plain = _core.render_detail(frame, None, 3, POOL)
    filtered = _core.render_detail(frame, None, 3, POOL, 1, bank)
    same = [np.array_equal(*planes) for planes in zip(plain, filtered, strict=True)]
    assert same == [False, True, True]


@pytest.mark.parametrize("scale", [1, 2, 4])
def test_filters_of_another_scale_are_refused(rich_frames: list[CodedFrame], scale: int) -> None:
    frame, filters = rich_frames[0].native, weights(3, 90)
    with pytest.raises(ValueError, match=f"filters for x3, not x{scale}"):
        _core.render_detail(frame, None, scale, POOL, 1, _core.FilterBank(filters))
    with pytest.raises(ModelError, match=f"filters for x3, not x{scale}"):
        DetailReuse(scale, 2.0, filters=FilterBank(filters))


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ((112, 24, 1, 1), "scale of 2..4"),
        ((112, 24, 5, 5), "scale of 2..4"),
        ((112, 24, 2, 3), "scale, scale"),
        ((111, 24, 2, 2), "112, 24"),
        ((112, 25, 2, 2), "112, 24"),
        ((112, 24, 4), "112, 24"),
    ],
)
def test_other_shapes_are_refused(shape: tuple[int, ...], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        _core.FilterBank(np.zeros(shape, np.int16))


@pytest.mark.parametrize("weight", [4097, -4097, -32768])
def test_weights_beyond_the_bound_are_refused(weight: int) -> None:
    filters = weights(2, 10)
    filters[111, 23, 1, 1] = weight
    with pytest.raises(ValueError, match="beyond 4096"):
        _core.FilterBank(filters)


def test_an_empty_plane_is_refused() -> None:
    empty = np.zeros((0, 4), np.uint8)
    with pytest.raises(ValueError, match="empty"):
        _core.FilterBank(weights(2, 10)).upscale(empty)
    with pytest.raises(ValueError, match="empty"):
        _core.filter_classes(empty)
