"""Filters for the plain upscaler U, fitted by least squares to the clips that a network is for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from palantir import _core
from palantir.models.filter_bank import CLASSES, FILTER_BITS, TAPS, WEIGHT_BOUND, FilterBank
from palantir.quality.psnr import mean_squared_error, psnr
from palantir.train.dataset import ClipPair

__all__ = ["FittedFilters", "fit_filters", "gain", "judged_filters"]

EVERY = 4  # frames of the clips
RIDGE = 1e-4  # of the mean class's power: how strongly a class is drawn to the filter of all
# As if so many more of its pixels spoke for the filter of all: what few pixels show is no rule, and
# comes out as specks at edges elsewhere. What stands still counts in every frame.
DOUBT = 300
REACH = max(down for down, _ in TAPS)
LEAST_ERROR = 0.1  # squared grey levels; a picture without detail must not decide alone

Plane = NDArray[np.uint8]


@dataclass(frozen=True)
class FittedFilters:
    """Filters, and the mean PSNR-Y in dB that they win over "sharp" on frames not fitted on."""

    bank: FilterBank
    gain: float

    @property
    def kept(self) -> bool:
        """Whether they are worth having."""
        return self.gain > 0


def judged_filters(training: Sequence[ClipPair], held_out: Sequence[ClipPair]) -> FittedFilters:
    """Filters fitted to `training`, judged by their mean gain over the clips of `held_out`."""
    bank = fit_filters(training)
    return FittedFilters(bank, float(np.mean([gain(bank, pair) for pair in held_out])))


def fit_filters(pairs: Sequence[ClipPair]) -> FilterBank:
    """The filters with the least squared error on luma `pairs` of one scale, at the first rate.

    Each picture's error counts by how many times that of repeating LR pixels it is, so that PSNR
    is what is raised. A class that hardly occurs gets about the filter of all classes together.
    """
    scale = pairs[0].scale
    products = np.zeros((CLASSES, len(TAPS), len(TAPS)))
    wanted = np.zeros((CLASSES, len(TAPS), scale**2))
    counts = np.zeros(CLASSES)
    for lr, hr in _pictures(pairs):
        differences, missed = _differences(lr), _blocks(hr, scale) - lr.reshape(-1, 1)
        weight = 1 / max(float(np.mean(missed**2)), LEAST_ERROR)
        for index, pixels in _by_class(lr):
            seen = differences[pixels]
            products[index] += weight * (seen.T @ seen)
            wanted[index] += weight * (seen.T @ missed[pixels])
            counts[index] += len(pixels)
    solved = _solved(products, wanted, counts).reshape(CLASSES, len(TAPS), scale, scale)
    units = np.rint(solved * 2**FILTER_BITS).clip(-WEIGHT_BOUND, WEIGHT_BOUND)
    return FilterBank(units.astype(np.int16))


def gain(bank: FilterBank, pair: ClipPair) -> float:
    """Mean PSNR-Y in dB over a luma pair's frames, less that of the plain upscaler "sharp"."""
    won, native = [], _core.FilterBank(bank.weights)
    for lr, hr in zip(pair.lr[0, :, 0], pair.hr[:, 0], strict=True):
        plain = _core.compose(_core.upscale(lr, bank.scale, "sharp"))
        filtered = _core.compose(native.upscale(lr))
        won.append(psnr(mean_squared_error(hr, filtered)) - psnr(mean_squared_error(hr, plain)))
    return float(np.mean(won))


def _pictures(pairs: Sequence[ClipPair]) -> Iterator[tuple[Plane, Plane]]:
    for pair in pairs:
        yield from zip(pair.lr[0, ::EVERY, 0], pair.hr[::EVERY, 0], strict=True)


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


def _by_class(lr: Plane) -> Iterator[tuple[int, NDArray[np.intp]]]:
    """Each class that occurs, and its pixels."""
    classes = _core.filter_classes(lr).reshape(-1)
    order = np.argsort(classes, kind="stable")
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
