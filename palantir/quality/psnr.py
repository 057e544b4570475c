"""Peak signal-to-noise ratio of 8-bit 4:2:0 pictures."""

from __future__ import annotations

import math

import numpy as np

from palantir.media.pictures import Plane, Planes

__all__ = ["PSNR_CAP", "mean_squared_error", "psnr", "psnr_y", "psnr_yuv", "weighted_error"]

PSNR_CAP = 100.0
"""The PSNR in dB of equal pictures, and of any above it: a mean over frames stays finite."""

_PEAK = 255
_WEIGHTS = (6, 1, 1)
# Pixels at a time: what is in between stays in the processor's cache, and 32 bits hold the sum.
_AT_ONCE = (2**32 - 1) // _PEAK**2


def mean_squared_error(reference: Plane, distorted: Plane) -> float:
    """Exact mean squared difference of two 8-bit planes [H, W] of one shape (else ValueError)."""
    if reference.shape != distorted.shape:
        raise ValueError(f"planes of {reference.shape} and {distorted.shape}")
    total, height = 0, max(1, _AT_ONCE // reference.shape[1])
    for top in range(0, len(reference), height):
        rows = slice(top, top + height)
        difference = np.subtract(reference[rows], distorted[rows], dtype=np.int16)
        squares = np.square(difference, dtype=np.int32).view(np.uint32).ravel()
        for left in range(0, len(squares), _AT_ONCE):
            total += int(squares[left : left + _AT_ONCE].sum(dtype=np.uint32))
    return total / reference.size


def psnr(error: float) -> float:
    """PSNR in dB of a mean squared error, at most `PSNR_CAP`."""
    return min(PSNR_CAP, 10 * math.log10(_PEAK**2 / error)) if error else PSNR_CAP


def psnr_y(reference: Planes, distorted: Planes) -> float:
    """PSNR of luma in dB."""
    return psnr(mean_squared_error(reference[0], distorted[0]))


def psnr_yuv(reference: Planes, distorted: Planes) -> float:
    """PSNR in dB of the mean squared errors of Y, U and V, weighted 6:1:1."""
    y, u, v = map(mean_squared_error, reference, distorted)
    return psnr(weighted_error(y, u, v))


def weighted_error(y: float, u: float, v: float) -> float:
    """The mean squared errors of Y, U and V, weighted 6:1:1: what PSNR-YUV is of."""
    weighted = sum(w * e for w, e in zip(_WEIGHTS, (y, u, v), strict=True))
    return weighted / sum(_WEIGHTS)
