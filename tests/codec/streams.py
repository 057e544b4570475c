"""Small VP9 streams made here with PyAV's encoder, and what decodes them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import av
import numpy as np
from av.video.stream import VideoStream
from numpy.typing import NDArray

from palantir.codec import CodedFrame, DecodedPacket, Decoder
from palantir.grid import PatchGrid
from palantir.media import Packet, VideoSource
from tests.codec.frame_header import as_10_bit, as_intra_only, resized, show_existing

_SLOW_ENCODER = {"deadline": "good", "cpu-used": "2", "lag-in-frames": "0", "b": "300k"}
_ALT_REF_ENCODER = {"deadline": "realtime", "cpu-used": "6", "lag-in-frames": "25"}
ENCODERS: dict[str, dict[str, str]] = {
    "sub-8x8": _SLOW_ENCODER,  # also intra blocks in inter frames, and all block sizes
    "alt-ref": _ALT_REF_ENCODER | {"auto-alt-ref": "1", "b": "100k"},  # hidden frames, superframes
    "resilient": {"deadline": "realtime", "cpu-used": "5", "error-resilient": "1", "crf": "30"},
    "tiled": {"deadline": "realtime", "cpu-used": "5", "tile-columns": "2", "crf": "30"},
    "coarse": _SLOW_ENCODER | {"qmin": "45", "qmax": "63", "b": "100k"},
}


def encode(
    path: Path,
    encoder: str = "sub-8x8",
    *,
    pixel_format: str = "yuv420p",
    size: tuple[int, int] = (101, 67),
    frames: int = 6,
) -> Path:
    """Encode a noisy texture that moves, and whose middle changes halfway through."""
    options = ENCODERS[encoder] | {"g": "100"}
    with av.open(str(path), "w") as output:
        stream = output.add_stream("libvpx-vp9", rate=Fraction(25), options=options)
        assert isinstance(stream, VideoStream)
        stream.width, stream.height, stream.pix_fmt = *size, pixel_format
        for index, rgb in enumerate(_pictures(*size, frames)):
            frame = av.VideoFrame.from_ndarray(rgb, "rgb24").reformat(format=pixel_format)
            frame.pts = index
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    return path


@cache
def stream(
    encoder: str = "sub-8x8",
    *,
    pixel_format: str = "yuv420p",
    size: tuple[int, int] = (101, 67),
    frames: int = 6,
) -> tuple[bytes, ...]:
    """The packets of `encode` with the same arguments."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "stream.ivf"
        encode(path, encoder, pixel_format=pixel_format, size=size, frames=frames)
        return tuple(packet.data for packet in VideoSource(path).packets())


def packet(data: bytes, index: int = 0) -> Packet:
    return Packet(index, data, pts=index, duration=1, key=False)


def decode_all(
    packets: Sequence[bytes] | Path,
    *,
    grid: PatchGrid | None = None,
    threads: int = 1,
    row_mt: bool = False,
) -> list[DecodedPacket]:
    decoder = Decoder(grid=grid, threads=threads, row_mt=row_mt)
    if isinstance(packets, Path):
        return [decoder.decode(each) for each in VideoSource(packets).packets()]
    return [decoder.decode(packet(data, index)) for index, data in enumerate(packets)]


def frames_of(
    packets: Sequence[bytes] | Path,
    *,
    grid: PatchGrid | None = None,
    threads: int = 1,
    row_mt: bool = False,
) -> list[CodedFrame]:
    decoded = decode_all(packets, grid=grid, threads=threads, row_mt=row_mt)
    return [frame for each in decoded for frame in each.frames]


def _with_intra_only() -> tuple[bytes, ...]:
    first, *rest = stream("resilient")
    other = as_intra_only(stream("sub-8x8")[0], refresh=0b00000110)
    return first, rest[0], other, *rest[1:], show_existing(2)


def _with_new_sizes() -> tuple[bytes, ...]:
    first, second, third, fourth, *rest = stream("resilient")
    return first, second, resized(third, 104, 72), resized(fourth, 100, 66), *rest


KINDS: dict[str, Callable[[], tuple[bytes, ...]]] = {
    "sub-8x8": lambda: stream("sub-8x8"),
    "alt-ref": lambda: stream("alt-ref", frames=30),
    "4:2:2": lambda: stream(pixel_format="yuv422p"),
    "4:4:0": lambda: stream(pixel_format="yuv440p"),
    "4:4:4": lambda: stream(pixel_format="yuv444p"),
    "10-bit": lambda: tuple(map(as_10_bit, stream("coarse"))),
    "new-sizes": _with_new_sizes,
    "intra-only": _with_intra_only,
    "tiny": lambda: stream(size=(9, 3)),
}  # one of each: what a VP9 stream may hold, compound prediction excepted


def _pictures(width: int, height: int, count: int) -> list[NDArray[np.uint8]]:
    random = np.random.default_rng(1)
    canvas = random.integers(0, 256, (height + 64, width + 64, 3)).astype(float)
    for _ in range(2):
        neighbours = (np.roll(canvas, shift, (0, 1)) for shift in ((0, 1), (1, 0), (1, 1)))
        canvas = (canvas + sum(neighbours)) / 4
    canvas = 3 * (canvas - canvas.mean()) + 128
    pictures = []
    for index in range(count):
        top, left = 2 * index % 64, 3 * index % 64
        picture = canvas[top : top + height, left : left + width].copy()
        if index >= count // 2:
            middle = picture[height // 4 : height // 2]
            middle[:] = 255 - middle
        picture += random.normal(0, 4, picture.shape)
        pictures.append(picture.clip(0, 255).astype(np.uint8))
    return pictures
