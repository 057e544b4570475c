"""Results that took long to measure, kept from run to run: one JSON object a line."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from palantir.errors import MediaError

__all__ = ["KeptResults"]


class KeptResults:
    """A file of results, each found again by the values of some of its fields.

    A line is written as soon as its result is there, so that nothing is lost by an interrupt.
    Raises MediaError where a whole line is no result; a last line cut short is dropped.

    check  raises ValueError, TypeError or KeyError for what is no result; called for each line
    """

    def __init__(
        self,
        path: Path,
        key: Sequence[str],
        check: Callable[[dict[str, Any]], None] = lambda result: None,
    ) -> None:
        self._path, self._key = path, tuple(key)
        self._results: dict[tuple[Any, ...], dict[str, Any]] = {}
        if not path.exists():
            return
        data = path.read_bytes()
        whole = data[: data.rfind(b"\n") + 1]
        if whole != data:
            os.truncate(path, len(whole))  # writing anew would lose all to a kill in between
        for number, line in enumerate(whole.splitlines(), 1):
            try:
                result = json.loads(line)
                check(result)
                self._results[self._key_of(result)] = result
            except (ValueError, TypeError, KeyError, RecursionError):
                raise MediaError(f"{path}: line {number} is no result") from None

    def find(self, **key: Any) -> dict[str, Any] | None:
        """The latest result with these values, if any."""
        return self._results.get(self._key_of(key))

    def add(self, result: dict[str, Any]) -> None:
        """Keep a result, which holds the fields of the key, in place of an older one."""
        self._results[self._key_of(result)] = result
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open("a") as file:
            file.write(json.dumps(result, allow_nan=False) + "\n")

    def _key_of(self, result: dict[str, Any]) -> tuple[Any, ...]:
        return tuple(result[name] for name in self._key)
