"""What the engine is compared with: less work, and other ways to the same size."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from bench.timing import time_rounds
from palantir import _core
from palantir.codec import decode_packets
from palantir.media import VideoSource
from palantir.media.pictures import to_frame
from palantir.models import SRNetwork

__all__ = ["Peers", "measure_peers", "per_frame_seconds"]

_PICTURES = 10  # that swscale enlarges
_LASTING = 0.25  # seconds of rounds


@dataclass(frozen=True)
class Peers:
    """Seconds a frame, on one thread."""

    decode: float  # stock libvpx
    copy: float  # of the SR frame, once
    bilinear: float  # swscale
    bicubic: float


def measure_peers(clip: Path, sr: tuple[int, int], frames: int) -> Peers:
    """On the clip's first frames; `sr` is the width and height of the SR picture."""
    packets = [packet.data for packet in islice(VideoSource(clip).packets(), frames)]

    def decode() -> None:
        decoder = _core.Decoder(observe=False)
        for data in packets:
            decoder.decode(data)

    pictures = list(_pictures(clip))

    def enlarge(interpolation: str) -> None:
        for picture in pictures:
            picture.reformat(*sr, interpolation=interpolation, threads=1)

    whole = np.zeros(sr[0] * sr[1] * 3 // 2, np.uint8)
    target = np.ones_like(whole)
    return Peers(
        time_rounds(decode, _LASTING).median / len(packets),
        time_rounds(lambda: np.copyto(target, whole), _LASTING).median,
        time_rounds(lambda: enlarge("BILINEAR"), _LASTING).median / len(pictures),
        time_rounds(lambda: enlarge("BICUBIC"), _LASTING).median / len(pictures),
    )


def per_frame_seconds(size: tuple[int, int], model: Path, threads: int) -> float:
    """Of the network alone on a whole picture of `size`, width and height."""
    width, height = size
    network = SRNetwork.load(model, threads=threads)
    channels = 1 if network.colour == "luma" else 3
    network.run(np.zeros((1, channels, 64, 64), np.float32))
    picture = np.zeros((1, channels, height, width), np.float32)
    return time_rounds(lambda: network.run(picture)).median


def _pictures(clip: Path) -> Iterator[Any]:
    frames = (frame for packet in decode_packets(clip) for frame in packet.frames)
    for frame in islice(frames, _PICTURES):
        yield to_frame(frame.native.planes)
