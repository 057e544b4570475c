"""Patches drawn at random, all equally likely: what a selector must beat to be one.

The generator is seeded with the caller's seed and with the packet index and coded size of the
graph's first frame. The same graph therefore gives the same picks everywhere, and the intervals
of one stream differ, even two that begin in the same packet.
"""

from __future__ import annotations

import numpy as np

from palantir.errors import ScheduleError
from palantir.graph.error_graph import ErrorGraph
from palantir.schedule.frame_order import picks_of_nodes
from palantir.schedule.selection import Picks

__all__ = ["select"]


def select(graph: ErrorGraph, count: int, *, seed: int = 0) -> Picks:
    """Picks `count` anchors (0..N) of `graph`; `seed` is a whole number, 0 or more.

    Raises ScheduleError for another seed.
    """
    if not isinstance(seed, int):
        raise ScheduleError(f"seed {seed!r} is not a whole number")
    if seed < 0:
        raise ScheduleError(f"seed {seed} is negative")
    place = [*graph.frames.packet[:1].tolist(), *graph.frames.coded_bytes[:1].tolist()]
    generator = np.random.default_rng([seed, *place])
    return picks_of_nodes(graph, generator.permutation(graph.nodes)[:count])
