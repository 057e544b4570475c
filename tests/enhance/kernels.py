"""VP9's interpolation kernels (VP9 specification, table subpel_filters), as the observer numbers
them: 0 regular, 1 smooth, 2 sharp, 3 bilinear. Phases above 8 mirror those below."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["KERNELS"]

_REGULAR = """
    0 0 0 128 0 0 0 0    0 1 -5 126 8 -3 1 0      -1 3 -10 122 18 -6 2 0
    -1 4 -13 118 27 -9 3 -1    -1 4 -16 112 37 -11 4 -1    -1 5 -18 105 48 -14 4 -1
    -1 5 -19 97 58 -16 5 -1    -1 6 -19 88 68 -18 5 -1     -1 6 -19 78 78 -19 6 -1"""
_SMOOTH = """
    0 0 0 128 0 0 0 0    -3 -1 32 64 38 1 -3 0    -2 -2 29 63 41 2 -3 0
    -2 -2 26 63 43 4 -4 0    -2 -3 24 62 46 5 -4 0    -2 -3 21 60 49 7 -4 0
    -1 -4 18 59 51 9 -4 0    -1 -4 16 57 53 12 -4 -1    -1 -4 14 55 55 14 -4 -1"""
_SHARP = """
    0 0 0 128 0 0 0 0    -1 3 -7 127 8 -3 1 0     -2 5 -13 125 17 -6 3 -1
    -3 7 -17 121 27 -10 5 -2    -4 9 -20 115 37 -13 6 -2    -4 10 -23 108 48 -16 8 -3
    -4 10 -24 100 59 -19 9 -3    -4 11 -24 90 70 -21 10 -4    -4 11 -23 80 80 -23 11 -4"""


def _phases(text: str) -> NDArray[np.int64]:
    half = np.array(text.split(), dtype=np.int64).reshape(9, 8)
    # Phase 16 - k seen from the right neighbour is phase k seen from the left one.
    return np.concatenate([half, half[7:0:-1, ::-1]])


def _bilinear() -> NDArray[np.int64]:
    kernels = np.zeros((16, 8), np.int64)
    kernels[:, 3], kernels[:, 4] = 128 - 8 * np.arange(16), 8 * np.arange(16)
    return kernels


KERNELS = np.stack([_phases(_REGULAR), _phases(_SMOOTH), _phases(_SHARP), _bilinear()])
"""int64 [filter, phase in 1/16, tap]; tap 3 is the pixel itself."""
