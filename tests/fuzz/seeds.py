"""Seed corpora of the fuzz harnesses: small streams of every kind, and bytes drawn by lot."""

from __future__ import annotations

import random
import struct
from collections.abc import Iterable, Sequence
from pathlib import Path

from palantir.media import VideoSource
from tests.codec.packets import packets_of
from tests.codec.streams import KINDS, stream
from tests.data_folder import INVALID, VECTORS, invalid, vector

__all__ = ["ivf", "write_seeds"]

_LARGEST = 12_000  # bytes of a seed
_SMALL = 130 * 130  # pixels: larger frames leave time for few executions


def ivf(packets: Iterable[bytes], plan: bytes = bytes(4)) -> bytes:
    """`packets` as an IVF file; `plan` is what fuzz_decode.cpp reads from the unused bytes."""
    content = [struct.pack("<4sHH4sHHIII", b"DKIF", 0, 32, b"VP90", 16, 16, 25, 1, 0) + plan]
    for time, data in enumerate(packets):
        content.append(struct.pack("<IQ", len(data), time) + data)
    return b"".join(content)


def write_seeds(folder: Path) -> None:
    """Fill `folder`/HARNESS with seeds; vectors are among them where PALANTIR_DATA names any.

    Those of invalid files are called `invalid-*`, all others `seed-*`.
    """
    broken = [packets_of(path)[:2] for path in map(invalid, INVALID)]
    _write(folder / "fuzz_decode", "seed", _planned(_streams()))
    _write(folder / "fuzz_decode", "invalid", _planned(broken))
    _write(folder / "fuzz_reuse", "seed", _noise(64, 2000))
    _write(folder / "fuzz_select", "seed", _noise(96, 600))


def _write(folder: Path, name: str, seeds: Iterable[bytes]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(seeds):
        (folder / f"{name}-{number:03}").write_bytes(seed)


def _streams() -> list[Sequence[bytes]]:
    packets: list[Sequence[bytes]] = [KINDS[kind]() for kind in sorted(KINDS)]
    packets += [stream("tiled", size=(512, 64)), stream("alt-ref", size=(64, 64), frames=20)]
    packets += [packets_of(path) for path in map(vector, VECTORS) if _is_small(path)]
    return packets


def _planned(streams: Iterable[Sequence[bytes]]) -> list[bytes]:
    """Two seeds of each stream: decoded plainly, and by a plan drawn by lot."""
    plans = random.Random(1)
    seeds = []
    for each in streams:
        kept = _first(each)
        if kept:
            seeds.append(ivf(kept))
            plan = bytes([plans.randrange(32), plans.randrange(16), plans.randrange(16), 0])
            seeds.append(ivf(kept, plan))
    return seeds


def _first(packets: Sequence[bytes]) -> list[bytes]:
    """As many packets as a seed has room for, at most six."""
    kept, size = [], 0
    for data in packets[:6]:
        size += len(data)
        if size > _LARGEST:
            break
        kept.append(data)
    return kept


def _is_small(path: Path) -> bool:
    source = VideoSource(path)
    return source.width * source.height <= _SMALL


def _noise(count: int, length: int) -> list[bytes]:
    lot = random.Random(2)
    return [lot.randbytes(lot.randrange(1, length)) for _ in range(count)]
