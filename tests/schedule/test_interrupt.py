"""A signal ends a long native selection; it does not wait for the last pick."""

from __future__ import annotations

import signal
from types import FrameType

import numpy as np
import pytest
from scipy.sparse import csr_array

from palantir.graph import ErrorGraph, FrameTable, PatchGrid
from palantir.schedule import select

FRAMES, GRID = 300, PatchGrid(40, 64)


class _AlarmError(Exception):
    pass


def _raise(_: int, __: FrameType | None) -> None:
    raise _AlarmError


def _chain() -> ErrorGraph:
    """Every patch refers to itself in the frame before: three quarters of a million nodes."""
    nodes = FRAMES * GRID.count
    later = np.arange(GRID.count, nodes)
    weights = csr_array((np.ones(later.size), (later, later - GRID.count)), shape=(nodes, nodes))
    table = FrameTable.plain(640, 400, np.ones(FRAMES, np.bool_))
    return ErrorGraph(np.arange(nodes, dtype=float), weights, table, GRID, (640, 400))


def test_a_signal_interrupts_native_selection() -> None:
    graph = _chain()
    previous = signal.signal(signal.SIGALRM, _raise)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.3)
        with pytest.raises(_AlarmError):
            select(graph, graph.nodes)  # seconds, if left alone
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)
