"""The fuzz harnesses, and what the sanitizers are told when they run."""

from __future__ import annotations

from pathlib import Path

__all__ = ["ENVIRONMENT", "HARNESSES"]

HARNESSES = {"fuzz_decode": 0.6, "fuzz_reuse": 0.25, "fuzz_select": 0.15}  # shares of the time
_SUPPRESSED = Path(__file__).with_name("undefined.supp")
ENVIRONMENT = {
    "ASAN_OPTIONS": "detect_leaks=1:allocator_may_return_null=1",
    "UBSAN_OPTIONS": f"halt_on_error=1:print_stacktrace=1:suppressions={_SUPPRESSED}",
}
