"""The filter bank once more, slowly and plainly in NumPy; written from its definition, not csrc."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["OFFSETS", "classes", "upscale"]

STRENGTHS = (2, 4, 8, 16, 32, 64)
OFFSETS = [
    (down, across)
    for down in range(-3, 4)
    for across in range(-3, 4)
    if 0 < abs(down) + abs(across) <= 3
]

Integers = NDArray[np.int64]


def classes(plane: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Of each pixel [h, w]: the gradients' direction, strength and coherence, 0..111."""
    luma = plane.astype(np.int64)
    x = _moved(luma, 0, 1) - _moved(luma, 0, -1)
    y = _moved(luma, 1, 0) - _moved(luma, -1, 0)
    a, b, c = _summed(x * x), _summed(x * y), _summed(y * y)
    t, u, v = a + c, a - c, 2 * b
    octant = 4 * (u < 0) + 2 * (v < 0) + (abs(u) < abs(v))
    d = 8 * np.maximum(abs(u), abs(v)) + 3 * np.minimum(abs(u), abs(v))
    strength = sum((8 * t + d >= 576 * s * s).astype(np.int64) for s in STRENGTHS)
    coherent = d >= 5 * t
    return np.asarray((octant * 7 + strength) * 2 + coherent, dtype=np.uint8)


def upscale(plane: NDArray[np.uint8], weights: NDArray[np.int16]) -> NDArray[np.int16]:
    """SR [h*s, w*s] in 1/64 grey levels by weights [112, 24, s, s] in 1/512."""
    luma, found = plane.astype(np.int64), classes(plane)
    height, width = plane.shape
    scale = weights.shape[2]
    made = np.zeros((height, scale, width, scale), np.int64)
    made += luma[:, None, :, None] << 9
    for tap, (down, across) in enumerate(OFFSETS):
        weight = weights[found, tap].astype(np.int64).transpose(0, 2, 1, 3)
        made += weight * (_moved(luma, down, across) - luma)[:, None, :, None]
    samples = ((made + 4) >> 3).clip(-32768, 32767)
    return samples.reshape(height * scale, width * scale).astype(np.int16)


def _moved(plane: Integers, down: int, across: int) -> Integers:
    """At each place what is `down` below and `across` to the right of it, edges replicated."""
    rows, columns = (np.arange(length) for length in plane.shape)
    rows = (rows + down).clip(0, len(rows) - 1)
    columns = (columns + across).clip(0, len(columns) - 1)
    return np.asarray(plane[rows][:, columns])


def _summed(plane: Integers) -> Integers:
    moves = [(down, across) for down in (-1, 0, 1) for across in (-1, 0, 1)]
    return np.asarray(sum(_moved(plane, *move) for move in moves))
