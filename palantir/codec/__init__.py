"""VP9 packets to coded frames with their trace, by the patched libvpx."""

from __future__ import annotations

from palantir.codec.coded_frame import BLOCK_FIELDS, CodedFrame, PatchWeights
from palantir.codec.decoder import (
    DecodedPacket,
    Decoder,
    OnDamage,
    decode,
    decode_or_skip,
    decode_packets,
)

__all__ = [
    "BLOCK_FIELDS",
    "CodedFrame",
    "DecodedPacket",
    "Decoder",
    "OnDamage",
    "PatchWeights",
    "decode",
    "decode_or_skip",
    "decode_packets",
]
