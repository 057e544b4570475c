"""Self-made VP9 streams with what reuse must cope with, and decoding for the tests beside this."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from functools import cache
from pathlib import Path

import av
import numpy as np
from av.video.stream import VideoStream
from numpy.typing import NDArray

from palantir.codec import CodedFrame, DecodedPacket, decode_packets
from palantir.media import Planes

# Everything the encoder has: hidden alt-refs, compound prediction, small partitions.
THOROUGH = {"deadline": "good", "cpu-used": "1", "lag-in-frames": "16", "auto-alt-ref": "1"}
QUICK = {"deadline": "realtime", "cpu-used": "6", "lag-in-frames": "0"}


@cache
def texture(seed: int, side: int = 256) -> NDArray[np.float64]:
    """Smooth periodic noise, -1..1: fine enough to show sub-pixel motion, soft enough to code."""
    frequency = np.fft.fftfreq(side)
    radius = np.hypot(frequency[:, None], frequency[None])
    noise = np.fft.fft2(np.random.default_rng(seed).standard_normal((side, side)))
    smooth = np.fft.ifft2(noise * np.exp(-((radius / 0.12) ** 2))).real
    return np.asarray(smooth / np.abs(smooth).max())


def shifted(image: NDArray[np.float64], dx: float, dy: float) -> NDArray[np.float64]:
    """A periodic image moved by a fraction of a pixel."""
    rows, columns = (np.fft.fftfreq(side) for side in image.shape)
    phase = np.exp(-2j * np.pi * (columns[None] * dx + rows[:, None] * dy))
    return np.asarray(np.fft.ifft2(np.fft.fft2(image) * phase).real)


def moving_picture(index: int, width: int, height: int, seed: int = 1) -> Planes:
    """Two textures that move apart quickly, a square over them; pixels leave at all sides."""
    back = shifted(texture(seed), 5.3 * index, -3.7 * index)[:height, :width]
    front = shifted(texture(seed + 1), -2.6 * index, 4.45 * index)[:height, :width]
    y, x = np.mgrid[:height, :width]
    disc = (x - width / 2) ** 2 + (y - height / 2) ** 2 < (min(width, height) / 3) ** 2
    luma = np.where(disc, front, back) * 110 + 125
    left = int(7 * index) % width
    luma[height // 3 : height // 3 + 13, left : left + 13] = 235
    chroma = [
        shifted(texture(seed + 2 + p), 2.65 * index, -1.85 * index)
        [: (height + 1) // 2, : (width + 1) // 2] * 60 + 128
        for p in range(2)
    ]  # fmt: skip
    y8, u8, v8 = (np.clip(np.rint(p), 0, 255).astype(np.uint8) for p in (luma, *chroma))
    return y8, u8, v8


def encode(
    path: Path,
    pictures: Iterable[Planes],
    *,
    options: Mapping[str, str] = THOROUGH,
    bitrate: int = 400_000,
    gop: int = 60,
    pix_fmt: str = "yuv420p",
) -> Path:
    """Encode 4:2:0 pictures with libvpx-vp9, 25 frames/s."""
    stream: VideoStream | None = None
    with av.open(str(path), "w") as output:
        for index, planes in enumerate(pictures):
            height, width = planes[0].shape
            if stream is None:
                added = output.add_stream("libvpx-vp9", rate=Fraction(25))
                assert isinstance(added, VideoStream)
                stream = added
                stream.width, stream.height, stream.pix_fmt = width, height, pix_fmt
                stream.bit_rate, stream.gop_size = bitrate, gop
                stream.options = dict(options)
            frame = av.VideoFrame(width, height, "yuv420p")
            for plane, samples in zip(frame.planes, planes, strict=True):
                padded = np.zeros((plane.height, plane.line_size), np.uint8)
                padded[:, : plane.width] = samples
                plane.update(padded.tobytes())
            frame.pts, frame.time_base = index, Fraction(1, 25)
            output.mux(stream.encode(frame))
        assert stream is not None
        output.mux(stream.encode(None))
    return path


def packets(path: Path, limit: int | None = None) -> list[DecodedPacket]:
    """The first decoded packets of a file, or all of them."""
    decoded = []
    for packet in decode_packets(path):
        decoded.append(packet)
        if len(decoded) == limit:
            break
    return decoded


def coded_frames(path: Path, limit: int | None = None) -> list[CodedFrame]:
    """The coded frames in a file's first packets."""
    return [frame for packet in packets(path, limit) for frame in packet.frames]


def all_blocks(frames: Iterable[CodedFrame]) -> NDArray[np.void]:
    """The blocks of all frames in one array."""
    return np.concatenate([frame.blocks for frame in frames])
