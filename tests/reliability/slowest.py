"""How long a packet can take: the slowest of what is known, in time a pixel of its coded frames.

Work on a packet is bounded by its coded frames, of which there are at most 8, and by their pixels,
which the limit on frames bounds. What varies is the time a pixel takes. Nothing proves the longest
one; the inputs here look for it: noise coded without loss, which is the most bits a pixel, and
frames whose coded data are random bits, which is the smallest blocks, the longest vectors and
coefficients everywhere; beside them test vectors, malformed streams and fuzzing corpora.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory

import av
import numpy as np
from av.video.stream import VideoStream

from palantir import _core
from palantir.codec import CodedFrame
from palantir.enhance.inference import AnchorDetail
from palantir.enhance.reuse import DetailReuse, EnhancedFrame
from palantir.tiles import Tile
from tests.codec.frame_header import FrameHeader, as_10_bit, claimed_size
from tests.codec.packets import packets_of
from tests.codec.streams import KINDS, stream
from tests.data_folder import INVALID, VECTORS, invalid, vector

__all__ = ["FIXED", "SOURCES", "Slowest", "corpus_streams", "slowest"]

_SIZE = (448, 448)  # of made streams: one tile, and no more than FrameHeader reads
FIXED = 1e-3  # seconds that a packet may take, however small its frames: mostly buffers' borders
_SCALE = 4


@dataclass
class Slowest:
    """The longest time a pixel of one step, in ns, and where that was."""

    nanoseconds: float = 0.0
    where: str = ""
    packets: int = 0

    def note(self, seconds: float, pixels: int, where: str) -> None:
        """Take one packet's time into account."""
        self.packets += 1
        taken = 1e9 * (seconds - FIXED) / pixels if pixels else 0.0
        if taken > self.nanoseconds:
            self.nanoseconds, self.where = taken, where


def slowest(streams: Iterable[tuple[str, Sequence[bytes]]], limit: int = 0) -> dict[str, Slowest]:
    """The slowest packet of `streams` in decoding with a full trace, in the graph, and in reuse.

    limit  of the frames' sides; 0: the build's
    """
    steps = {step: Slowest() for step in ("decode", "graph", "reuse")}
    for name, packets in streams:
        runs = [_times(packets, limit) for _ in range(2)]
        for number, times in enumerate(zip(*runs, strict=True)):
            for step, (_, pixels) in times[0].items():
                seconds = min(run[step][0] for run in times)  # others work beside us
                steps[step].note(seconds, pixels, f"{name}, packet {number}")
    return steps


def _times(packets: Sequence[bytes], limit: int) -> list[dict[str, tuple[float, int]]]:
    """For each packet, of each step its seconds of CPU and the pixels it worked on."""
    decoder, reuse = _core.Decoder(max_width=limit, max_height=limit), _Reuse()
    largest, result = 0, []
    for number, data in enumerate(packets):
        begin = time.thread_time()
        frames = _decoded(decoder, data, number)
        seconds = time.thread_time() - begin
        width, height = claimed_size(data)
        largest = max(largest, width * height, _pixels(frames))
        times = {"decode": (seconds, _pixels(frames) or largest)}
        if frames:
            begin = time.thread_time()
            for frame in frames:
                assert frame.texture.size
                assert frame.weights
            times["graph"] = time.thread_time() - begin, _pixels(frames)
        usable = [frame for frame in frames if _usable(frame)]
        if usable:
            times["reuse"] = sum(map(reuse.seconds, usable)), _pixels(usable)
        result.append(times)
    return result


def _decoded(decoder: _core.Decoder, data: bytes, number: int) -> list[CodedFrame]:
    """None where the packet is refused: its time counts for the largest one up to there."""
    try:
        return [CodedFrame(frame, number, number, None) for frame in decoder.decode(data)[0]]
    except _core.DecodeError:
        return []


def _pixels(frames: Iterable[CodedFrame]) -> int:
    return sum(frame.width * frame.height for frame in frames)


def _usable(frame: CodedFrame) -> bool:
    return frame.bit_depth == 8 and frame.subsampling == (1, 1)


class _Reuse:
    """Detail of noise at each key frame, carried on by detail reuse."""

    def __init__(self) -> None:
        self._reuse = DetailReuse(_SCALE, fade=2.0)
        self._kept: dict[int, EnhancedFrame] = {}

    def seconds(self, frame: CodedFrame) -> float:
        """Of CPU, for one frame."""
        anchors = [_noise(frame)] if frame.key else []
        references = {i: self._kept[i] for i in frame.references if i in self._kept}
        begin = time.thread_time()
        enhanced = self._reuse.enhance(frame, references, anchors)
        enhanced.render()
        taken = time.thread_time() - begin
        known = {**self._kept, frame.index: enhanced}
        self._kept = {index: known[index] for index in frame.slots if index in known}
        return taken


def _noise(frame: CodedFrame) -> AnchorDetail:
    lot = np.random.default_rng(1)
    shape = _SCALE * frame.height, _SCALE * frame.width
    detail = lot.integers(-2000, 2000, shape, np.int16)
    return AnchorDetail(Tile(0, 0, frame.width, frame.height), (detail, None, None))


def _lossless(pixel_format: str) -> Iterator[tuple[str, Sequence[bytes]]]:
    """Noise, every bit of it coded: of all levels, and of black and white alone."""
    for levels in (256, 2):
        packets = _coded_noise(pixel_format, levels)
        yield f"{levels} levels", packets
        if pixel_format == "yuv420p":  # no encoder at hand makes more than 8 bits
            yield f"{levels} levels taken for 10 bits", [_alone(as_10_bit(packets[0]))]


def _coded_noise(pixel_format: str, levels: int) -> list[bytes]:
    lot = np.random.default_rng(1)
    width, height = _SIZE
    with TemporaryDirectory() as folder:
        path = Path(folder) / "noise.ivf"
        with av.open(str(path), "w") as output:
            options = {"lossless": "1", "lag-in-frames": "0", "cpu-used": "8"}
            track = output.add_stream("libvpx-vp9", rate=Fraction(25), options=options)
            assert isinstance(track, VideoStream)
            track.width, track.height, track.pix_fmt = width, height, pixel_format
            for _ in range(3):
                picture = lot.integers(0, levels, (height, width, 3), np.uint8) * (
                    255 // (levels - 1)
                )
                frame = av.VideoFrame.from_ndarray(picture.astype(np.uint8), "rgb24")
                output.mux(track.encode(frame.reformat(format=pixel_format)))
            output.mux(track.encode(None))
        return packets_of(path)


def _random_bits() -> Iterator[tuple[str, Sequence[bytes]]]:
    """Frames with an encoder's headers and random bits for all the rest."""
    for encoder in ("sub-8x8", "resilient", "coarse"):
        packets = stream(encoder, size=_SIZE, frames=6)
        for seed in range(8):
            lot = random.Random(seed)
            yield f"random bits {encoder} {seed}", [_scrambled(data, lot) for data in packets]


def _scrambled(data: bytes, lot: random.Random) -> bytes:
    header = FrameHeader.parse(data)
    start = (header.end + 7) // 8
    begin = int.from_bytes(data[:start]) >> 8 * start - header.end
    start += begin & 0xFFFF  # of the coded blocks: behind the compressed header
    # The coded blocks begin with a bit that must be 0.
    frame = data[:start] + bytes([lot.randrange(128)]) + lot.randbytes(6 * _SIZE[0] * _SIZE[1])
    return _alone(frame)


def _alone(frame: bytes) -> bytes:
    """As a superframe, whose index says where the frame ends: bytes left over are no next one."""
    marker = bytes([0b11011000])
    return frame + marker + len(frame).to_bytes(4, "little") + marker


def corpus_streams(folder: Path) -> Iterator[tuple[str, Sequence[bytes]]]:
    """The streams that fuzz_decode reads from the files of a folder."""
    with TemporaryDirectory() as place:
        link = Path(place) / "input.ivf"
        for path in sorted(folder.iterdir()):
            link.symlink_to(path.resolve())
            yield path.name, packets_of(link)
            link.unlink()


SOURCES: dict[str, Callable[[], Iterator[tuple[str, Sequence[bytes]]]]] = {
    "small streams of every kind": lambda: ((kind, make()) for kind, make in KINDS.items()),
    "noise without loss, 4:2:0": lambda: _lossless("yuv420p"),
    "noise without loss, 4:4:4": lambda: _lossless("yuv444p"),
    "random bits": _random_bits,
    "vectors": lambda: ((name, packets_of(vector(name))) for name in VECTORS),
    "malformed streams": lambda: ((name, packets_of(invalid(name))) for name in INVALID),
}
