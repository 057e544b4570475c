"""What was timed, kept as it is finished, so that an interrupted run goes on where it was."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bench.cases import Case
from bench.contenders import Contender
from bench.kept_timings import build_of
from bench.timing import Timing
from palantir.evaluate.kept_results import KeptResults

__all__ = ["Kept", "Limits", "Timed"]

_FILE = Path("build/bench/selection.jsonl")
_KEY = (
    "build", "source", "shape", "first", "selector", "threads", "anchors",
    "rounds", "selection", "pick",
)  # fmt: skip


@dataclass(frozen=True)
class Limits:
    """In seconds: rounds of one cell together; all picks of one selection; one pick alone."""

    rounds: float
    selection: float
    pick: float


@dataclass(frozen=True)
class Timed:
    """Of one contender on one graph: for each count of anchors, its timing and the picks timed.

    per_visit  seconds a pick, per node times what is visited, by which larger graphs are judged
    """

    results: list[tuple[Timing | None, int]]
    per_visit: float


class Kept:
    """The file of them; `fresh` finds nothing that earlier runs left there.

    Found again by graph, contender, anchors and limits, as long as the code that was timed is the
    same.
    """

    def __init__(self, fresh: bool) -> None:
        if fresh:
            _FILE.unlink(missing_ok=True)
        self._measured = KeptResults(_FILE, _KEY)

    def find(
        self, case: Case, contender: Contender, anchors: Sequence[int], limits: Limits
    ) -> Timed | None:
        """What an earlier run found, if any."""
        found = self._measured.find(**_values(case, contender, anchors, limits))
        if found is None:
            return None
        timings = [None if timing is None else Timing(**timing) for timing in found["timings"]]
        return Timed(list(zip(timings, found["measured"], strict=True)), found["per_visit"])

    def add(
        self,
        case: Case,
        contender: Contender,
        anchors: Sequence[int],
        limits: Limits,
        timed: Timed,
        taken: float,
    ) -> None:
        """Keep it; `taken` is how many seconds the measuring took."""
        result: dict[str, Any] = {
            **_values(case, contender, anchors, limits),
            "timings": [timing and asdict(timing) for timing, _ in timed.results],
            "measured": [measured for _, measured in timed.results],
            "per_visit": timed.per_visit,
            "taken": round(taken, 3),
        }
        self._measured.add(result)


def _values(
    case: Case, contender: Contender, anchors: Sequence[int], limits: Limits
) -> dict[str, Any]:
    return {
        "build": build_of("schedule"),
        "source": case.source,
        "shape": str(case.shape),
        "first": case.shape.first,
        "selector": contender.name,
        "threads": contender.threads,
        "anchors": " ".join(map(str, anchors)),
        **asdict(limits),
    }
