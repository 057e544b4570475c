"""4:2:0 pictures between NumPy and FFmpeg frames."""

from __future__ import annotations

from typing import Any

import numpy as np
from av.video.frame import VideoFrame
from numpy.typing import NDArray

__all__ = ["Plane", "Planes", "chroma_size", "crop_planes", "plane_shapes", "to_frame", "to_planes"]

Plane = NDArray[np.uint8]
Planes = tuple[Plane, Plane, Plane]

# Both hold 8-bit 4:2:0; the second is FFmpeg's old name for full range, and needs no conversion.
_PLANAR_420 = ("yuv420p", "yuvj420p")


def chroma_size(length: int) -> int:
    """Width or height of the chroma planes for a luma width or height."""
    return (length + 1) // 2


def plane_shapes(width: int, height: int) -> tuple[tuple[int, int], ...]:
    """The (rows, columns) of Y, U and V."""
    chroma = (chroma_size(height), chroma_size(width))
    return ((height, width), chroma, chroma)


def crop_planes(planes: Planes, width: int, height: int) -> Planes:
    """The top left `width` x `height` luma pixels of a picture, as views."""
    y, u, v = (
        plane[:rows, :columns]
        for plane, (rows, columns) in zip(planes, plane_shapes(width, height), strict=True)
    )
    return y, u, v


def to_planes(frame: VideoFrame) -> Planes:
    """Copy a decoded frame's samples; other pixel formats are converted to 8-bit 4:2:0 first."""
    if frame.format.name not in _PLANAR_420:
        frame = frame.reformat(format="yuv420p")
    y, u, v = (_view(plane).copy() for plane in frame.planes)
    return y, u, v


def to_frame(planes: Planes) -> VideoFrame:
    """An FFmpeg frame of (Y, U, V): over the same memory where they lie there one after another.

    That memory must not change as long as the frame lives.
    """
    height, width = planes[0].shape
    if height % 4 == 0 and width % 2 == 0 and _are_adjacent(planes):  # what PyAV takes
        rows = np.lib.stride_tricks.as_strided(planes[0], (height * 3 // 2, width), writeable=False)
        return VideoFrame.from_numpy_buffer(rows, "yuv420p")
    frame = VideoFrame(width, height, "yuv420p")
    for plane, samples in zip(frame.planes, planes, strict=True):
        _view(plane)[...] = samples
    return frame


def _are_adjacent(planes: Planes) -> bool:
    ends = [plane.ctypes.data + plane.size for plane in planes]
    return all(plane.flags.c_contiguous for plane in planes) and ends[:2] == [
        plane.ctypes.data for plane in planes[1:]
    ]


def _view(plane: Any) -> Plane:
    rows = np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)
    return rows[: plane.height, : plane.width]
