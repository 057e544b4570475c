"""What the baselines share: which frames there are, and picks from an order known beforehand.

**Frames to patches.** A selector of whole frames gives an order of frames; the patches of a frame
follow one another, by falling texture, ties to the smallest index. The order within a frame is
ours: it makes the best of a last frame for which the budget is too small, and keeps the picks for
a smaller budget a prefix of those for a larger one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from palantir.graph.error_graph import ErrorGraph
from palantir.graph.frames import FrameTable
from palantir.schedule.selection import Picks

__all__ = ["alt_refs", "picks_of_frames", "picks_of_nodes", "spread_evenly"]


def picks_of_nodes(graph: ErrorGraph, order: NDArray[np.int64]) -> Picks:
    """The picks `order` (int64 [K], node indices) with what each gains on `graph`."""
    total = graph.objectives(order)
    return Picks(order, -np.diff(total), total)


def picks_of_frames(graph: ErrorGraph, frames: Iterable[int], count: int) -> Picks:
    """The first `count` patches (all, where there are fewer) of `frames`, frame after frame.

    frames  every frame index once; only as many are asked for as are needed
    """
    patches = graph.grid.count
    wanted = min(count, graph.nodes)
    needed = -(-wanted // patches)
    chosen = np.fromiter(islice(frames, needed), np.int64, needed)
    within = np.argsort(-graph.texture.reshape(-1, patches)[chosen], axis=1, kind="stable")
    order = chosen[:, None] * patches + within
    return picks_of_nodes(graph, order.ravel()[:wanted])


def alt_refs(table: FrameTable) -> NDArray[np.bool_]:
    """Which frames are alt-refs, bool [T]: not key frames, and hidden when they are decoded.

    A frame that is never displayed is hidden; so is one that another coded frame follows in its
    own packet, even if a later packet displays it, for a packet displays its last frame at most.
    A hidden frame alone in its packet that is displayed later counts as a normal frame: the table
    does not tell them apart.
    """
    followed = np.zeros(len(table), np.bool_)
    followed[:-1] = table.packet[1:] == table.packet[:-1]
    return ~table.key & (~table.shown | followed)


def spread_evenly(count: int, chosen: NDArray[np.int64]) -> Iterator[int]:
    """The frames of 0..`count - 1` that are not in `chosen`, each as far as can be from the rest.

    Next comes the frame farthest, in decode order, from any frame chosen before or from the end
    (the index `count`, so that no anchor goes to the last frame, which serves itself alone); ties
    to the smallest index. With nothing chosen that is frame 0, then the middle, then the quarters.
    """
    index = np.arange(count)
    distance = count - index
    for frame in chosen:
        np.minimum(distance, np.abs(index - frame), out=distance)
    for _ in range(count - len(chosen)):
        frame = int(np.argmax(distance))
        np.minimum(distance, np.abs(index - frame), out=distance)
        yield frame
