"""Key frames, then frames evenly spaced: what may be done without any analysis.

All patches of the key frames come first, in decode order. Then, again and again, comes the frame
farthest from any chosen one, the end of the graph counting as chosen (`spread_evenly`), so that
every number of frames is spaced about evenly and is a prefix of every larger number. Distances
count coded frames, hidden ones too. The order of a frame's patches is as in
`palantir.schedule.frame_order`.

Example, ten frames of one patch, key frames 0 and 6, the end at 10:

    frame      0 1 2 3 4 5 6 7 8 9
    distance   . 1 2 3 2 1 . 1 2 1    3 is picked
    distance   . 1 1 . 1 1 . 1 2 1    8
    distance   . 1 1 . 1 1 . 1 . 1    1, then 2, 4, 5, 7, 9

gives 0, 6, 3, 8, 1, 2, 4, 5, 7, 9.
"""

from __future__ import annotations

from itertools import chain

import numpy as np

from palantir.graph.error_graph import ErrorGraph
from palantir.schedule.frame_order import picks_of_frames, spread_evenly
from palantir.schedule.selection import Picks

__all__ = ["select"]


def select(graph: ErrorGraph, count: int) -> Picks:
    """Picks `count` anchors (0..N) of `graph`, frame by frame; a frame costs `O(T)`."""
    keys = np.flatnonzero(graph.frames.key)
    frames = chain(keys.tolist(), spread_evenly(len(graph.frames), keys))
    return picks_of_frames(graph, frames, count)
