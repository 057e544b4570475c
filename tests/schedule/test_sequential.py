"""The compiled form of `sequential`: that it is there, and that a signal ends it."""

from __future__ import annotations

import inspect
import signal
import time
from pathlib import Path
from types import FrameType

import numpy as np
import pytest
from scipy.sparse import eye_array

from palantir.graph import ErrorGraph, FrameTable, PatchGrid
from palantir.schedule import sequential


class _AlarmError(Exception):
    pass


def _raise(_: int, __: FrameType | None) -> None:
    raise _AlarmError


def _chain(frames: int, grid: PatchGrid) -> ErrorGraph:
    """Every patch refers to itself in the frame before."""
    nodes = frames * grid.count
    table = FrameTable.plain(640, 400, np.ones(frames, np.bool_))
    weights = eye_array(nodes, k=-grid.count, format="csr")
    return ErrorGraph(np.arange(nodes, dtype=float), weights, table, grid, (640, 400))


def test_the_installed_module_is_compiled_and_its_source_lies_beside_it() -> None:
    compiled = Path(sequential.__file__)
    assert compiled.suffix == ".so"
    assert "import cython" not in compiled.with_name("sequential.py").read_text()
    assert list(inspect.signature(sequential.select).parameters) == ["graph", "count"]


def test_a_signal_interrupts_it_within_a_pick() -> None:
    graph = _chain(40, PatchGrid(40, 64))
    previous = signal.signal(signal.SIGALRM, _raise)
    begin = time.monotonic()
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.2)
        with pytest.raises(_AlarmError):
            sequential.select(graph, 1)  # half a minute, if left alone
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)
    assert time.monotonic() - begin < 5
