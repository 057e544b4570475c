"""YUV 4:2:0 to the RGB that networks take, and back.

Chroma samples are taken to lie in the middle of their 2x2 luma pixels: the LR versions our
recipe makes (all planes scaled about their centres) have them within an eighth of a pixel of it,
and upscaling treats planes the same way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from palantir.media.colour import Colour
from palantir.media.pictures import Plane, Planes
from palantir.tiles import Tile

if TYPE_CHECKING:
    from palantir.codec import CodedFrame

__all__ = [
    "area_to_rgb",
    "colour_of",
    "halve_chroma",
    "picture_to_rgb",
    "recoloured",
    "rgb_to_yuv",
    "rgb_to_yuv_matrix",
    "to_rgb",
    "upsample_chroma",
    "yuv_to_rgb",
]

Float = NDArray[np.float32]

# VP9 specification 7.2.2; 0 is unknown, 7 is RGB.
_MATRIX_OF: dict[int, Literal["bt601", "bt709"]] = {
    1: "bt601",
    2: "bt709",
    3: "bt601",
    4: "bt709",
    5: "bt709",
}
_LUMA_WEIGHTS = {"bt601": (0.299, 0.114), "bt709": (0.2126, 0.0722)}  # of red and blue


def colour_of(frame: CodedFrame, untagged: Colour | None = None) -> Colour:
    """What a coded frame's samples mean.

    untagged  where the frame does not say; None takes limited BT.601 or BT.709 by its height
    """
    untagged = untagged or Colour.from_tags(0, 0, frame.height)
    matrix = _MATRIX_OF.get(frame.color_space, untagged.matrix)
    if frame.color_space:  # the container's range may be that of the stream's first frame
        return Colour(matrix, frame.full_range)
    return Colour(matrix, frame.full_range or untagged.full_range)


def _matrix(colour: Colour) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """RGB in 0..1 to YUV sample values: `yuv = matrix @ rgb + offset` (ITU-T H.273)."""
    red, blue = _LUMA_WEIGHTS[colour.matrix]
    luma = np.array([red, 1 - red - blue, blue])
    matrix = np.stack(
        [
            luma,
            (np.array([0, 0, 1]) - luma) / (2 * (1 - blue)),
            (np.array([1, 0, 0]) - luma) / (2 * (1 - red)),
        ]
    )
    if colour.full_range:
        return matrix * 255, np.array([0.0, 128, 128])
    return matrix * np.array([[219], [224], [224]]), np.array([16.0, 128, 128])


def yuv_to_rgb(y: Float, u: Float, v: Float, colour: Colour) -> Float:
    """Planes of one size in sample values 0..255 to RGB [3, h, w], 1 is white; not clipped."""
    matrix, offset = _matrix(colour)
    yuv = np.stack([y, u, v]) - offset[:, None, None].astype(np.float32)
    return _mixed(np.linalg.inv(matrix).astype(np.float32), yuv)


def rgb_to_yuv_matrix(colour: Colour) -> tuple[Float, Float]:
    """What RGB, 1 being white, is multiplied with for Y, U, V in sample values, and the offsets."""
    matrix, offset = _matrix(colour)
    return matrix.astype(np.float32), offset.astype(np.float32)


def rgb_to_yuv(rgb: Float, colour: Colour) -> Float:
    """RGB [3, h, w], 1 is white, to Y, U, V of the same size [3, h, w] in sample values."""
    matrix, offset = rgb_to_yuv_matrix(colour)
    return _mixed(matrix, rgb) + offset[:, None, None]


def _mixed(matrix: Float, planes: Float) -> Float:
    """`matrix @ planes`, rounded alike wherever a pixel lies: einsum does not promise that."""
    mixed = np.empty_like(planes)
    for row, result in zip(matrix, mixed, strict=True):
        np.multiply(planes[0], row[0], out=result)
        for factor, plane in zip(row[1:], planes[1:], strict=True):
            result += factor * plane
    return mixed


def picture_to_rgb(planes: Planes, colour: Colour) -> Float:
    """8-bit 4:2:0 planes to RGB [3, h, w], 1 is white; clipped to 0..1."""
    height, width = planes[0].shape
    u, v = (upsample_chroma(plane, width, height) for plane in planes[1:])
    return np.clip(yuv_to_rgb(planes[0].astype(np.float32), u, v, colour), 0, 1)


def area_to_rgb(planes: Planes, colour: Colour, area: Tile) -> Float:
    """What `picture_to_rgb` gives in an area, for the price of that area; bit for bit."""
    height, width = planes[0].shape
    left, top = (max((edge & ~1) - 2, 0) for edge in (area.left, area.top))  # a chroma sample more
    right, bottom = min(area.right + 1, width), min(area.bottom + 1, height)
    halves = (slice(top // 2, (bottom + 1) // 2), slice(left // 2, (right + 1) // 2))
    luma, u, v = planes[0][top:bottom, left:right], planes[1][halves], planes[2][halves]
    rgb = picture_to_rgb((luma, u, v), colour)
    return rgb[:, area.top - top : area.bottom - top, area.left - left : area.right - left]


def to_rgb(planes: Planes, colour: Colour) -> NDArray[np.uint8]:
    """8-bit 4:2:0 planes to 8-bit RGB [h, w, 3]."""
    return np.rint(picture_to_rgb(planes, colour) * 255).astype(np.uint8).transpose(1, 2, 0)


def recoloured(planes: Planes, source: Colour, target: Colour) -> Planes:
    """8-bit 4:2:0 planes in the matrix and range of another colour."""
    height, width = planes[0].shape
    u, v = (upsample_chroma(plane, width, height) for plane in planes[1:])
    wide = rgb_to_yuv(yuv_to_rgb(planes[0].astype(np.float32), u, v, source), target)
    return _samples(wide[0]), _samples(halve_chroma(wide[1])), _samples(halve_chroma(wide[2]))


def _samples(plane: Float) -> Plane:
    return np.clip(np.rint(plane), 0, 255).astype(np.uint8)


def upsample_chroma(plane: NDArray[np.uint8], width: int, height: int) -> Float:
    """Double a chroma plane bilinearly to luma size; float32 [height, width]."""
    return _double(_double(plane.astype(np.float32), height).T, width).T


def _double(plane: Float, length: int) -> Float:
    padded = np.concatenate([plane[:1], plane, plane[-1:]])
    doubled = np.empty((2 * len(plane), plane.shape[1]), np.float32)
    doubled[0::2] = 0.75 * plane + 0.25 * padded[:-2]
    doubled[1::2] = 0.75 * plane + 0.25 * padded[2:]
    return doubled[:length]


def halve_chroma(plane: Float) -> Float:
    """Means of 2x2 pixels; an odd last row or column is repeated."""
    height, width = plane.shape
    even = np.pad(plane, ((0, height & 1), (0, width & 1)), mode="edge")
    return 0.25 * (even[0::2, 0::2] + even[0::2, 1::2] + even[1::2, 0::2] + even[1::2, 1::2])
