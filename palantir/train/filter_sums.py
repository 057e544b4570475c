"""Least squares sums for the filters of the plain upscaler, picture by picture."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from palantir import _core
from palantir.media import Plane
from palantir.models.filter_bank import CLASSES, FILTER_BITS, TAPS, WEIGHT_BOUND, FilterBank

__all__ = ["FilterSums"]

RIDGE = 1e-4  # of the mean class's power: how strongly a class is drawn to the filter of all
# As if so many more of its pixels spoke for the filter of all: what few pixels show is no rule, and
# comes out as specks at edges elsewhere.
DOUBT = 75
REACH = max(down for down, _ in TAPS)
BLOCK = 16  # LR pixels; side of what is learnt from or left out as a whole
STILL = 2  # grey levels that coding noise may make of a block that shows what it showed
LEAST_ERROR = 0.1  # squared grey levels; a picture without detail must not decide alone


class FilterSums:
    """What luma pictures of one scale say of filters, those of one clip after the other.

    What is shown again says nothing new: neither a picture that is the same as one before, nor a
    block of BLOCK x BLOCK LR pixels that differs in none by more than STILL from what it showed
    when it was last learnt from, in the same clip. Of the pictures themselves only these stay.
    """

    def __init__(self, scale: int) -> None:
        self._scale = scale
        self._known: set[bytes] = set()
        self._learnt: Plane | None = None
        self._products = np.zeros((CLASSES, len(TAPS), len(TAPS)))
        self._wanted = np.zeros((CLASSES, len(TAPS), scale**2))
        self._counts = np.zeros(CLASSES)

    def add(self, lr: Plane, hr: Plane) -> None:
        """Learn from the next picture of a clip, LR [h, w] and HR [h*scale, w*scale].

        Its error counts by how many times that of repeating LR pixels it is, so that PSNR is what
        is raised.
        """
        name = hashlib.sha256(lr.tobytes() + hr.tobytes()).digest()
        if name in self._known:
            return
        self._known.add(name)
        new = np.ones(lr.shape, bool) if self._learnt is None else _changed(lr, self._learnt)
        self._learnt = lr if self._learnt is None else np.where(new, lr, self._learnt)
        differences, missed = _differences(lr), _blocks(hr, self._scale) - lr.reshape(-1, 1)
        weight = 1 / max(float(np.mean(missed**2)), LEAST_ERROR)
        for index, pixels in _by_class(lr, new):
            seen = differences[pixels]
            self._products[index] += weight * (seen.T @ seen)
            self._wanted[index] += weight * (seen.T @ missed[pixels])
            self._counts[index] += len(pixels)

    def end_clip(self) -> None:
        """What follows is another clip's."""
        self._learnt = None

    def solve(self) -> FilterBank:
        """The filters with the least squared error.

        A class that hardly occurs gets about the filter of all classes together.
        """
        shape = (CLASSES, len(TAPS), self._scale, self._scale)
        solved = _solved(self._products, self._wanted, self._counts).reshape(shape)
        units = np.rint(solved * 2**FILTER_BITS).clip(-WEIGHT_BOUND, WEIGHT_BOUND)
        return FilterBank(units.astype(np.int16))


def _differences(lr: Plane) -> NDArray[np.float32]:
    """[pixels, taps]: what the pixel at each tap differs by, edge pixels repeated."""
    height, width = lr.shape
    padded = np.pad(lr.astype(np.float32), REACH, mode="edge")
    found = np.empty((height, width, len(TAPS)), np.float32)
    for tap, (down, across) in enumerate(TAPS):
        top, left = REACH + down, REACH + across
        found[..., tap] = padded[top : top + height, left : left + width] - lr
    return found.reshape(-1, len(TAPS))


def _blocks(hr: Plane, scale: int) -> NDArray[np.float32]:
    """[LR pixels, scale * scale]: the SR pixels inside each LR pixel."""
    height, width = (side // scale for side in hr.shape)
    blocks = hr.reshape(height, scale, width, scale).transpose(0, 2, 1, 3)
    return blocks.reshape(-1, scale**2).astype(np.float32)


def _changed(lr: Plane, learnt: Plane) -> NDArray[np.bool_]:
    """Of each pixel whether its block shows something else."""
    differs = abs(lr.astype(np.int16) - learnt) > STILL
    rows, columns = (np.arange(0, length, BLOCK) for length in lr.shape)
    blocks = np.logical_or.reduceat(np.logical_or.reduceat(differs, rows, 0), columns, 1)
    height, width = lr.shape
    return blocks.repeat(BLOCK, 0)[:height].repeat(BLOCK, 1)[:, :width]


def _by_class(lr: Plane, wanted: NDArray[np.bool_]) -> Iterator[tuple[int, NDArray[np.intp]]]:
    """Each class that occurs, and its pixels, as far as they are wanted."""
    classes = _core.filter_classes(lr).reshape(-1)
    pixels = np.flatnonzero(wanted)
    order = pixels[np.argsort(classes[pixels], kind="stable")]
    ends = np.searchsorted(classes[order], np.arange(CLASSES + 1))
    for index in range(CLASSES):
        if ends[index] < ends[index + 1]:
            yield index, order[ends[index] : ends[index + 1]]


def _solved(
    products: NDArray[np.float64], wanted: NDArray[np.float64], counts: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Weights [classes, taps, scale * scale]; ridge regression towards those of all classes."""
    together = products.sum(axis=0)
    power = float(np.trace(together)) or 1.0  # of flat pictures nothing is to be learnt
    least = RIDGE * power / len(TAPS) / CLASSES
    of_a_pixel = np.trace(products, axis1=1, axis2=2) / len(TAPS) / np.maximum(counts, 1)
    ridge = (least + DOUBT * of_a_pixel)[:, None, None] * np.eye(len(TAPS))
    common = np.linalg.solve(together + least * np.eye(len(TAPS)), wanted.sum(axis=0))
    return np.asarray(np.linalg.solve(products + ridge, wanted + ridge @ common))
