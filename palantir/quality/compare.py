"""Two videos, frame by frame; neither is ever held whole."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from itertools import zip_longest

from palantir.errors import MediaError
from palantir.media.frames import read_frames
from palantir.media.pictures import Planes, crop_planes
from palantir.quality.psnr import psnr_y, psnr_yuv
from palantir.quality.result import FrameQuality, Quality
from palantir.quality.ssim import ssim

__all__ = ["compare", "compare_frames", "measure"]


class _DifferentError(MediaError):
    """The clips do not fit together; says nothing of their names."""


def compare_frames(reference: Planes, distorted: Planes, *, with_ssim: bool = True) -> FrameQuality:
    """Measure one picture, (Y, U, V) uint8 4:2:0, against another of its size.

    Raises MediaError if the sizes differ, or are below SSIM's 11x11 window where it is asked for.
    """
    if reference[0].shape != distorted[0].shape:
        raise MediaError(f"the reference is {_size(reference)}, the other {_size(distorted)}")
    return FrameQuality(
        psnr_y=psnr_y(reference, distorted),
        psnr_yuv=psnr_yuv(reference, distorted),
        ssim=ssim(reference[0], distorted[0]) if with_ssim else None,
    )


def compare(
    reference: Iterable[Planes],
    distorted: Iterable[Planes],
    *,
    with_ssim: bool = True,
    crop: bool = False,
    progress: Callable[[int], None] | None = None,
) -> Quality:
    """Measure a clip against its reference; both are read one frame at a time.

    With `crop`, a larger reference loses its right and bottom edge: the part that `encode_lr`
    leaves out where the HR size is no multiple of the scale. `progress(done)` follows each frame.

    Raises MediaError, with the frame's number, if sizes differ or one clip has more frames.
    """
    frames: list[FrameQuality] = []
    for index, (original, other) in enumerate(zip_longest(reference, distorted)):
        if original is None or other is None:
            shorter = "reference" if original is None else "other"
            raise _DifferentError(f"frame {index}: the {shorter} ends after {index} frames")
        if crop:
            height, width = other[0].shape
            original = crop_planes(original, width, height)
        try:
            frames.append(compare_frames(original, other, with_ssim=with_ssim))
        except MediaError as error:
            raise _DifferentError(f"frame {index}: {error}") from None
        if progress is not None:
            progress(index + 1)
    if not frames:
        raise _DifferentError("no frames to compare")
    return Quality(tuple(frames))


def measure(
    reference_path: str | os.PathLike[str],
    distorted_path: str | os.PathLike[str],
    *,
    with_ssim: bool = True,
    crop: bool = False,
    progress: Callable[[int], None] | None = None,
) -> Quality:
    """Decode two video files and `compare` them. Raises MediaError naming both."""
    try:
        return compare(
            read_frames(reference_path),
            read_frames(distorted_path),
            with_ssim=with_ssim,
            crop=crop,
            progress=progress,
        )
    except _DifferentError as error:
        raise MediaError(
            f"{os.fspath(distorted_path)} against {os.fspath(reference_path)}: {error}"
        ) from None


def _size(planes: Planes) -> str:
    height, width = planes[0].shape
    return f"{width}x{height}"
