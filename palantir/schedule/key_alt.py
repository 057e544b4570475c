"""Key frames, then alt-refs, then frames evenly spaced: simple and strong.

All patches of the key frames come first, in decode order, then those of the alt-refs by falling
coded size, ties to the smallest index: the frames that an encoder codes best and refers to most.
Then again and again the frame farthest from any chosen one, as in `key_uniform`. Alt-refs and the
order of a frame's patches are as in `palantir.schedule.frame_order`.

Example, one patch a frame, the end at 8:

    frame        0 key  1 alt-ref  2   3 alt-ref  4   5   6   7
    coded_bytes  100    40         90  70         90  90  90  90

Key frame 0; alt-ref 3 (70 bytes), then 1 (40). The distances of 2, 4, 5, 6, 7 from any of these
or the end are 1, 1, 2, 2, 1, which picks 5; then all are 1: 0, 3, 1, 5, 2, 4, 6, 7.
"""

from __future__ import annotations

from itertools import chain

import numpy as np

from palantir.graph.error_graph import ErrorGraph
from palantir.schedule.frame_order import alt_refs, picks_of_frames, spread_evenly
from palantir.schedule.selection import Picks

__all__ = ["select"]


def select(graph: ErrorGraph, count: int) -> Picks:
    """Picks `count` anchors (0..N) of `graph`, frame by frame; a frame costs `O(T)`."""
    table = graph.frames
    hidden = np.flatnonzero(alt_refs(table))
    by_size = hidden[np.argsort(-table.coded_bytes[hidden], kind="stable")]
    first = np.concatenate((np.flatnonzero(table.key), by_size))
    frames = chain(first.tolist(), spread_evenly(len(table), first))
    return picks_of_frames(graph, frames, count)
