"""palantir: patch-level super-resolution of low-resolution VP9 streams.

    import palantir as pt

    graph   = pt.ErrorGraph.from_video("segment.webm", grid=(3, 5))
    anchors = pt.select(graph, budget=0.05)
    pt.CacheProfile.from_selection(graph, anchors).save("segment.pcp")
    for frame in pt.enhance("segment.webm", "segment.pcp"):
        frame.planes  # Y, U, V at SR size

Names load on first use: a server that only schedules never pays for the network runtime.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from palantir.errors import (
    BitstreamError,
    MediaError,
    ModelError,
    PalantirError,
    ProfileError,
    ScheduleError,
    UnsupportedError,
)

if TYPE_CHECKING:
    __version__: str

    from palantir.codec import CodedFrame, decode
    from palantir.enhance import SRFrame, enhance
    from palantir.graph import ErrorGraph, PatchGrid
    from palantir.models import SRNetwork
    from palantir.profile import CacheProfile
    from palantir.schedule import (
        Budget,
        CostShare,
        LiveScheduler,
        Selection,
        select,
        select_jointly,
    )

__all__ = [
    "BitstreamError",
    "Budget",
    "CacheProfile",
    "CodedFrame",
    "CostShare",
    "ErrorGraph",
    "LiveScheduler",
    "MediaError",
    "ModelError",
    "PalantirError",
    "PatchGrid",
    "ProfileError",
    "SRFrame",
    "SRNetwork",
    "ScheduleError",
    "Selection",
    "UnsupportedError",
    "__version__",
    "decode",
    "enhance",
    "select",
    "select_jointly",
]

_ROOM_OF = {
    "Budget": "schedule",
    "CacheProfile": "profile",
    "CodedFrame": "codec",
    "CostShare": "schedule",
    "ErrorGraph": "graph",
    "LiveScheduler": "schedule",
    "PatchGrid": "graph",
    "SRFrame": "enhance",
    "SRNetwork": "models",
    "Selection": "schedule",
    "decode": "codec",
    "enhance": "enhance",
    "select": "schedule",
    "select_jointly": "schedule",
}


def __getattr__(name: str) -> object:
    if name == "__version__":
        from importlib.metadata import version

        return version("palantir-sr")
    if name not in _ROOM_OF:
        raise AttributeError(f"module 'palantir' has no attribute {name!r}")
    room = import_module(f"palantir.{_ROOM_OF[name]}")
    # `enhance` is a room and its function at once; the room can be called.
    value = room if name == _ROOM_OF[name] else getattr(room, name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
