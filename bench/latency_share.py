"""What share of an end-to-end latency budget goes into scheduling (the paper's Fig. 13)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from fractions import Fraction
from itertools import groupby
from pathlib import Path
from typing import Any

from bench.cases import Case, Shape, interval_of
from bench.clip import FRAME_RATE, benchmark_clip
from bench.contenders import Contender
from bench.report import Table, duration
from bench.selection_kept import Kept, Limits
from bench.selection_latency import anchors_within, measure_counts
from bench.timing import seconds_of
from palantir.codec import Decoder
from palantir.graph import ErrorGraph
from palantir.graph.construct import GraphBuilder
from palantir.grid import PatchGrid
from palantir.media import VideoSource

__all__ = ["BUDGETS", "Share", "measure_shares", "share_table"]

_GRID = PatchGrid(3, 5)
_ANCHORS = Fraction(1, 20)
BUDGETS = (  # end-to-end budget in seconds, frames
    (0.2, 2),
    *((float(budget), budget * FRAME_RATE // 5) for budget in (2, 4, 6, 8, 10)),
)
_FIRST = 1  # intervals begin after the key frame
_CONSTRUCTED = 60  # coded frames whose construction is timed


@dataclass(frozen=True)
class Share:
    """Latency of scheduling one interval; seconds throughout, `selection` None: too long."""

    budget: float
    frames: int
    selector: str
    threads: int
    construction: float
    selection: float | None

    @property
    def share(self) -> float | None:
        """Of the budget; above 1 it is missed."""
        if self.selection is None:
            return None
        return (self.construction + self.selection) / self.budget

    def to_dict(self) -> dict[str, Any]:
        """Ready for JSON."""
        return asdict(self) | {"share": self.share}


def measure_shares(contenders: Sequence[Contender], limits: Limits, kept: Kept) -> Iterator[Share]:
    """Every contender at every budget, on the benchmark clip."""
    clip = benchmark_clip()
    construction = _construction_of_a_frame(clip)
    whole = ErrorGraph.from_video(clip, _GRID, error_model="paper")
    for budget, frames in BUDGETS:
        graph = interval_of(whole, _FIRST, frames)
        case = Case("benchmark clip", Shape(frames, _GRID, _FIRST), graph)
        count = anchors_within(_ANCHORS, graph.nodes)
        for contender in contenders:
            (cell,) = measure_counts(case, contender, [count], limits, kept)
            yield Share(
                budget, frames, contender.name, contender.threads, construction * frames,
                cell.timing.median if cell.timing else None,
            )  # fmt: skip


def share_table(shares: Sequence[Share], contenders: Sequence[Contender]) -> Table:
    """One row a budget."""
    rows = []
    for (budget, frames), group in groupby(shares, key=lambda share: (share.budget, share.frames)):
        cells = list(group)
        construction = duration(cells[0].construction)
        rows.append((f"{budget:g} s", str(frames), construction, *map(_percent, cells)))
    return Table(
        "Scheduling latency as a share of the end-to-end budget",
        ("budget", "frames", "construction", *(one.heading for one in contenders)),
        rows,
        f"(construction + selection) / budget at {_GRID} patches and 1/20 anchors. Construction "
        "holds decoding and the paper's error model, and counts every frame of the interval, as if "
        "all packets came at once. "
        "Intervals: 2 frames at 0.2 s, else a fifth of the budget.",
    )


def _percent(share: Share) -> str:
    if share.share is None:
        return "-"
    percent = 100 * share.share
    return f"{percent:.3g}%" if percent < 100 else f"{percent:,.0f}%"


def _construction_of_a_frame(clip: Path) -> float:
    """Seconds from a packet in memory to its part of the graph, the mean over a GoP."""
    packets = list(VideoSource(clip).packets())
    done = 0

    def construct() -> None:
        nonlocal done
        builder, decoder, done = GraphBuilder(_GRID, error_model="paper"), Decoder(), 0
        for packet in packets:
            for frame in decoder.decode(packet).frames:
                builder.add(frame)
                done += 1
            if done >= _CONSTRUCTED:
                break
        builder.build()

    seconds = seconds_of(construct)
    return seconds / done
