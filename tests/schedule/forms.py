"""The forms in which greedy selection is written, all of which return the same order."""

from __future__ import annotations

from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol

import pytest

from palantir.graph import ErrorGraph
from palantir.schedule import Picks, adjoint, sequential, spmm, spmv


class Select(Protocol):
    def __call__(self, graph: ErrorGraph, count: int, /, **options: Any) -> Picks: ...


def _uncompiled_sequential() -> Select:
    path = Path(sequential.__file__).with_name("sequential.py")
    spec = spec_from_file_location("tests.schedule.uncompiled_sequential", path)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    select: Select = module.select
    return select


def _on_one_thread(selector: ModuleType) -> Select:
    """With two, torch spends its time on handing over frames as small as those of tests."""

    def select(graph: ErrorGraph, count: int, /, **options: Any) -> Picks:
        import torch

        threads = torch.get_num_threads()
        torch.set_num_threads(1)
        try:
            picks: Picks = selector.select(graph, count, **options)
            return picks
        finally:
            torch.set_num_threads(threads)

    return select


uncompiled = _uncompiled_sequential()
needs_torch = pytest.mark.skipif(find_spec("torch") is None, reason="torch is not installed")
ON_TORCH = [
    pytest.param(_on_one_thread(spmv), id="spmv", marks=needs_torch),
    pytest.param(_on_one_thread(spmm), id="spmm", marks=needs_torch),
]
FORMS = [
    pytest.param(adjoint.select, id="adjoint"),
    pytest.param(sequential.select, id="sequential"),
    pytest.param(uncompiled, id="uncompiled"),
    *ON_TORCH,
]
