"""Per-frame SR: the network run once over a whole frame, and NumPy around it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from palantir import _core
from palantir.codec import CodedFrame
from palantir.enhance.colour import rgb_to_yuv, yuv_to_rgb
from palantir.media import Planes
from palantir.media.colour import Colour
from palantir.models import SRNetwork

__all__ = ["per_frame_sr", "whole_levels"]

COLOUR = Colour("bt601", False)  # the clips are untagged and small
ONE = 64.0


def whole_levels(samples: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Grey levels as the enhancer keeps them: to 1/64 first, then halves up."""
    fixed = np.clip(np.rint(samples * np.float32(ONE)), 0, 255 * ONE)
    return np.asarray(np.floor(fixed / ONE + 0.5).clip(0, 255), np.uint8)


def doubled(plane: NDArray[np.uint8], height: int, width: int) -> NDArray[np.float32]:
    """Bilinear, centres aligned; exact in float32."""

    def along(samples: NDArray[np.float32], length: int) -> NDArray[np.float32]:
        position = np.arange(length)
        near, step = position // 2, np.where(position % 2, 1, -1)
        far = np.clip(near + step, 0, len(samples) - 1)
        return np.float32(0.75) * samples[near] + np.float32(0.25) * samples[far]

    return along(along(plane.astype(np.float32), height).T, width).T


def cropped(planes: list[NDArray[np.uint8]], frame: CodedFrame, scale: int) -> Planes:
    height, width = frame.height * scale, frame.width * scale
    chroma = (slice((height + 1) // 2), slice((width + 1) // 2))
    return planes[0], planes[1][chroma], planes[2][chroma]


def luma_sr(network: SRNetwork, frame: CodedFrame) -> Planes:
    """One run over the whole frame; chroma is upscaled plainly."""
    planes = frame.native.planes
    result = network.run((planes[0].astype(np.float32) / np.float32(255))[None, None])[0, 0]
    luma = result * np.float32(255)
    if network.output == "detail":
        base = _core.upscale(planes[0], network.scale, "bicubic")
        added = np.rint(luma * np.float32(ONE))
        first = np.clip(np.floor((base + added) / ONE + 0.5), 0, 255).astype(np.uint8)
    else:
        first = whole_levels(luma)
    chroma = [_core.compose(_core.upscale(p, network.scale, "sharp")) for p in planes[1:]]
    return cropped([first, *chroma], frame, network.scale)


def rgb_sr(network: SRNetwork, frame: CodedFrame) -> Planes:
    """One run over the whole frame; the matrices are tested in test_colour.py."""
    y, u, v = frame.native.planes
    full = [doubled(plane, frame.height, frame.width) for plane in (u, v)]
    rgb = np.clip(yuv_to_rgb(y.astype(np.float32), full[0], full[1], COLOUR), 0, 1)
    yuv = rgb_to_yuv(np.clip(network.run(rgb[None])[0], 0, 1), COLOUR)
    planes = [whole_levels(yuv[0])]
    missing = [(0, side % 2 * network.scale) for side in (frame.height, frame.width)]
    for plane in yuv[1:]:
        even = np.pad(plane, missing, mode="edge")
        four = even[0::2, 0::2] + even[0::2, 1::2] + even[1::2, 0::2] + even[1::2, 1::2]
        planes.append(whole_levels(np.float32(0.25) * four))
    return cropped(planes, frame, network.scale)


def per_frame_sr(network: SRNetwork, frame: CodedFrame) -> Planes:
    return (luma_sr if network.colour == "luma" else rgb_sr)(network, frame)
