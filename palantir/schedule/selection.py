"""What every selector returns, and the rule by which ties are broken.

**Ties.** Candidates whose gain is at least `(1 - TIE_TOLERANCE)` times the largest gain count
as tied, and the smallest node index among them is picked. Exact comparison would not do: a gain
is a product in one selector and a difference of two objectives in another, so candidates that
are equal on paper differ in the last bits, and differently so in each. All values are sums of
products of non-negative numbers, so their relative error is a few units of rounding; and the
largest gain is never below objective/candidates, since picking every patch leaves nothing
(submodularity). A difference of objectives is therefore good to about `candidates * 1e-15` of
the largest gain: far below the tolerance, which is far below any difference that matters.
When the largest gain is 0 all remaining candidates are tied.
`csrc/select.h` holds the same constant for the native selectors.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from palantir.errors import ScheduleError
from palantir.graph.error_graph import ErrorGraph
from palantir.schedule.allowance import Allowance

__all__ = ["TIE_TOLERANCE", "Picks", "Selection", "Selector", "first_of_best"]

TIE_TOLERANCE = 1e-9


def first_of_best(gain: NDArray[np.float64]) -> int:
    """Position of the first of the tied best gains, by the rule above; `gain` is not empty."""
    best = max(0.0, float(gain.max()))
    return int(np.argmax(gain >= best - TIE_TOLERANCE * best))


@dataclass(frozen=True, eq=False)
class Picks:
    """Anchors of one graph, in the order in which they were picked.

    order  int64 [K]        node indices, all different
    gain   float64 [K]      drop of the graph's objective by each pick
    total  float64 [K + 1]  the graph's objective before any pick and after each
    """

    order: NDArray[np.int64]
    gain: NDArray[np.float64]
    total: NDArray[np.float64]

    def first(self, count: int) -> Picks:
        """The first `count` of them (0..K)."""
        return Picks(self.order[:count], self.gain[:count], self.total[: count + 1])


class Selector(Protocol):
    """Picks `count` anchors (0..N) of a graph; options are keyword-only and have defaults."""

    def __call__(self, graph: ErrorGraph, count: int, /) -> Picks:
        """The picks, in order; those for a smaller count are their beginning."""
        ...


@dataclass(frozen=True, eq=False)
class Selection:
    """The anchors chosen for a graph.

    order       int64 [K]        node indices in the order picked, intervals in time order
    gain        float64 [K]      drop of the objective of the pick's own interval
    total       float64 [K + 1]  objective of the whole graph before any pick and after each
    selector    name of the selector
    parameters  what else decided the outcome, as written to the profile
    budget      as asked for
    light       bool [K]         which picks go through the light network of two, or None: there is
                                 one network. Of two, a node may be picked twice: first for the
                                 light one, then for the large one

    `total[k] - total[k + 1]` equals `gain[k]` where the graph was scheduled as one interval, and
    is larger where a pick also helps frames after its interval.
    """

    order: NDArray[np.int64]
    gain: NDArray[np.float64]
    total: NDArray[np.float64]
    selector: str
    budget: Allowance
    parameters: Mapping[str, bool | int | float | str] = field(default_factory=dict)
    light: NDArray[np.bool_] | None = None

    def __len__(self) -> int:
        return len(self.order)

    def prefix(self, count: int) -> Selection:
        """The first `count` picks: greedy's choice for a smaller budget.

        Of a graph that was scheduled in several intervals, these are the earliest intervals'
        picks. Raises ScheduleError unless `0 <= count <= K`.
        """
        if not 0 <= count <= len(self):
            raise ScheduleError(f"a selection of {len(self)} anchors has no first {count}")
        return replace(
            self,
            order=self.order[:count],
            gain=self.gain[:count],
            total=self.total[: count + 1],
            light=None if self.light is None else self.light[:count],
        )

    def anchors_by_frame(self, frames: int, patches: int) -> NDArray[np.bool_]:
        """The anchors as flags, bool [T, P].

        Raises ScheduleError where `frames * patches` nodes are too few for the picks.
        """
        flags = np.zeros(frames * patches, np.bool_)
        if len(self) and int(self.order.max()) >= flags.size:
            raise ScheduleError(f"an anchor lies outside {frames} frames of {patches} patches")
        flags[self.order] = True
        return flags.reshape(frames, patches)

    def tiers_by_frame(self, frames: int, patches: int) -> NDArray[np.uint8]:
        """By which network each patch goes, uint8 [T, P]: 1 the (large) one, 2 the light, 0 none.

        Raises ScheduleError as `anchors_by_frame` does.
        """
        tiers = self.anchors_by_frame(frames, patches).astype(np.uint8)
        if self.light is not None:
            tiers.ravel()[self.order[self.light]] = 2
            tiers.ravel()[self.order[~self.light]] = 1
        return tiers
