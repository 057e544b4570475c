"""The `endurance` command: whether memory stays flat over many frames and many streams."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from fractions import Fraction
from itertools import count
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.report import Report, Table, machine
from palantir.cli.progress import Report as Progress
from palantir.cli.progress import progress_bar
from palantir.codec import DecodedPacket, Decoder
from palantir.enhance import Enhancer, enhance
from palantir.graph import ErrorGraph
from palantir.grid import PatchGrid
from palantir.media import Colour, VideoSink, VideoSource
from palantir.models import SRNetwork
from palantir.profile import CacheProfile
from palantir.schedule import select

__all__ = ["Growth", "report_endurance"]

_SIZE = (160, 90)
_GOP = 30
_RATE = Fraction(25)
_WARM_UP = 0.1  # of the work
_PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True)
class Growth:
    """Resident memory in MB once warm, at the end, and the most in between."""

    what: str
    times: int
    warm: float
    last: float
    most: float

    @property
    def share(self) -> float:
        """By which the end exceeds the warm state, 0.01 is 1 %."""
        return self.last / self.warm - 1


def report_endurance(frames: int, cycles: int) -> Report:
    """Enhance `frames` coded frames without end, then open and close `cycles` streams."""
    with tempfile.TemporaryDirectory() as folder:
        clip = _clip(Path(folder) / "clip.webm")
        network = SRNetwork.load(threads=1)
        with progress_bar("endurance", frames + cycles, None) as progress:
            found = [
                _frames(clip, network, frames, progress),
                _cycles(clip, network, cycles, lambda done: progress(frames + done)),
            ]
    rows = [
        [
            growth.what, str(growth.times), f"{growth.warm:.1f}", f"{growth.most:.1f}",
            f"{growth.last:.1f}", f"{growth.share:+.2%}",
        ]
        for growth in found
    ]  # fmt: skip
    table = Table(
        "Memory over time",
        ["what", "times", "warm, MB", "most, MB", "end, MB", "growth"],
        rows,
        f"Resident memory of the process at {_SIZE[0]}x{_SIZE[1]} to x4; warm after the first "
        f"{_WARM_UP:.0%}.",
    )
    data = {"machine": machine(), "growth": [asdict(growth) for growth in found]}
    return Report("endurance", "python -m bench endurance", [table], data)


def _clip(path: Path) -> Path:
    """A GoP of a pattern that moves."""
    random = np.random.default_rng(0)
    texture = random.integers(16, 235, (_SIZE[1] + 64, _SIZE[0] + 64), np.uint8)
    grey = np.full((_SIZE[1] // 2, _SIZE[0] // 2), 128, np.uint8)
    options = {"deadline": "realtime", "cpu-used": "8", "g": str(_GOP), "crf": "40", "b": "0"}
    source = Colour("bt709", False)
    with VideoSink(path, *_SIZE, _RATE, 1 / _RATE, source, options=options) as sink:
        for t in range(_GOP):
            part = texture[t : t + _SIZE[1], 2 * t : 2 * t + _SIZE[0]]
            sink.write((np.ascontiguousarray(part), grey, grey), t)
    return path


def _frames(clip: Path, network: SRNetwork, frames: int, progress: Progress) -> Growth:
    grid = PatchGrid(3, 5)
    packets = list(VideoSource(clip).packets())
    decoder, enhancer = Decoder(grid=grid), Enhancer(network, grid)
    numbers = count()

    def one() -> None:
        packet = decoder.decode(packets[next(numbers) % len(packets)])
        enhancer.process(packet, _anchors(packet, grid))

    return _watch("frames enhanced by one decoder", one, frames, progress)


def _anchors(packet: DecodedPacket, grid: PatchGrid) -> NDArray[np.bool_]:
    """One patch in every tenth frame."""
    anchors = np.zeros((len(packet.frames), grid.count), np.bool_)
    for row, frame in zip(anchors, packet.frames, strict=True):
        row[frame.index // 10 % grid.count] = frame.index % 10 == 0
    return anchors


def _cycles(clip: Path, network: SRNetwork, cycles: int, progress: Progress) -> Growth:
    graph = ErrorGraph.from_video(clip, "3x5", error_model="paper")
    profile = CacheProfile.from_selection(graph, select(graph, 0.05))

    def one() -> None:
        frames = enhance(clip, profile, network, threads=2)
        next(frames), next(frames)
        frames.close()

    return _watch("streams opened, two frames each, and closed", one, cycles, progress)


def _watch(what: str, work: Callable[[], None], times: int, progress: Progress) -> Growth:
    warm = most = 0.0
    for done in range(times):
        work()
        if done % 64 == 0:
            progress(done)
            most = max(most, _resident())
        if done == int(times * _WARM_UP):
            warm = _resident()
    progress(times)
    return Growth(what, times, warm, _resident(), most)


def _resident() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * _PAGE / 2**20
