"""Objective picture quality: PSNR-Y, PSNR-YUV (6:1:1) and SSIM, per frame and as means.

PSNR figures are means over frames of each frame's PSNR, against the original HR frames.
"""

from palantir.quality.compare import compare, compare_frames, measure
from palantir.quality.psnr import (
    PSNR_CAP,
    mean_squared_error,
    psnr,
    psnr_y,
    psnr_yuv,
    weighted_error,
)
from palantir.quality.result import FrameQuality, Quality
from palantir.quality.ssim import ssim

__all__ = [
    "PSNR_CAP",
    "FrameQuality",
    "Quality",
    "compare",
    "compare_frames",
    "mean_squared_error",
    "measure",
    "psnr",
    "psnr_y",
    "psnr_yuv",
    "ssim",
    "weighted_error",
]
