"""How well estimates of error rank sets of anchors, against the truth: Spearman's correlation."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import ArrayLike, NDArray

from palantir.graph import ErrorGraph
from palantir.graph.ablation import without_texture
from palantir.schedule import Budget, Selection, select
from palantir.schedule.choice import Without
from palantir.schedule.frame_order import alt_refs

__all__ = [
    "SINGLE",
    "AnchorSet",
    "Estimate",
    "correlations",
    "estimates",
    "random_sets",
    "rank_correlation",
    "selected_sets",
    "single_anchors",
]

SINGLE = "single anchors"
_INTERVAL = "gop"
_BASELINES: tuple[tuple[str, Without], ...] = (
    ("adjoint", "weight"), ("adjoint", "texture"), ("neuroscaler", None), ("key-uniform", None),
    ("key-alt", None), ("texture", None), ("random", None),
)  # fmt: skip

Estimate = Callable[[NDArray[np.int64]], float]
"""What is estimated to be left of the error with these anchors (node indices)."""


@dataclass(frozen=True, eq=False)
class AnchorSet:
    """Anchors whose true error is to be compared with estimates, within each of some groups.

    anchors  int64 [K], node indices
    """

    name: str
    groups: tuple[str, ...]
    anchors: NDArray[np.int64]


def rank_correlation(estimated: ArrayLike, true: ArrayLike) -> float | None:
    """Spearman's, ties averaged, -1..1; None for fewer than three pairs, or where one is constant.

    Example: 10, 20, 30, 40 and 1, 3, 2, 4 give 0.8.
    """
    from scipy.stats import spearmanr  # slow to import

    a, b = np.asarray(estimated, np.float64), np.asarray(true, np.float64)
    if len(a) < 3 or np.ptp(a) == 0 or np.ptp(b) == 0:
        return None
    return float(spearmanr(a, b).statistic)


def estimates(graphs: Mapping[str, ErrorGraph]) -> dict[str, Estimate]:
    """J by each error model's graph, then cheaper ones by the first graph.

    texture alone  texture of the patches that are no anchors: no error travels
    weights alone  J without texture (palantir.graph.ablation): only what depends on a patch counts
    """
    first = next(iter(graphs.values()))
    bare = without_texture(first)

    def texture(anchors: NDArray[np.int64]) -> float:
        keep = np.ones(first.nodes)
        keep[anchors] = 0
        return float(first.texture @ keep)

    found: dict[str, Estimate] = {name: graph.objective for name, graph in graphs.items()}
    return found | {"texture alone": texture, "weights alone": bare.objective}


def single_anchors(graph: ErrorGraph, count: int, seed: int) -> list[AnchorSet]:
    """About `count` patches, each a set of its own, drawn by lot from three strata.

    The strata are patches of key frames, of alt-refs, and of all other frames. Each gives a third,
    or, where one has fewer, all, and the others more. What a smaller count draws is a part of what
    a larger one does.
    """
    hidden = alt_refs(graph.frames)
    of_frames = {
        "key frames": graph.frames.key, "alt-refs": hidden, "normal": ~graph.frames.key & ~hidden,
    }  # fmt: skip
    strata = [
        (name, np.random.default_rng([seed, place]).permutation(_patches(graph, frames)))
        for place, (name, frames) in enumerate(of_frames.items())
    ]
    sets, left = [], count
    for place, (name, nodes) in enumerate(sorted(strata, key=lambda one: len(one[1]))):
        drawn = nodes[: left // (len(strata) - place)]
        left -= len(drawn)
        for node in drawn.tolist():
            frame, patch = divmod(node, graph.grid.count)
            groups = SINGLE, f"{SINGLE}, {name}"
            sets.append(AnchorSet(f"frame {frame} patch {patch}", groups, np.array([node])))
    return sets


def _patches(graph: ErrorGraph, frames: NDArray[np.bool_]) -> NDArray[np.int64]:
    return np.flatnonzero(np.repeat(frames, graph.grid.count))


def random_sets(graph: ErrorGraph, budget: Fraction, count: int, seed: int) -> list[AnchorSet]:
    """Sets that the selector `random` picks, GoP by GoP, with different seeds."""
    seeds = np.random.default_rng(seed).integers(2**32, size=count).tolist()
    group = (f"random sets, {budget}",)
    return [
        AnchorSet(f"random {i}", group, _picked(graph, budget, "random", seed=one).order)
        for i, one in enumerate(seeds)
    ]


def selected_sets(graphs: Mapping[str, ErrorGraph], budget: Fraction) -> list[AnchorSet]:
    """Sets of equal area: greedy ones by each error model, then baselines on the first graph."""
    group = (f"selectors' sets, {budget}",)
    first = next(iter(graphs.values()))
    sets = [
        AnchorSet(f"adjoint ({name})", group, _picked(graph, budget, "adjoint").order)
        for name, graph in graphs.items()
    ]
    for selector, without in _BASELINES:
        name = f"{selector} without {without}" if without else selector
        picks = _picked(first, budget, selector, without)
        sets.append(AnchorSet(name, group, picks.order))
    return sets


def _picked(
    graph: ErrorGraph, budget: Fraction, selector: str, without: Without = None, **options: int
) -> Selection:
    return select(
        graph, Budget(float(budget)), selector, _INTERVAL, without=without, options=options
    )


def correlations(
    sets: Sequence[AnchorSet], true: ArrayLike, estimate: Estimate
) -> dict[str, tuple[int, float | None]]:
    """Of each group, how many sets it has and the rank correlation of estimated with true error.

    true  of each set, in any unit: the gain of an anchor is what it takes away from the same
          error without anchors, so that errors are ranked as gains are, from the other end
    """
    truth = np.asarray(true, np.float64)
    estimated = np.array([estimate(one.anchors) for one in sets])
    found = {}
    for group in dict.fromkeys(group for one in sets for group in one.groups):
        within = [group in one.groups for one in sets]
        found[group] = sum(within), rank_correlation(estimated[within], truth[within])
    return found
