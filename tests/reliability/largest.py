"""How long files take to be read that are as large in every respect as the limits allow."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress

import numpy as np

from palantir.errors import ModelError
from palantir.grid import PatchGrid
from palantir.models.onnx_file import parse
from palantir.profile import CacheProfile

__all__ = ["seconds_of_largest"]

_FRAMES, _PATCHES = 2**23, 2**27  # of a profile, at most
_FIELDS = 10**6  # of a network's file, at most


def seconds_of_largest() -> dict[str, float]:
    """CPU seconds of reading each."""
    profile = _profile()
    return {
        f"profile of {_FRAMES} coded frames": _seconds(lambda: CacheProfile.from_bytes(profile)),
        f"network of {_FIELDS} fields": _seconds(lambda: _parsed(_network(_FIELDS))),
        f"network of {_FIELDS + 1} fields": _seconds(lambda: _parsed(_network(_FIELDS + 1))),
    }


def _seconds(read: Callable[[], object]) -> float:
    begin = time.thread_time()
    read()
    return time.thread_time() - begin


def _profile() -> bytes:
    lot = np.random.default_rng(1)
    grid = PatchGrid(4, _PATCHES // _FRAMES // 4)
    return CacheProfile(
        (64, 64), grid, lot.integers(0, 2, (_FRAMES, grid.count)).astype(np.bool_),
        np.cumsum(lot.integers(0, 2, _FRAMES)), lot.integers(0, 2, _FRAMES).astype(np.bool_),
        "adjoint", {}, 0.5, 1.0, 0.5, "detail", bytes(32),
    ).to_bytes()  # fmt: skip


def _network(fields: int) -> bytes:
    """A graph of empty operators: of all that has been tried they take the longest."""
    return bytes([8, 8]) + _field(7, _field(1, b"") * (fields - 2))


def _field(number: int, data: bytes) -> bytes:
    """A length-delimited field of Protocol Buffers."""
    length, left = [], len(data)
    while left > 127:
        length.append(left & 127 | 128)
        left >>= 7
    return bytes([number << 3 | 2, *length, left]) + data


def _parsed(data: bytes) -> None:
    with suppress(ModelError):  # more than the limit
        parse(data, "network")
