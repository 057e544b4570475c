"""What a network wins over bicubic on frames that it has not been fitted on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from palantir.train.bicubic import upscale_matrix
from palantir.train.dataset import ClipPair

__all__ = ["mean_psnr"]

Infer = Callable[[NDArray[np.float32]], NDArray[np.float32]]  # as SRNetwork.run


def mean_psnr(
    infer: Infer, output: Literal["detail", "picture"], pair: ClipPair, rate: int = 0
) -> tuple[float, float]:
    """Mean PSNR in dB over the frames, of bicubic and of the network; all channels alike."""
    height, width = pair.lr.shape[3:]
    rows, columns = (upscale_matrix(size, pair.scale) for size in (height, width))
    figures = []
    for lr, hr in zip(pair.lr[rate], pair.hr, strict=True):
        plain = rows @ lr @ columns.T
        found = 255 * infer(lr[None].astype(np.float32) / 255)[0].astype(np.float64)
        figures.append((_psnr(plain, hr), _psnr(found + plain * (output == "detail"), hr)))
    plain_mean, network_mean = np.mean(figures, axis=0)
    return float(plain_mean), float(network_mean)


def _psnr(picture: NDArray[np.float64], hr: NDArray[np.uint8]) -> float:
    error = picture.round().clip(0, 255) - hr
    return float(10 * np.log10(255**2 / max(float(np.mean(error**2)), 1e-9)))
