"""Bicubic upscaling, which a network's detail is added to, as a matrix."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["upscale_luma", "upscale_matrix"]

SHARPNESS = -0.75


def _keys(distance: NDArray[np.float64]) -> NDArray[np.float64]:
    """Keys' cubic convolution kernel (1981, equation 8) with a = SHARPNESS."""
    x, a = np.abs(distance), SHARPNESS
    near = ((a + 2) * x - (a + 3)) * x * x + 1
    far = a * (((x - 5) * x + 8) * x - 4)
    return np.where(x <= 1, near, np.where(x < 2, far, 0.0))


def upscale_matrix(size: int, scale: int) -> NDArray[np.float64]:
    """Weights [size*scale, size] that upscale one axis: centred phases, edge samples repeated."""
    centre = (np.arange(size * scale) + 0.5) / scale - 0.5
    matrix = np.zeros((size * scale, size))
    rows = np.arange(size * scale)
    for tap in range(-1, 3):
        source = np.floor(centre).astype(np.int64) + tap
        np.add.at(matrix, (rows, source.clip(0, size - 1)), _keys(centre - source))
    return matrix


def upscale_luma(luma: NDArray[np.uint8], scale: int) -> NDArray[np.float64]:
    """Of luma: [h, w] grey levels to [h*scale, w*scale], neither rounded nor clipped."""
    rows, columns = upscale_matrix(luma.shape[0], scale), upscale_matrix(luma.shape[1], scale)
    return np.asarray(rows @ luma @ columns.T, dtype=np.float64)
