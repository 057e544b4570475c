"""A video from a photograph: a camera that pans and zooms slowly over it."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import torch

__all__ = ["film_photograph"]


def _read_photograph(path: Path, width: int) -> torch.Tensor:
    """RGB [1, 3, h, width] in 0..255, scaled down so that one of its pixels holds real detail."""
    with av.open(str(path)) as container:
        frame = next(container.decode(video=0))
    height = round(frame.height * width / frame.width)
    pixels = frame.reformat(width, height, "rgb24", interpolation="AREA").to_ndarray()
    return torch.from_numpy(pixels.astype(np.float32)).permute(2, 0, 1)[None]


def film_photograph(
    photograph: Path,
    target: Path,
    size: tuple[int, int] = (1280, 720),
    frames: int = 60,
    canvas: int = 2560,
) -> None:
    """Renders `frames` views of `size` into a near-lossless H.264 file.

    The window starts at the canvas's own resolution and opens to 1.3 times its size while its
    centre moves along an arc, so motion is sub-pixel, never uniform and different everywhere. On a
    canvas less than twice as wide as the window the arc ends at the photograph's edges.
    """
    width, height = size
    picture = _read_photograph(photograph, canvas)
    rows, columns = picture.shape[2:]
    with av.open(str(target), "w") as container:
        stream = container.add_stream("libx264", rate=Fraction(25), options={"crf": "6"})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for time in np.linspace(0, 1, frames):
            zoom = 1 + 0.3 * time
            centre_x = _within(columns * (0.35 + 0.3 * time), zoom * width, columns)
            centre_y = _within(rows * (0.5 + 0.12 * np.sin(np.pi * time)), zoom * height, rows)
            x = centre_x + (torch.arange(width) + 0.5 - width / 2) * zoom
            y = centre_y + (torch.arange(height) + 0.5 - height / 2) * zoom
            grid_y, grid_x = torch.meshgrid(2 * y / rows - 1, 2 * x / columns - 1, indexing="ij")
            grid = torch.stack((grid_x, grid_y), dim=-1)[None].float()
            view = torch.nn.functional.grid_sample(picture, grid, "bicubic", align_corners=False)
            pixels = view[0].round().clamp(0, 255).byte().permute(1, 2, 0).contiguous().numpy()
            frame = av.VideoFrame.from_ndarray(pixels, "rgb24")
            container.mux(stream.encode(frame.reformat(format="yuv420p", dst_colorspace="ITU709")))
        container.mux(stream.encode())


def _within(centre: float, window: float, length: int) -> float:
    """The centre, moved as little as keeps the window on the canvas."""
    half = min(window, length) / 2
    return min(max(centre, half), length - half)
