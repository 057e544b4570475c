"""The SR-enhanced decoder: LR packets, a cache profile and a network to SR frames.

`palantir.enhance` is this room and can be called: `palantir.enhance(segment, profile)`.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

from palantir.enhance.enhancer import Enhancer, NetworkCost
from palantir.enhance.frame import SRFrame
from palantir.enhance.segment import Enhancement, enhance

__all__ = ["Enhancement", "Enhancer", "NetworkCost", "SRFrame", "enhance"]


class _CallableRoom(ModuleType):
    """Importing a submodule binds its name in the package, where users expect the function."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return enhance(*args, **kwargs)


sys.modules[__name__].__class__ = _CallableRoom
