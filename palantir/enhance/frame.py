"""One SR frame, ready to be shown or written."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from av.video.frame import VideoFrame
from numpy.typing import NDArray

from palantir.enhance.colour import recoloured, to_rgb
from palantir.media.colour import Colour
from palantir.media.pictures import Planes, to_frame

__all__ = ["SRFrame"]


@dataclass(frozen=True, eq=False)
class SRFrame:
    """A displayed frame at SR size.

    planes   (Y, U, V) uint8, 4:2:0; chroma planes have half the luma size, rounded up. Read-only
             views of one buffer, for anything that takes arrays or DLPack
    pts      presentation time in the source's time base
    index    0 for the first displayed frame
    coded    coded-frame index whose pixels these are
    anchors  how many patches of the coded frame went through the network
    colour   matrix and range of the planes
    """

    planes: Planes
    pts: int
    index: int
    coded: int
    anchors: int
    colour: Colour

    @property
    def width(self) -> int:
        """Luma pixels."""
        return int(self.planes[0].shape[1])

    @property
    def height(self) -> int:
        """Luma pixels."""
        return int(self.planes[0].shape[0])

    def to_av(self) -> VideoFrame:
        """The frame for PyAV, over the same memory if the height is a multiple of 4."""
        frame = to_frame(self.planes)
        frame.pts = self.pts
        return frame

    def planes_in(self, colour: Colour) -> Planes:
        """The planes converted to another matrix and range; themselves where these are its own."""
        return (
            self.planes if colour == self.colour else recoloured(self.planes, self.colour, colour)
        )

    def to_rgb(self) -> NDArray[np.uint8]:
        """The frame as uint8 RGB [height, width, 3]."""
        return to_rgb(self.planes, self.colour)
