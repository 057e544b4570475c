"""What one run of the command line did."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

__all__ = ["Outcome", "Run"]


@dataclass(frozen=True)
class Outcome:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """What was printed, which must be strict JSON, all of it, and nothing else."""
        assert (self.code, self.err) == (0, "")

        def refuse(word: str) -> None:
            raise AssertionError(f"{word} is not JSON")

        return json.loads(self.out, parse_constant=refuse)

    def complains(self, *words: object, code: int = 1) -> None:
        """It ended with `code`, printed nothing, and one line on standard error with `words`."""
        assert (self.code, self.out) == (code, ""), self
        assert self.err.startswith("palantir: "), self
        assert self.err.count("\n") == 1, self
        assert self.err.endswith("\n"), self
        for word in words:
            assert str(word) in self.err, self


Run = Callable[..., Outcome]
