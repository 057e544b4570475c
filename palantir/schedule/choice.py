"""A selector as it is asked for: by name or as a function, with its options, on which graph."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from inspect import Parameter, signature
from typing import Literal, TypeAlias

import numpy as np

from palantir.errors import ScheduleError
from palantir.graph.error_graph import ErrorGraph
from palantir.schedule.selection import Picks, Selector

__all__ = ["SELECTORS", "Choice", "Options", "Without"]

Options: TypeAlias = Mapping[str, bool | int | float | str]
Without: TypeAlias = Literal["weight", "texture"] | None

# Each is a module of this package, dashes as underscores, with a function `select`.
SELECTORS = (
    "adjoint", "sequential", "spmv", "spmm", "gain-per-cost",
    "neuroscaler", "key-uniform", "key-alt", "texture", "random", "all", "none",
)  # fmt: skip


@dataclass(frozen=True)
class Choice:
    """A selector with its options, and the graph that it is to see.

    name     as written to profiles
    select   the function
    options  its keyword arguments
    without  what the graph that it sees lacks
    named    it was asked for by name: it is one of ours
    """

    name: str
    select: Callable[..., Picks]
    options: Options
    without: Without
    named: bool

    @classmethod
    def of(cls, selector: str | Selector, options: Options | None, without: Without) -> Choice:
        """The choice of a name in SELECTORS, or of any function that selects.

        Raises ScheduleError for an unknown name, option or part of the graph.
        """
        if callable(selector):
            choice = cls(_name_of(selector), selector, options or {}, without, named=False)
        elif selector in SELECTORS:
            module = import_module(f"palantir.schedule.{selector.replace('-', '_')}")
            choice = cls(selector, module.select, options or {}, without, named=True)
        else:
            raise ScheduleError(f"selector {selector!r} is none of: {', '.join(SELECTORS)}")
        if without not in ("weight", "texture", None):
            raise ScheduleError(f"without {without!r}: a graph has a weight and a texture")
        choice._check_options()
        return choice

    def _check_options(self) -> None:
        parameters = signature(self.select).parameters.values() if self.options else ()
        known = [each.name for each in parameters if each.kind is Parameter.KEYWORD_ONLY]
        for option, value in self.options.items():
            if option not in known:
                takes = f"takes {', '.join(known)}" if known else "has none"
                raise ScheduleError(f"selector {self.name} has no option {option!r}; it {takes}")
            if not isinstance(value, bool | int | float | str):
                raise ScheduleError(f"option {option} is neither a number nor a flag nor a text")

    @property
    def parameters(self) -> Options:
        """What a profile holds of the choice besides its name."""
        return {**({"without": self.without} if self.without else {}), **self.options}

    @property
    def unbudgeted(self) -> bool:
        """Whether it picks what it picks, whatever the budget."""
        return self.named and self.name in ("all", "none")

    def seen(self, graph: ErrorGraph) -> ErrorGraph:
        """What the selector sees of `graph`."""
        if self.without is None:
            return graph
        from palantir.graph.ablation import without_texture, without_weight

        return without_weight(graph) if self.without == "weight" else without_texture(graph)

    def picks(self, graph: ErrorGraph, count: int) -> Picks:
        """What it picks on a graph that is `seen`.

        Raises ScheduleError where a function that is not ours gives no picks of this graph.
        """
        picks = self.select(graph, count, **self.options)
        if not self.named:
            _check_picks(picks, graph.nodes, self.name)
        return picks


def _name_of(selector: Selector) -> str:
    name: str = getattr(selector, "__name__", type(selector).__name__)
    if name == "select":  # as ours are called: the module tells more
        name = getattr(selector, "__module__", name).rpartition(".")[2].replace("_", "-")
    return name


def _check_picks(picks: Picks, nodes: int, name: str) -> None:
    if not isinstance(picks, Picks):
        raise ScheduleError(f"selector {name} gives {type(picks).__name__}, not Picks")
    order = np.asarray(picks.order)
    lengths = (len(np.unique(order)), len(picks.gain), len(picks.total) - 1)
    if order.ndim != 1 or set(lengths) != {len(order)}:
        raise ScheduleError(f"selector {name} does not give each pick once, with its gain")
    if len(order) and not 0 <= order.min() <= order.max() < nodes:
        raise ScheduleError(f"selector {name} picks outside the graph's {nodes} patches")
