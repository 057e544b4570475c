"""HR frames to LR size with FFmpeg's bicubic scaler, centred: no shift between LR and HR."""

from __future__ import annotations

from av.filter import Graph
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from palantir.errors import MediaError
from palantir.media.colour import Colour

__all__ = ["Downscaler", "lr_size"]

_FILTER_MATRIX = {"bt601": "smpte170m", "bt709": "bt709"}


def lr_size(width: int, height: int, scale: int) -> tuple[int, int]:
    """The LR (width, height) of an HR size: divided by `scale`, then rounded down to even.

    Where LR times `scale` is smaller than HR, HR is cropped at its right and bottom edge.
    Raises MediaError if nothing is left.
    """
    lr = (width // scale // 2 * 2, height // scale // 2 * 2)
    if not all(lr):
        raise MediaError(f"a {width}x{height} picture is too small to be scaled down by {scale}")
    return lr


class Downscaler:
    """Scales the frames of one track, in their order, to 8-bit 4:2:0.

    The input is tagged with `colour` first: the scaler would guess matrix and range of untagged
    pictures, for each side by itself, and convert between its guesses.
    """

    def __init__(self, stream: VideoStream, scale: int, colour: Colour) -> None:
        self.size = lr_size(stream.width, stream.height, scale)
        width, height = self.size
        levels = "full" if colour.full_range else "limited"
        self._graph = graph = Graph()
        graph.link_nodes(
            graph.add_buffer(template=stream),
            graph.add("setparams", f"range={levels}:colorspace={_FILTER_MATRIX[colour.matrix]}"),
            graph.add("crop", f"{width * scale}:{height * scale}:0:0"),
            graph.add(
                "scale",
                f"{width}:{height}:flags=bicubic+accurate_rnd+full_chroma_inp"
                f":in_range={levels}:out_range={levels}",
            ),
            graph.add("format", "yuv420p"),
            graph.add("buffersink"),
        ).configure()

    def scale(self, frame: VideoFrame) -> VideoFrame:
        """Return the frame at LR size, with the same time. Raises av.FFmpegError."""
        self._graph.vpush(frame)
        return self._graph.vpull()
