"""NeuroScaler's selection of whole frames without inference (Yeo et al., SIGCOMM 2022).

It takes a frame's coded size in bytes for the residual that reuse cannot enhance. Along decode
order residuals add up from one anchor frame to the next:

    accumulated[t] = 0 in an anchor frame, else accumulated[t - 1] + coded_bytes[t]

and a key frame that is no anchor starts anew, with its own size. Distances count coded frames in
decode order; `distance[t]` leads to the next anchor or key frame, or to the end of the graph. The
frames go by kind: first all key frames, then the alt-refs, then the rest. Within a kind the next
is the one of largest

    accumulated[t] * distance[t]

by which the sum of `accumulated` over all frames falls when `t` becomes an anchor; it is evaluated
anew after every pick. Ties go to the smallest index. Alt-refs and the order of a frame's patches
are as in `palantir.schedule.frame_order`.

Example, one patch a frame:

    frame        0 key  1 alt-ref  2   3   4  5   6 key
    coded_bytes  100    40         10  30  5  20  50

Key frames: 0 (100 bytes x 6 frames to the next key frame) before 6 (50 x 1). The only alt-ref: 1.
Then for the frames 2 to 5

    accumulated  10  40  45  65    x distance  4  3  2  1  =  40  120  90  65    3 is picked
    accumulated  10   .   5  25    x distance  1  .  2  1  =  10    .  10  25    5
    accumulated  10   .   5   .    x distance  1  .  1  .  =  10    .   5   .    2

and 4 is left: 0, 6, 1, 3, 5, 2, 4.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from palantir.graph.error_graph import ErrorGraph
from palantir.graph.frames import FrameTable
from palantir.schedule.frame_order import alt_refs, picks_of_frames
from palantir.schedule.selection import Picks

__all__ = ["select"]


def select(graph: ErrorGraph, count: int) -> Picks:
    """Picks `count` anchors (0..N) of `graph`, frame by frame; a frame costs `O(T)`."""
    return picks_of_frames(graph, _frames(graph.frames), count)


def _frames(table: FrameTable) -> Iterator[int]:
    anchor = np.zeros(len(table), np.bool_)
    alt_ref = alt_refs(table)
    for kind in (table.key, alt_ref, ~table.key & ~alt_ref):
        for _ in range(np.count_nonzero(kind)):
            relief = _relief(table, anchor)
            frame = int(np.argmax(np.where(kind & ~anchor, relief, -1)))
            anchor[frame] = True
            yield frame


def _relief(table: FrameTable, anchor: NDArray[np.bool_]) -> NDArray[np.int64]:
    """By how much each frame as an anchor lowers the sum of accumulated residuals, int64 [T]."""
    count = len(table)
    index = np.arange(count)
    border = anchor | table.key
    residual = np.where(anchor, 0, table.coded_bytes)
    until = np.cumsum(residual)
    start = np.maximum.accumulate(np.where(border, index, 0))
    accumulated = until - (until - residual)[start]
    border_from = np.minimum.accumulate(np.where(border, index, count)[::-1])[::-1]
    distance = np.append(border_from[1:], count) - index
    return np.asarray(accumulated * distance)
