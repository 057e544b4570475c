"""The `palantir` command: one thin command a file over the public API."""

from __future__ import annotations

from palantir.cli.main import main

__all__ = ["main"]
