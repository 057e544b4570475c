"""Patches, coded frames, and the graph by which reuse error travels between them."""

from __future__ import annotations

from palantir.graph.error_graph import ErrorGraph
from palantir.graph.error_models import PatchErrors
from palantir.graph.frames import FrameTable
from palantir.graph.intervals import Interval
from palantir.grid import PatchGrid

__all__ = ["ErrorGraph", "FrameTable", "Interval", "PatchErrors", "PatchGrid"]
