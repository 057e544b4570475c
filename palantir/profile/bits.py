"""Flags and rising numbers as bit strings, most significant bit first (docs/cache-profile.md).

Readers raise ValueError, in words that complete "field x ...", where a string is not the one
that the writer would have made.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["pack_flags", "pack_packets", "unpack_flags", "unpack_packets"]


def pack_flags(flags: NDArray[np.bool_]) -> bytes:
    """Each row of `flags` (bool [..., bits]) padded with zeros to whole bytes."""
    return np.packbits(flags, axis=-1).tobytes()


def unpack_flags(data: bytes, rows: int, bits: int) -> NDArray[np.bool_]:
    """`rows` rows of `bits` flags each, bool [rows, bits]."""
    width = (bits + 7) // 8
    if len(data) != rows * width:
        raise ValueError(f"has {len(data)} bytes, not {rows * width}")
    packed = np.frombuffer(data, np.uint8).reshape(rows, width)
    if bits % 8 and np.any(packed[:, -1] & (0xFF >> bits % 8)):
        raise ValueError("has bits set in its padding")
    return np.unpackbits(packed, axis=1, count=bits).astype(np.bool_)


def pack_packets(packet: NDArray[np.int64]) -> bytes:
    """Packet indices that never fall: a 0 bit goes to the next packet, a 1 bit is a coded frame."""
    ones = packet + np.arange(len(packet))
    bits = np.zeros(int(ones[-1]) + 1, np.bool_)
    bits[ones] = True
    return pack_flags(bits)


def unpack_packets(data: bytes, frames: int) -> NDArray[np.int64]:
    """The packet index of each of `frames` coded frames (1 or more), int64 [frames].

    Takes memory for `frames`, however long `data` is.
    """
    named = int.from_bytes(data).bit_count()
    if named != frames:
        raise ValueError(f"names {named} coded frames, not {frames}")
    if not data[-1]:
        raise ValueError("has bytes after its last coded frame")
    filled = np.flatnonzero(np.frombuffer(data, np.uint8))
    bits = np.unpackbits(np.frombuffer(data, np.uint8)[filled])
    at = np.flatnonzero(bits)
    ones = 8 * filled[at // 8] + at % 8
    return (ones - np.arange(frames)).astype(np.int64)
