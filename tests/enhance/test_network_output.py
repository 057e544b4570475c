"""From a network's result to detail: the bits of the same sums in NumPy, single precision."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from palantir import _core
from palantir.enhance.colour import halve_chroma, rgb_to_yuv, rgb_to_yuv_matrix
from palantir.media.colour import Colour

Float = NDArray[np.float32]
Fixed = NDArray[np.int16]
ONE = 1 << _core.FRACTION_BITS
LIMIT = 255 * ONE
SIZES = [(1, 1), (2, 3), (9, 16), (31, 67)]
COLOURS = [Colour("bt709", False), Colour("bt601", True)]


def result(channels: int, height: int, width: int) -> Float:
    """Some samples beyond 0 and 1."""
    random = np.random.default_rng(height * 100 + width)
    return random.uniform(-0.3, 1.3, (channels, height, width)).astype(np.float32)


def low(height: int, width: int) -> Fixed:
    return np.random.default_rng(5).integers(-300, LIMIT + 300, (height, width), np.int16)


def fixed(grey: Float, least: int = 0) -> Fixed:
    return np.clip(np.rint(grey * ONE), least, LIMIT).astype(np.int16)


@pytest.mark.parametrize("gain", [np.float32(1), np.float32(219 / 255), np.float32(255 / 219)])
@pytest.mark.parametrize(("height", "width"), SIZES)
def test_detail_is_numpys(gain: np.float32, height: int, width: int) -> None:
    whole = result(1, height + 3, width + 5) - np.float32(0.5)
    part = whole[0, 2 : 2 + height, 4 : 4 + width]
    found = _core.detail_of(whole, 4, 2, width, height, gain)
    np.testing.assert_array_equal(found, fixed(part * 255 / gain, -LIMIT))


def test_halves_are_rounded_to_even() -> None:
    steps = np.arange(-20, 20, 0.5).astype(np.float32)  # of 1/64 grey level, with this gain
    found = _core.detail_of(steps[None, None], 0, 0, len(steps), 1, 255 * 64)
    np.testing.assert_array_equal(found[0], np.rint(steps).astype(np.int16))


@pytest.mark.parametrize("gain", [np.float32(1), np.float32(255 / 219)])
@pytest.mark.parametrize(("height", "width"), SIZES)
def test_luma_is_numpys(gain: np.float32, height: int, width: int) -> None:
    whole, offset = result(1, height + 3, width + 5), np.float32(-16 * 255 / 219)
    found, base = low(height, width), low(height, width)
    _core.luma_less(whole, 5, 3, gain, offset, found)
    grey = (whole[0, 3:, 5:] * 255 - offset) / gain
    np.testing.assert_array_equal(found, fixed(grey) - base)


@pytest.mark.parametrize("colour", COLOURS)
@pytest.mark.parametrize(("height", "width"), SIZES)
def test_rgb_is_numpys(colour: Colour, height: int, width: int) -> None:
    """Chroma from an even place on; where it ends beyond the result, its last samples repeat."""
    whole = result(3, height + 4, width + 6)
    luma = low(height, width)
    halves = [low((height + 1) // 2 + 1, (width + 1) // 2 + 1) for _ in range(2)]
    base = [plane.copy() for plane in (luma, *halves)]
    _core.rgb_less(whole, *rgb_to_yuv_matrix(colour), (6, 4), (4, 2), luma, *halves)
    yuv = rgb_to_yuv(np.clip(whole, 0, 1), colour)
    np.testing.assert_array_equal(luma, fixed(yuv[0, 4:, 6:]) - base[0])
    for plane, found, before in zip(yuv[1:], halves, base[1:], strict=True):
        np.testing.assert_array_equal(found, fixed(halve_chroma(plane[2:, 4:])) - before)


def test_what_does_not_lie_in_the_result_is_refused() -> None:
    one, three, plane = result(1, 4, 6), result(3, 4, 6), low(4, 6)
    matrix = rgb_to_yuv_matrix(COLOURS[0])
    for x, y in ((1, 0), (0, 1), (-1, 0), (0, -1), (7, 0)):
        with pytest.raises(ValueError, match="6x4 samples does not lie"):
            _core.detail_of(one, x, y, 6, 4, 1)
        with pytest.raises(ValueError, match="6x4 samples does not lie"):
            _core.luma_less(one, x, y, 1, 0, plane)
        with pytest.raises(ValueError, match="6x4 samples does not lie"):
            _core.rgb_less(three, *matrix, (x, y), (0, 0), plane, low(2, 3), low(2, 3))
    for x, y in ((6, 0), (0, 4), (-1, 0)):
        with pytest.raises(ValueError, match="1x1 samples does not lie"):
            _core.rgb_less(three, *matrix, (0, 0), (x, y), plane, low(2, 3), low(2, 3))
    with pytest.raises(ValueError, match="U and V differ"):
        _core.rgb_less(three, *matrix, (0, 0), (0, 0), plane, low(2, 3), low(2, 2))
    with pytest.raises(ValueError, match="1 channels"):
        _core.detail_of(three, 0, 0, 6, 4, 1)
    with pytest.raises(ValueError, match="3x3"):
        _core.rgb_less(three, matrix[1][None], matrix[1], (0, 0), (0, 0), plane, plane, plane)
    with pytest.raises(TypeError):  # what would be written to a copy
        _core.luma_less(one, 0, 0, 1, 0, plane.astype(np.int32))
