"""A pytest plugin: `palantir._core` is the extension that PALANTIR_SANITIZED_CORE names.

`./dev check --sanitize` runs tests with it, the sanitizers' libraries loaded before Python.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib.machinery import ExtensionFileLoader, ModuleSpec
from importlib.util import spec_from_file_location
from types import ModuleType

_NAME = "palantir._core"


class _Finder:
    """Finds the one module before anything else does."""

    @staticmethod
    def find_spec(
        name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name != _NAME:
            return None
        file = os.environ["PALANTIR_SANITIZED_CORE"]
        return spec_from_file_location(name, file, loader=ExtensionFileLoader(name, file))


assert _NAME not in sys.modules, "the ordinary extension is loaded already"
sys.meta_path.insert(0, _Finder)
