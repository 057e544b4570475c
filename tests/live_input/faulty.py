"""Streams with gaps and damage, and files that hold them."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path

from palantir.codec import DecodedPacket, Decoder
from palantir.errors import BitstreamError
from palantir.media import Packet
from tests.codec.streams import stream

PLAIN = stream("resilient")  # six shown frames, each referring to the one before and to the first
HIDDEN = stream("alt-ref", frames=30)
SUPERFRAME = 11  # packet of HIDDEN: coded frame 11, hidden, and 12


def packets(data: Sequence[bytes], numbers: Sequence[int] | None = None) -> list[Packet]:
    """One frame a time unit; `numbers` are the packets' own, where some never came."""
    return [
        Packet(number, each, number, 1, False)
        for number, each in zip(numbers or range(len(data)), data, strict=True)
    ]


def cut(data: bytes) -> bytes:
    """Without its second half."""
    return data[: len(data) // 2]


def with_broken_second_frame(superframe: bytes) -> bytes:
    """Its first frame is whole; of its second only the first four bytes are as they were."""
    width = (superframe[-1] >> 3 & 3) + 1
    index = superframe[-(2 + 2 * width) :]
    first = int.from_bytes(index[1 : 1 + width], "little")
    second = superframe[first : -len(index)]
    return superframe[:first] + second[:4] + bytes(len(second) - 4) + index


def outcome(data: Sequence[bytes]) -> list[DecodedPacket | str]:
    """What one decoder makes of each packet: frames, or the error's words."""
    decoder, results = Decoder(), list[DecodedPacket | str]()
    for packet in packets(data):
        try:
            results.append(decoder.decode(packet))
        except BitstreamError as error:
            results.append(str(error))
    return results


def write_ivf(
    path: Path, data: Sequence[bytes], times: Sequence[int] | None = None, rate: int = 25
) -> Path:
    """An IVF file, `rate` units a second; the times may be any 64 bits."""
    header = struct.pack("<4sHH4sHHIIII", b"DKIF", 0, 32, b"VP90", 101, 67, rate, 1, len(data), 0)
    times = times if times is not None else range(len(data))
    frames = (
        struct.pack("<IQ", len(each), time % 2**64) + each
        for each, time in zip(data, times, strict=True)
    )
    path.write_bytes(header + b"".join(frames))
    return path


def retagged(key_frame: bytes, color_space: int, full_range: bool) -> bytes:
    """A key frame of profile 0 that claims another colour (VP9 specification 6.2, color_config)."""
    tags = color_space << 5 | full_range << 4
    return key_frame[:4] + bytes([tags | key_frame[4] & 15]) + key_frame[5:]
