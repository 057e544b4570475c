"""NEMO's selection of whole frames by measured quality (Yeo et al., MobiCom 2020).

Every frame in turn is made the only anchor frame, the stream is enhanced and each displayed frame
is measured (`palantir.evaluate.measure_single_anchors`). The quality of a frame under a set of
anchor frames is then estimated as the largest that any of them reaches alone,

    estimate[f] = max over anchors a of quality[a, f]

and the next anchor is the frame that leaves the largest mean estimate over the shown frames of
the graph. Ties go to the smallest index. The order of a frame's patches is as in
`palantir.schedule.frame_order`.

Example, one patch a frame, all shown, quality in dB:

    anchor 0   34 31 30 30      mean 31.25
    anchor 1   30 35 32 30      mean 31.75    picked first
    anchor 2   30 30 34 33      mean 31.75
    anchor 3   30 30 30 36      mean 31.50

    1 with 0   34 35 32 30      mean 32.75
    1 with 2   30 35 34 33      mean 33
    1 with 3   30 35 32 36      mean 33.25    picked second
    1, 3, 0    34 35 32 36      mean 34.25    picked third, before 2: 30 35 34 36, mean 33.75

gives 1, 3, 0, 2.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from palantir.errors import ScheduleError
from palantir.graph.error_graph import ErrorGraph
from palantir.graph.frames import FrameTable
from palantir.schedule.frame_order import picks_of_frames
from palantir.schedule.selection import Picks

__all__ = ["SingleAnchorQuality"]


@dataclass(frozen=True, eq=False)
class SingleAnchorQuality:
    """What each frame brings as the only anchor frame; its `select` is a selector.

    frames   the `T` coded frames of the stream
    quality  float64 [T, T], row = anchor frame, column = measured frame: any measure that grows
             with quality, such as PSNR in dB; columns of frames never displayed are not read

    Raises ScheduleError where the sizes disagree or a value that is read is not finite.
    """

    frames: FrameTable
    quality: NDArray[np.float64]

    def __post_init__(self) -> None:
        object.__setattr__(self, "quality", np.ascontiguousarray(self.quality, np.float64))
        count = len(self.frames)
        if self.quality.shape != (count, count):
            raise ScheduleError(f"quality of shape {self.quality.shape} for {count} frames")
        wrong = self.frames.shown & ~np.isfinite(self.quality)
        if wrong.any():
            anchor, frame = np.argwhere(wrong)[0]
            raise ScheduleError(
                f"quality of frame {frame} with anchor frame {anchor} is "
                f"{self.quality[anchor, frame]:g}"
            )

    def select(self, graph: ErrorGraph, count: int) -> Picks:
        """Picks `count` anchors (0..N) of `graph`, frame by frame; a frame costs `O(T * T)`.

        graph  of the whole stream, or of an interval of it: the frames are found by their packet
               indices and coded sizes, and only quality within the interval counts

        Raises ScheduleError where the graph's frames are not among those that were measured.
        """
        first = self._first_of(graph.frames)
        rows = slice(first, first + len(graph.frames))
        quality = self.quality[rows, rows][:, graph.shown & self.frames.shown[rows]]
        return picks_of_frames(graph, _greedy(quality), count)

    def _first_of(self, part: FrameTable) -> int:
        known, size = self.frames, len(part)
        for first in range(len(known) - size + 1):
            rows = slice(first, first + size)
            if np.array_equal(known.packet[rows], part.packet) and np.array_equal(
                known.coded_bytes[rows], part.coded_bytes
            ):
                return first
        raise ScheduleError(
            f"the {size} frames of the graph are not among the {len(known)} that were measured"
        )


def _greedy(quality: NDArray[np.float64]) -> Iterator[int]:
    """Rows of `quality` in the order picked; a sum of estimates ranks them as the mean does."""
    estimate = np.full(quality.shape[1], -np.inf)
    left = np.ones(len(quality), np.bool_)
    while left.any():
        reached = np.maximum(estimate, quality)
        frame = int(np.argmax(np.where(left, reached.sum(axis=1), -np.inf)))
        estimate, left[frame] = reached[frame], False
        yield frame
