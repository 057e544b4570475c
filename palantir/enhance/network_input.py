"""LR pictures as networks take them: the range and colours of one area of a frame."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from palantir.codec import CodedFrame
from palantir.enhance.colour import area_to_rgb
from palantir.errors import UnsupportedError
from palantir.media.colour import Colour
from palantir.media.pictures import Planes
from palantir.models import SRNetwork
from palantir.tiles import Tile

__all__ = ["check_format", "network_input", "range_change"]


def check_format(frame: CodedFrame, name: str) -> None:
    """Raise UnsupportedError where a coded frame of the stream `name` is not 8-bit 4:2:0."""
    if frame.bit_depth != 8 or frame.subsampling != (1, 1):
        raise UnsupportedError(
            f"{name}: coded frame {frame.index} is {frame.bit_depth}-bit with chroma "
            f"subsampling {frame.subsampling}; super-resolution takes 8-bit 4:2:0"
        )


def network_input(
    frame: Planes, area: Tile, colour: Colour, network: SRNetwork
) -> NDArray[np.float32]:
    """What `network` takes of an area of an 8-bit 4:2:0 picture, float32 [1, c, h, w]."""
    if network.colour == "rgb":
        return area_to_rgb(frame, colour, area)[None]
    gain, offset = range_change(colour, network.range)
    luma = frame[0][area.top : area.bottom, area.left : area.right].astype(np.float32)
    return ((luma * gain + offset) / np.float32(255))[None, None]


def range_change(colour: Colour, wanted: str) -> tuple[np.float32, np.float32]:
    """Gain and offset that bring the stream's luma samples to the network's range."""
    if colour.full_range == (wanted == "full"):
        return np.float32(1), np.float32(0)
    if colour.full_range:
        return np.float32(219 / 255), np.float32(16)
    return np.float32(255 / 219), np.float32(-16 * 255 / 219)
