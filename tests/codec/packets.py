"""The packets of a file, damaged ones too."""

from __future__ import annotations

import contextlib
import struct
from pathlib import Path

from palantir.errors import MediaError
from palantir.media import VideoSource

__all__ = ["packets_of"]


def packets_of(path: Path) -> list[bytes]:
    """Of an IVF file as libvpx's reader takes them, where ours may refuse; of others, ours."""
    packets: list[bytes] = []
    if path.suffix != ".ivf":
        with contextlib.suppress(MediaError):
            packets.extend(packet.data for packet in VideoSource(path).packets())
        return packets
    content, at = path.read_bytes(), 32
    while at + 12 <= len(content):
        (size,) = struct.unpack_from("<I", content, at)
        packets.append(content[at + 12 : at + 12 + size])
        at += 12 + size
    return packets
