"""The `reuse` command: enhancement with the network's results at hand, on one thread and on two."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from fractions import Fraction
from itertools import islice
from pathlib import Path
from statistics import median

from bench.clip import SCALE, benchmark_clip
from bench.engine_peers import measure_peers
from bench.report import Report, Table, machine
from palantir.cli.progress import progress_bar
from palantir.codec import decode_packets
from palantir.enhance import enhance
from palantir.enhance.inference import AnchorInference, FrameAnchors, FrameDetail
from palantir.graph import ErrorGraph
from palantir.media import VideoSource
from palantir.models import SRNetwork
from palantir.profile import CacheProfile
from palantir.schedule import select

__all__ = ["Reuse", "report_reuse", "time_reuse"]

_SHARES = (Fraction(0), Fraction(1, 60), Fraction(1, 20))  # of patches that are anchors
_FRAMES = 100  # of a round


@dataclass(frozen=True)
class Reuse:
    """Medians of rounds in turn, seconds a frame: decoding with its trace alone, and all of it."""

    share: float
    decode: float
    one_thread: float
    two_threads: float
    ratio: float  # of one thread to two, median of the rounds' own


class _Kept:
    """A network's results, computed when they are first asked for."""

    def __init__(self, network: SRNetwork) -> None:
        self.scale = network.scale
        self._inference = AnchorInference(network)
        self._known: dict[int, FrameDetail] = {}

    def run(self, frames: Sequence[FrameAnchors]) -> list[FrameDetail]:
        for anchors in frames:
            if anchors.coded not in self._known:
                self._known[anchors.coded] = self._inference.run([anchors])[0]
        return [self._known[anchors.coded] for anchors in frames]


def report_reuse(rounds: int) -> Report:
    """At 854x480, by share of anchors."""
    with progress_bar("reuse", len(_SHARES), None) as progress:
        found = []
        for share in _SHARES:
            found.append(time_reuse(share, rounds))
            progress(len(found))
    clip = benchmark_clip()
    source = VideoSource(clip)
    copy = measure_peers(clip, (SCALE * source.width, SCALE * source.height), _FRAMES).copy
    rows = [
        [
            f"{100 * one.share:.3g} %", *(f"{1e3 * value:.2f}" for value in
            (one.decode, one.one_thread, one.two_threads)), f"{one.ratio:.2f}",
            f"{one.one_thread / copy:.1f}",
        ]
        for one in found
    ]  # fmt: skip
    table = Table(
        "Reuse by itself, ms a frame",
        ["anchors", "decode and trace", "one thread", "two threads", "one / two", "one / copy"],
        rows,
        f"{source.width}x{source.height} to x{SCALE}, {_FRAMES} frames a round, decoding included, "
        f"the network's results made beforehand; medians of {rounds} rounds in turn, of the ratio, "
        f"too; copying the SR frame once takes {1e3 * copy:.2f} ms. {machine()}.",
    )
    data = {"machine": machine(), "copy": copy, "reuse": [asdict(one) for one in found]}
    return Report("reuse", f"python -m bench reuse --rounds {rounds}", [table], data)


def time_reuse(share: Fraction, rounds: int) -> Reuse:
    """Of the benchmark clip's first frames, with a share of patches chosen by `adjoint`."""
    clip = benchmark_clip()
    graph = ErrorGraph.from_video(clip, "3x5", error_model="paper")
    chosen = select(graph, float(share), interval="gop") if share else select(graph, 1, "none")
    profile = CacheProfile.from_selection(graph, chosen)
    kept = _Kept(SRNetwork.load())
    _enhance(clip, profile, kept, 1)  # the network's turn
    times = [
        (_decode(clip), _enhance(clip, profile, kept, 1), _enhance(clip, profile, kept, 2))
        for _ in range(rounds)
    ]
    decode, one, two = (median(round_[i] for round_ in times) for i in range(3))
    return Reuse(float(share), decode, one, two, median(a / b for _, a, b in times))


def _decode(clip: Path) -> float:
    begin = time.perf_counter()
    count = sum(1 for _ in islice(decode_packets(clip, full=False), _FRAMES))
    return (time.perf_counter() - begin) / count


def _enhance(clip: Path, profile: CacheProfile, kept: _Kept, threads: int) -> float:
    frames = enhance(clip, profile, kept, threads=threads)
    next(frames)  # opens the file, makes buffers
    begin = time.perf_counter()
    count = sum(1 for _ in islice(frames, _FRAMES))
    seconds = time.perf_counter() - begin
    frames.close()
    return seconds / count
