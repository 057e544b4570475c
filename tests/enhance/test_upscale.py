"""The plain upscalers and `compose`, against floating-point NumPy."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from palantir import _core
from palantir.train.bicubic import upscale_luma

ONE = 1 << _core.FRACTION_BITS
SIZES = [(1, 1), (1, 7), (5, 1), (2, 2), (13, 9), (31, 64)]


def bicubic(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Keys' kernel with a = -3/4."""
    x = np.abs(x)
    near = 1.25 * x**3 - 2.25 * x**2 + 1
    far = -0.75 * x**3 + 3.75 * x**2 - 6 * x + 3
    return np.where(x < 1, near, np.where(x < 2, far, 0))


def bilinear(x: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.maximum(0, 1 - np.abs(x)))


KERNELS = {"bicubic": bicubic, "bilinear": bilinear}
NAMES = [*KERNELS, "sharp"]


def enlarge(signal: NDArray[np.float64], scale: int, kernel: str) -> NDArray[np.float64]:
    """Along the first axis: centres aligned, the ends repeated far beyond any kernel's reach."""
    padded = np.pad(signal, ((4, 4), (0, 0)), mode="edge")
    position = (np.arange(len(signal) * scale) + 0.5) / scale - 0.5
    return KERNELS[kernel](position[:, None] - np.arange(-4, len(signal) + 4)) @ padded


def tolerance(scale: int) -> float:
    """Grey levels. Two roundings to 1/64; thirds are not multiples of the weights' 1/2048."""
    return (0.25 if scale == 3 else 0) + 1.25 / ONE


def noise(height: int, width: int) -> NDArray[np.uint8]:
    """Only 0 and 255 in half of the pixels, where overshoot is largest."""
    random = np.random.default_rng(height * 100 + width)
    plane = random.integers(0, 256, (height, width))
    extreme = random.integers(0, 2, (height, width)) * 255
    return np.where(random.random((height, width)) < 0.5, plane, extreme).astype(np.uint8)


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("scale", [1, 2, 3, 4])
@pytest.mark.parametrize(("height", "width"), SIZES)
def test_equals_the_kernel(kernel: str, scale: int, height: int, width: int) -> None:
    plane = noise(height, width)
    expected = enlarge(enlarge(plane.astype(float), scale, kernel).T, scale, kernel).T
    native = _core.upscale(plane, scale, kernel)
    assert native.shape == (height * scale, width * scale)
    np.testing.assert_allclose(native / ONE, expected, rtol=0, atol=tolerance(scale))


@pytest.mark.parametrize("scale", [2, 3, 4])
@pytest.mark.parametrize(("height", "width"), SIZES)
def test_sharp_upscaling_is_one_kernel_both_ways(scale: int, height: int, width: int) -> None:
    """What a single bright sample becomes tells the kernel."""
    line = np.zeros((1, 13), np.uint8)
    line[0, 6] = 255
    response = _core.upscale(line, scale, "sharp")[0] / (255 * ONE)

    def enlarged(signal: NDArray[np.float64]) -> NDArray[np.float64]:
        padded = np.pad(signal, ((6, 6), (0, 0)), mode="edge")
        out = np.zeros((len(signal) * scale, signal.shape[1]))
        for k, row in enumerate(padded):
            for at, weight in enumerate(response):
                if 0 <= (y := (k - 12) * scale + at) < len(out):
                    out[y] += weight * row
        return out

    plane = noise(height, width)
    expected = enlarged(enlarged(plane.astype(float)).T).T
    native = _core.upscale(plane, scale, "sharp")
    np.testing.assert_allclose(native / ONE, expected, rtol=0, atol=0.1)


@pytest.mark.parametrize(
    ("scale", "phases"),
    [
        (2, [[45, -142, 452, 2021, -464, 136]]),
        (3, [[67, -222, 717, 1830, -489, 145], [80, -221, 2330, -221, 80, 0]]),
        (4, [[80, -267, 854, 1718, -479, 142], [-5, 17, 57, 2260, -407, 126]]),
    ],
)
def test_sharp_upscaling_has_the_fitted_taps(scale: int, phases: list[list[int]]) -> None:
    """As `python -m palantir.train.upscaler` prints them, in 1/2048."""
    line = np.zeros((1, 13), np.uint8)
    line[0, 6] = 255
    response = _core.upscale(line, scale, "sharp")[0].astype(int)
    for phase, taps in enumerate(phases):
        last = 2 if 2 * phase + 1 == scale else 3  # LR samples from the first tap on
        seen = [response[phase + (6 + last - tap) * scale] for tap in range(6)]
        np.testing.assert_allclose(seen, np.array(taps) * 255 * ONE / 2048, atol=1)


@pytest.mark.parametrize("scale", [1, 2, 3, 4])
def test_training_upscales_alike(scale: int) -> None:
    plane = noise(23, 17)
    native = _core.upscale(plane, scale, "bicubic")
    np.testing.assert_allclose(
        native / ONE, upscale_luma(plane, scale), rtol=0, atol=tolerance(scale)
    )


@pytest.mark.parametrize("kernel", NAMES)
def test_scale_one_is_the_identity(kernel: str) -> None:
    plane = noise(17, 33)
    np.testing.assert_array_equal(_core.upscale(plane, 1, kernel), plane.astype(np.int16) * ONE)


@pytest.mark.parametrize("kernel", NAMES)
@pytest.mark.parametrize("scale", [2, 3, 4])
def test_flat_stays_flat(kernel: str, scale: int) -> None:
    for grey in (0, 1, 128, 255):
        native = _core.upscale(np.full((6, 5), grey, np.uint8), scale, kernel)
        np.testing.assert_array_equal(native, grey * ONE)


@pytest.mark.parametrize("kernel", NAMES)
def test_strided_planes_are_read_rightly(kernel: str) -> None:
    wide = noise(20, 30)
    part = wide[3:15, 4:21]
    np.testing.assert_array_equal(
        _core.upscale(part, 2, kernel), _core.upscale(np.ascontiguousarray(part), 2, kernel)
    )


@pytest.mark.parametrize(
    ("shape", "scale", "kernel", "message"),
    [
        ((4, 4), 0, "bicubic", "scale must be 1..4, not 0"),
        ((4, 4), 5, "bicubic", "scale must be 1..4, not 5"),
        ((4, 4), 2, "lanczos", "kernel must be bilinear, bicubic or sharp, not lanczos"),
        ((0, 4), 2, "bicubic", "an empty plane cannot be upscaled"),
        ((4,), 2, "bicubic", "a plane has 2 dimensions, not 1"),
    ],
)
def test_nonsense_is_refused(shape: tuple[int, ...], scale: int, kernel: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        _core.upscale(np.zeros(shape, np.uint8), scale, kernel)


def test_compose_rounds_halves_up_and_clips() -> None:
    base = np.arange(-2000, 2**15, dtype=np.int16)[None]
    expected = np.clip(np.floor(base / ONE + 0.5), 0, 255)
    np.testing.assert_array_equal(_core.compose(base), expected)


def test_compose_adds_without_overflow() -> None:
    extremes = np.array([-(2**15), -20_000, -1, 0, 31, 32, 8_000, 23_000, 2**15 - 1], np.int16)
    base, detail = np.meshgrid(extremes, extremes)
    total = base.astype(int) + detail
    expected = np.clip((total + ONE // 2) // ONE, 0, 255)
    np.testing.assert_array_equal(_core.compose(base, detail), expected)
    with pytest.raises(ValueError, match="base and detail differ in size"):
        _core.compose(base, detail[:-1])
