"""What strangers' bytes meet first in Python, as functions to be fuzzed.

A border takes any bytes and returns; it raises PalantirError for what it refuses. Any other
exception, and any broken promise that is asserted here, is a defect.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from palantir.codec import DecodedPacket, Decoder, decode_or_skip
from palantir.enhance import Enhancer
from palantir.errors import PalantirError
from palantir.graph import PatchGrid
from palantir.graph.construct import GraphBuilder
from palantir.graph.intervals import Interval
from palantir.media import Packet, VideoSource
from palantir.models import onnx_file
from palantir.profile import CacheProfile
from palantir.profile.container import wrap
from palantir.schedule import Budget, LiveScheduler
from tests.codec.streams import KINDS
from tests.media.clips import make_clip
from tests.models.small_networks import stack
from tests.profile.make_fixture import FIXTURE, FIXTURE_2
from tests.schedule.live_streams import TIME_BASE

__all__ = ["BORDERS", "seeds"]

GRID = PatchGrid(3, 5)
MAXIMUM_PACKETS = 24


def profile(data: bytes) -> None:
    """A cache profile as it is, and its map under a right checksum."""
    for file in (data, wrap(data)):
        with contextlib.suppress(PalantirError):
            read = CacheProfile.from_bytes(file)
            assert read.to_bytes() == file


def network(data: bytes) -> None:
    """An ONNX file before ONNX Runtime sees it."""
    with contextlib.suppress(PalantirError):
        onnx_file.parse(data, "model.onnx")


def words(data: bytes) -> None:
    """Grid, budget and interval in text; what is taken comes back from its own words."""
    text = data.decode("utf-8", "replace")
    parsers: tuple[Callable[[str], object], ...] = (PatchGrid.parse, Budget.parse, Interval.parse)
    for parse in parsers:
        with contextlib.suppress(PalantirError):
            taken = parse(text)
            assert isinstance(taken, Budget) or parse(str(taken)) == taken


def container(data: bytes) -> None:
    """A video file, its packets and times."""
    with _file(data) as path, contextlib.suppress(PalantirError):
        for packet in VideoSource(path).packets():
            assert abs(packet.pts) < 2**62
            assert 0 < packet.duration < 2**62


def feed(data: bytes) -> None:
    """A live feed: the packets of a sound stream lost, cut, altered, repeated, retimed.

    The first byte chooses the stream, two more each packet and what befalls it.
    """
    kinds = sorted(KINDS)
    packets = _stream(kinds[data[0] % len(kinds)] if data else kinds[0])
    decoder, graph = Decoder(), GraphBuilder(GRID)
    live = LiveScheduler(2, "200ms", GRID, time_base=TIME_BASE)
    enhancer, anchors = Enhancer(None, GRID, scale=2), np.zeros((8, GRID.count), bool)
    clock = 0
    for step in range(min((len(data) - 1) // 2, MAXIMUM_PACKETS)):
        which, fate = data[1 + 2 * step : 3 + 2 * step]
        clock += (fate >> 4) - 4 if fate & 8 else 1
        packet = _befallen(packets[which % len(packets)], fate, Packet(step, b"", clock, 1, False))
        if fate & 7 == 7:
            decoder.wait_for_key_frame()
        decoded = decode_or_skip(decoder, packet, lambda error: None)
        if fate & 7 == 6:
            continue  # lost after decoding
        _taken(decoded, live, graph, enhancer, anchors)
    with contextlib.suppress(PalantirError):
        live.flush()
    with contextlib.suppress(PalantirError):
        assert np.isfinite(graph.build(bytes(32)).texture).all()


def _befallen(data: bytes, fate: int, packet: Packet) -> Packet:
    """The packet, cut, or with one bit flipped."""
    if fate & 7 == 1:
        data = data[: len(data) * (fate >> 4) // 16]
    elif fate & 7 == 2 and data:
        at = len(data) * (fate >> 4) // 16
        data = data[:at] + bytes([data[at] ^ 1 << (fate >> 4) % 8]) + data[at + 1 :]
    return replace(packet, data=data)


def _taken(
    decoded: DecodedPacket,
    live: LiveScheduler,
    graph: GraphBuilder,
    enhancer: Enhancer,
    anchors: np.ndarray,
) -> None:
    with contextlib.suppress(PalantirError):
        live.push(decoded)
    with contextlib.suppress(PalantirError):
        for frame in decoded.frames:
            graph.add(frame)
        if decoded.displayed is not None:
            graph.show(decoded.displayed)
    with contextlib.suppress(PalantirError):
        shown = enhancer.process(decoded, anchors[: len(decoded.frames)])
        assert shown is None or shown.width > 0


@cache
def _stream(kind: str) -> tuple[bytes, ...]:
    return KINDS[kind]()


@contextlib.contextmanager
def _file(data: bytes) -> Iterator[Path]:
    shared = Path("/dev/shm")  # memory, where there is one
    with TemporaryDirectory(dir=shared if shared.is_dir() else None) as folder:
        path = Path(folder, "input")
        path.write_bytes(data)
        yield path


BORDERS: dict[str, Callable[[bytes], None]] = {
    "profile": profile,
    "network": network,
    "words": words,
    "container": container,
    "feed": feed,
}


@cache
def seeds(border: str) -> tuple[bytes, ...]:
    """Sound inputs to begin with."""
    if border == "profile":
        files = FIXTURE.read_bytes(), FIXTURE_2.read_bytes()
        return *files, *(file[8:-4] for file in files)
    if border == "network":
        return stack((3,), metadata={"palantir.scale": "2"}), stack(scale=4)
    if border == "words":
        return b"3x5", b"5%", b"20", b"0.05", b"20GMAC/s", b"200ms", b"gop", b"12"
    if border == "container":
        with TemporaryDirectory() as folder:
            return tuple(
                make_clip(Path(folder, name), times=range(0, 120, 40)).read_bytes()
                for name in ("a.webm", "a.mp4", "a.ivf")
            )
    fates = (0, 0x41, 0x82, 6, 7, 0x8, 0xF8)
    return tuple(
        bytes([kind, *(byte for i in range(12) for byte in (i, fates[(i + kind) % len(fates)]))])
        for kind in range(len(KINDS))
    )
