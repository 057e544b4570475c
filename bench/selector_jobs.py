"""What the selectors are compared on: clips, budgets, and the anchors that each picks."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from bench.clip import clip_name, lr_of
from palantir.evaluate import measure_single_anchors
from palantir.files import atomic_path
from palantir.graph import ErrorGraph
from palantir.media import read_frames
from palantir.models import SRNetwork
from palantir.schedule import Selector, select
from palantir.schedule.nemo import SingleAnchorQuality

__all__ = ["BUDGETS", "Entry", "Job", "Stream", "jobs_of", "nemo_quality"]

BUDGETS = (("1/60", 1 / 60), ("1/20", 1 / 20), ("1/10", 1 / 10))
_INTERVAL = "gop"


@dataclass(frozen=True)
class Entry:
    """A selector as the tables name it; `budgeted` is False where it disregards the budget."""

    name: str
    selector: str
    without: Literal["weight", "texture"] | None = None
    budgeted: bool = True


_NEMO = Entry("nemo", "nemo")
_ENTRIES = (
    Entry("adjoint", "adjoint"),
    Entry("adjoint without weight", "adjoint", "weight"),
    Entry("adjoint without texture", "adjoint", "texture"),
    Entry("neuroscaler", "neuroscaler"),
    Entry("key-uniform", "key-uniform"),
    Entry("key-alt", "key-alt"),
    _NEMO,
    Entry("texture", "texture"),
    Entry("random", "random"),
    Entry("all", "all", budgeted=False),
    Entry("none", "none", budgeted=False),
)


@dataclass(frozen=True)
class Stream:
    """The first `frames` frames of an HR clip, their LR stream and its graph."""

    clip: Path
    frames: int
    lr: Path
    graph: ErrorGraph

    @classmethod
    def of(cls, clip: Path, frames: int) -> Stream:
        """Encodes the LR stream if need be."""
        lr = lr_of(clip, frames)
        return cls(clip, frames, lr, ErrorGraph.from_video(lr))

    @property
    def name(self) -> str:
        """Of the clip, as in tables."""
        return clip_name(self.clip)

    @property
    def segment(self) -> str:
        """Enough of the packets' hash to tell streams apart."""
        assert self.graph.segment_sha256 is not None
        return self.graph.segment_sha256.hex()[:16]


@dataclass(frozen=True)
class Job:
    """One set of anchors (bool [T, P]) to be judged; `estimate` is its J as a share of J(empty)."""

    stream: Stream
    entry: Entry
    budget: str
    reuse: str
    anchors: NDArray[np.bool_]
    estimate: float

    @property
    def digest(self) -> str:
        """Equal for equal anchors of one stream."""
        return hashlib.sha256(np.packbits(self.anchors).tobytes()).hexdigest()[:16]


def jobs_of(stream: Stream, reuse: str, nemo: Selector | None) -> Iterator[Job]:
    """Every entry at every budget; those that disregard the budget once, at budget "-".

    Without the measurements of `nemo` it is left out.
    """
    for entry in _ENTRIES:
        selector = nemo if entry is _NEMO else entry.selector
        if selector is None:
            continue
        for name, budget in BUDGETS if entry.budgeted else (("-", 1.0),):
            yield _job(stream, entry, selector, (name, budget), reuse)


def _job(
    stream: Stream, entry: Entry, selector: str | Selector, budget: tuple[str, float], reuse: str
) -> Job:
    graph = stream.graph
    picks = select(graph, budget[1], selector, _INTERVAL, without=entry.without)
    anchors = picks.anchors_by_frame(len(graph.frames), graph.grid.count)
    estimate = graph.objective(picks.order) / graph.objective()
    return Job(stream, entry, budget[0], reuse, anchors, estimate)


def nemo_quality(
    stream: Stream,
    network: SRNetwork,
    reuse: str,
    kept: Path,
    progress: Callable[[int], None],
) -> SingleAnchorQuality:
    """Quality of single anchor frames, measured once and then kept in the file."""
    frames = stream.graph.frames
    if kept.exists():
        return SingleAnchorQuality(frames, np.load(kept))
    hr = read_frames(stream.clip)
    measured = measure_single_anchors(
        stream.graph, stream.lr, network, hr, reuse=reuse, progress=progress
    )
    with atomic_path(kept) as path:
        np.save(path, measured.quality)
    return measured
