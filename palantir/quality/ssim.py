"""Structural similarity (SSIM) of two planes.

Source: Wang, Bovik, Sheikh and Simoncelli, "Image Quality Assessment: From Error Visibility to
Structural Similarity", IEEE Transactions on Image Processing 13(4), 2004.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import correlate1d

from palantir.errors import MediaError

__all__ = ["ssim"]

_WINDOW = 11
_SIGMA = 1.5
_C1 = (0.01 * 255) ** 2
_C2 = (0.03 * 255) ** 2


def _gaussian() -> NDArray[np.float32]:
    distance = np.arange(_WINDOW) - _WINDOW // 2
    weights = np.exp(-(distance**2) / (2 * _SIGMA**2))
    normalised: NDArray[np.float32] = (weights / weights.sum()).astype(np.float32)
    return normalised


_WEIGHTS = _gaussian()


def ssim(reference: NDArray[np.uint8], distorted: NDArray[np.uint8]) -> float:
    """Mean SSIM of two 8-bit planes [H, W] at their own resolution: 1.0 when they are equal.

    The window is the paper's 11x11 Gaussian of sigma 1.5; only places where it lies wholly inside
    the picture count. Raises ValueError if the shapes differ, MediaError if a side is below 11
    pixels.
    """
    if reference.shape != distorted.shape:
        raise ValueError(f"SSIM of planes of {reference.shape} and {distorted.shape}")
    if min(reference.shape) < _WINDOW:
        height, width = reference.shape
        raise MediaError(f"SSIM needs {_WINDOW}x{_WINDOW} pixels, the frame is {width}x{height}")
    # Levels around 0 keep single precision exact enough for the variances of flat bright areas.
    x = reference.astype(np.float32) - 128
    y = distorted.astype(np.float32) - 128
    mean_x, mean_y = _window_mean(x), _window_mean(y)
    variances = _window_mean(x * x + y * y) - mean_x**2 - mean_y**2
    covariance = _window_mean(x * y) - mean_x * mean_y
    mean_x, mean_y = mean_x + 128, mean_y + 128
    luminance = (2 * mean_x * mean_y + _C1) / (mean_x**2 + mean_y**2 + _C1)
    structure = (2 * covariance + _C2) / (variances + _C2)
    return min(1.0, float(np.mean(luminance * structure, dtype=np.float64)))


def _window_mean(plane: NDArray[np.float32]) -> NDArray[np.float32]:
    edge = _WINDOW // 2
    rows = correlate1d(plane, _WEIGHTS, axis=0)[edge:-edge]
    filtered: NDArray[np.float32] = correlate1d(rows, _WEIGHTS, axis=1)[:, edge:-edge]
    return filtered
