"""The selectors whose latency is measured, each as a plain function with its threads stated."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

import click

import palantir
from palantir.graph import ErrorGraph
from palantir.schedule import Picks

__all__ = ["ADJOINT", "PEER", "Contender", "baselines", "exact_contenders"]

PEER = "sequential"  # the compiled one, which ratios are against
ADJOINT = "adjoint"
_BASELINES = ("neuroscaler", "key-uniform", "key-alt", "texture", "random", "all", "none")


@dataclass(frozen=True)
class Contender:
    """A selector as it is timed.

    steady  every pick costs about the same, in proportion to nodes times edges, so that the cost
            of many picks follows from that of a few
    """

    name: str
    threads: int
    choose: Callable[[ErrorGraph, int], Picks]
    steady: bool = False

    @property
    def heading(self) -> str:
        """Name and threads, as in a table's heading."""
        return f"{self.name}, {self.threads} thread{'s' * (self.threads > 1)}"


def exact_contenders() -> list[Contender]:
    """Those that return the greedy order; without torch, less the two that need it."""
    contenders = [
        Contender(PEER, 1, _compiled_sequential().select, steady=True),
        Contender("sequential, interpreted", 1, _interpreted_sequential().select, steady=True),
    ]
    if find_spec("torch") is None:
        click.echo("torch is not installed: spmv and spmm are left out", err=True)
    else:
        spmv, spmm = _module("spmv").select, _module("spmm").select
        for name, select, threads in (
            ("spmv", spmv, 1),
            ("spmv", spmv, 2),
            ("spmm", spmm, 1),
            ("spmm", spmm, 2),
            ("spmm, float32", partial(spmm, dtype="float32"), 2),
        ):
            choose = partial(_with_threads, threads, select)
            contenders.append(Contender(name, threads, choose, steady=True))
    return [*contenders, Contender(ADJOINT, 1, _module(ADJOINT).select)]


def baselines(names: Sequence[str] = _BASELINES) -> list[Contender]:
    """Those that need nothing measured beforehand."""
    return [Contender(name, 1, _module(name).select) for name in names]


def _module(name: str) -> Any:
    return import_module(f"palantir.schedule.{name.replace('-', '_')}")


def _compiled_sequential() -> Any:
    module = _module(PEER)
    if Path(module.__file__).suffix == ".py":
        raise click.ClickException("palantir.schedule.sequential is not compiled: ./dev setup")
    return module


def _interpreted_sequential() -> Any:
    """The same source, which Python finds no more once the compiled module lies beside it."""
    path = Path(palantir.__file__).parent / "schedule" / "sequential.py"
    spec = spec_from_file_location("bench.interpreted_sequential", path)
    assert spec is not None
    assert spec.loader is not None
    module: ModuleType = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _with_threads(
    threads: int, choose: Callable[[ErrorGraph, int], Picks], graph: ErrorGraph, count: int
) -> Picks:
    import torch

    torch.set_num_threads(threads)
    return choose(graph, count)
