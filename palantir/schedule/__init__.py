"""Which patches to run through the network: selectors over an error graph."""

from __future__ import annotations

from palantir.schedule.budget import Budget
from palantir.schedule.scheduling import SELECTORS, select
from palantir.schedule.selection import Picks, Selection, Selector

__all__ = ["SELECTORS", "Budget", "Picks", "Selection", "Selector", "select"]
