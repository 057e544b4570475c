"""Which patches to run through the network: selectors over an error graph."""

from __future__ import annotations

from palantir.schedule.allowance import Allowance
from palantir.schedule.budget import Budget
from palantir.schedule.cost_share import CostShare
from palantir.schedule.joint import select_jointly
from palantir.schedule.live import LiveScheduler
from palantir.schedule.live_record import LiveInterval, LiveRecord
from palantir.schedule.network_budget import NetworkBudget
from palantir.schedule.scheduling import SELECTORS, select
from palantir.schedule.selection import Picks, Selection, Selector
from palantir.schedule.tiers import Tiers, select_tiers

__all__ = [
    "SELECTORS",
    "Allowance",
    "Budget",
    "CostShare",
    "LiveInterval",
    "LiveRecord",
    "LiveScheduler",
    "NetworkBudget",
    "Picks",
    "Selection",
    "Selector",
    "Tiers",
    "select",
    "select_jointly",
    "select_tiers",
]
