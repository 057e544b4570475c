"""Measured quality: one entry a frame, and the means over a clip."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import fmean

__all__ = ["FrameQuality", "Quality"]


@dataclass(frozen=True, slots=True)
class FrameQuality:
    """One frame: PSNR in dB (at most 100), SSIM of luma or None where it was not asked for."""

    psnr_y: float
    psnr_yuv: float
    ssim: float | None


@dataclass(frozen=True)
class Quality:
    """A clip: at least one frame; each figure is the mean of the frames' figures."""

    frames: tuple[FrameQuality, ...]

    @property
    def psnr_y(self) -> float:
        """PSNR of luma in dB."""
        return fmean(frame.psnr_y for frame in self.frames)

    @property
    def psnr_yuv(self) -> float:
        """PSNR in dB of all planes, weighted 6:1:1 in each frame's squared error."""
        return fmean(frame.psnr_yuv for frame in self.frames)

    @property
    def ssim(self) -> float | None:
        """SSIM of luma, None where it was not asked for."""
        values = [frame.ssim for frame in self.frames if frame.ssim is not None]
        return fmean(values) if values else None

    def to_dict(self) -> dict[str, object]:
        """The means, the number of frames and a list a measure: plain values, ready for JSON."""
        return {
            "frames": len(self.frames),
            "psnr_y": self.psnr_y,
            "psnr_yuv": self.psnr_yuv,
            "ssim": self.ssim,
            "per_frame": {
                name: [getattr(frame, name) for frame in self.frames]
                for name in ("psnr_y", "psnr_yuv", "ssim")
            },
        }
