"""Optimised graphs kept in the user's cache folder, so that a network loads faster next time.

A file is the SHA-256 of what follows and the model as ONNX Runtime wrote it. Its name is made of
all that the graph depends on. Whatever is wrong with the folder or a file costs time only.

The folder is `graphs` in $PALANTIR_CACHE, else in `palantir-sr` in $XDG_CACHE_HOME or ~/.cache.
PALANTIR_GRAPH_CACHE names another one; `off` switches the cache off.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from palantir.files import atomic_write, open_regular
from palantir.models.processor import features

__all__ = ["OptimisedGraph", "cache_folder"]

_DIGEST = 32  # bytes of a SHA-256
_MOST_FILES = 32


def cache_folder() -> Path | None:
    """Where graphs are kept; None where they are not."""
    chosen = os.environ.get("PALANTIR_GRAPH_CACHE")
    if chosen:
        return None if chosen == "off" else Path(chosen)
    shared = os.environ.get("PALANTIR_CACHE")
    if shared:
        return Path(shared, "graphs")
    base = Path(os.environ.get("XDG_CACHE_HOME", ""))
    try:
        return (base if base.is_absolute() else Path.home() / ".cache") / "palantir-sr" / "graphs"
    except RuntimeError:  # no home
        return None


class OptimisedGraph:
    """The place of one model's optimised form.

    model      the file's bytes
    providers  ONNX Runtime's names
    runtime    its version and settings
    """

    def __init__(self, model: bytes, providers: Sequence[str], runtime: str) -> None:
        parts = (hashlib.sha256(model).hexdigest(), runtime, *providers, features())
        key = hashlib.sha256("\0".join(parts).encode()).hexdigest()
        folder = cache_folder()
        self._path = None if folder is None else folder / f"{key}.graph"

    @property
    def wanted(self) -> bool:
        """Whether there is a place for it."""
        return self._path is not None

    def read(self) -> bytes | None:
        """The graph; None where there is none or it is damaged."""
        if self._path is None:
            return None
        try:
            with open_regular(self._path) as file:
                data = file.read()
        except OSError:
            return None
        graph = data[_DIGEST:]
        return graph if hashlib.sha256(graph).digest() == data[:_DIGEST] else None

    def make(self, write: Callable[[Path], None]) -> None:
        """Keep what `write` puts into the file that it is called with; drop the oldest others."""
        if self._path is None:
            return
        with contextlib.suppress(OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=self._path.parent) as draft:
                write(Path(draft, "graph.onnx"))
                graph = Path(draft, "graph.onnx").read_bytes()
            atomic_write(self._path, hashlib.sha256(graph).digest() + graph)
            _drop_oldest(self._path.parent)


def _drop_oldest(folder: Path) -> None:
    files = sorted(folder.glob("*.graph"), key=lambda path: path.stat().st_mtime_ns)
    for path in files[:-_MOST_FILES]:
        path.unlink(missing_ok=True)
