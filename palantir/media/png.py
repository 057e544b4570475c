"""Pictures as PNG files."""

from __future__ import annotations

import os
from fractions import Fraction

import numpy as np
from av.codec.context import CodecContext
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from numpy.typing import NDArray

from palantir.errors import MediaError
from palantir.files import atomic_write

__all__ = ["write_png"]


def write_png(path: str | os.PathLike[str], rgb: NDArray[np.uint8]) -> None:
    """Write RGB samples, uint8 [height, width, 3]. Raises MediaError where it cannot."""
    codec = CodecContext.create("png", "w")
    assert isinstance(codec, VideoCodecContext)
    codec.height, codec.width = rgb.shape[:2]
    codec.pix_fmt, codec.time_base = "rgb24", Fraction(1)
    frame = VideoFrame.from_ndarray(np.ascontiguousarray(rgb), format="rgb24")
    packets = [*codec.encode(frame), *codec.encode(None)]
    try:
        atomic_write(path, b"".join(bytes(packet) for packet in packets))
    except OSError as error:
        raise MediaError(f"{os.fspath(path)}: cannot write: {error.strerror}") from None
