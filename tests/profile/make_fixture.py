"""Writes fixtures/v1.pcp and v2.pcp, byte by byte from the text of docs/cache-profile.md.

It uses none of palantir's code, so that the fixtures judge the reader and the writer:

    python tests/profile/make_fixture.py

Once a version is released its fixture never changes.
"""

from __future__ import annotations

import hashlib
import struct
import zlib
from pathlib import Path

FIXTURES = Path(__file__).parent / "fixtures"
FIXTURE, FIXTURE_2 = FIXTURES / "v1.pcp", FIXTURES / "v2.pcp"
SEGMENT = b"the VP9 packets of a segment"

# Frame 1 is invisible and shares packet 1 with frame 2; packet 4 only shows frame 1; frame 4 of
# packet 5 follows. Two frames have anchors, on a grid of 2x5 patches (10 bits, 2 bytes a bitmap).
PACKETS = "1" + "0" + "11" + "0" + "1" + "00" + "01"
SHOWN = "11111"
ANCHOR_FRAMES = "11000"
ANCHORS = ("1000010001", "0010000000")
LIGHT = ("0000010000", "0010000000")  # of version 2: those of a second, lighter network


def bits(text: str) -> bytes:
    text = text.ljust(-(-len(text) // 8) * 8, "0")
    return bytes(int(text[i : i + 8], 2) for i in range(0, len(text), 8))


def head(major: int, value: int) -> bytes:
    if value < 24:
        return bytes([major << 5 | value])
    for detail, size in ((24, 1), (25, 2), (26, 4), (27, 8)):
        if value < 1 << 8 * size:
            return bytes([major << 5 | detail]) + value.to_bytes(size, "big")
    raise ValueError(value)


def encode(value: object) -> bytes:
    """RFC 8949 for the few kinds of value used here."""
    if value is None:
        return b"\xf6"
    if isinstance(value, bool):
        return b"\xf5" if value else b"\xf4"
    if isinstance(value, int):
        return head(0, value) if value >= 0 else head(1, -1 - value)
    if isinstance(value, float):
        for code, letter in ((b"\xf9", "e"), (b"\xfa", "f")):
            try:
                packed = struct.pack(">" + letter, value)
            except OverflowError:
                continue
            if struct.unpack(">" + letter, packed)[0] == value:
                return code + packed
        return b"\xfb" + struct.pack(">d", value)
    if isinstance(value, bytes):
        return head(2, len(value)) + value
    if isinstance(value, str):
        return head(3, len(value.encode())) + value.encode()
    if isinstance(value, list):
        return head(4, len(value)) + b"".join(map(encode, value))
    assert isinstance(value, dict)
    pairs = sorted((encode(key), encode(item)) for key, item in value.items())
    return head(5, len(pairs)) + b"".join(key + item for key, item in pairs)


FIELDS = {
    "version": 1,
    "lr_size": [854, 480],
    "grid": [2, 5],
    "frames": 5,
    "packets": bits(PACKETS),
    "shown": bits(SHOWN),
    "anchor_frames": bits(ANCHOR_FRAMES),
    "anchors": b"".join(map(bits, ANCHORS)),
    "selector": "adjoint",
    "parameters": {"interval": "gop", "tail": 0.1, "deadline": False, "offset": -300},
    "budget": 0.05,
    "estimate": [1234567.875, 100000.0],
    "reuse": "detail",
    "reuse_parameters": {"fade": 8.0},
    "sha256": hashlib.sha256(SEGMENT).digest(),
}
FIELDS_2 = {**FIELDS, "version": 2, "light": b"".join(map(bits, LIGHT))}


def main() -> None:
    FIXTURES.mkdir(exist_ok=True)
    for path, fields in ((FIXTURE, FIELDS), (FIXTURE_2, FIELDS_2)):
        body = b"\x89PCP\r\n\x1a\n" + encode(fields)
        path.write_bytes(body + struct.pack(">I", zlib.crc32(body)))


if __name__ == "__main__":
    main()
