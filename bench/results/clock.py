"""How long each part took, also where it was interrupted."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from palantir.files import atomic_write

__all__ = ["Clock"]


class Clock:
    """Seconds of each part, kept in a file.

    A part's time is that of its longest run: later ones take what was kept. Interrupted runs count
    with the one that ends the part, but killed ones do not.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._ended: dict[str, float] = {}
        self._begun: dict[str, float] = {}
        if path.exists():
            self._ended, self._begun = _read(path)

    @contextmanager
    def timing(self, part: str) -> Iterator[None]:
        """Count what is done inside, which is the whole part unless it raises."""
        started = time.monotonic()
        try:
            yield
        except BaseException:
            self._begun[part] = self._so_far(part, started)
            self._write()
            raise
        self._ended[part] = max(self._so_far(part, started), self._ended.get(part, 0.0))
        self._begun.pop(part, None)
        self._write()

    def seconds(self, part: str) -> float | None:
        """Of a part that has been ended; None of others."""
        return self._ended.get(part)

    def _so_far(self, part: str, started: float) -> float:
        return self._begun.get(part, 0.0) + time.monotonic() - started

    def _write(self) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        atomic_write(self._path, json.dumps([self._ended, self._begun], indent=1).encode())


def _read(path: Path) -> tuple[dict[str, float], dict[str, float]]:
    """Raises ClickException for a file that is not ours."""
    try:
        ended, begun = json.loads(path.read_text())
        ended, begun = ({str(k): float(v) for k, v in times.items()} for times in (ended, begun))
    except (ValueError, TypeError, AttributeError):
        raise click.ClickException(f"{path}: damaged; without it, times are counted anew") from None
    return ended, begun
