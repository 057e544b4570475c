"""A small synthetic pair of LR and HR."""

from __future__ import annotations

import numpy as np

from palantir.train.dataset import ClipPair

__all__ = ["rings"]


def rings(frames: int = 4, channels: int = 1) -> ClipPair:
    """Sharp-edged shapes whose LR is their mean over 4x4 pixels."""
    y, x = np.mgrid[0:160, 0:192]
    hr = np.stack(
        [np.where(np.hypot(y - 80, x - 60 - 9 * t) % 23 < 11, 60, 190) for t in range(frames)]
    )
    lr = hr.reshape(frames, 40, 4, 48, 4).mean(axis=(2, 4)).round()
    planes = [np.repeat(one[:, None], channels, axis=1).astype(np.uint8) for one in (hr, lr)]
    return ClipPair("rings", planes[0], planes[1][None])
