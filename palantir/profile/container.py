"""The frame around a profile's map: magic bytes, deterministic CBOR, CRC-32.

`encode_map` and `decode_map` know nothing of what the map means and can serve a sequence of maps.
They raise ValueError with the reason in words.
"""

from __future__ import annotations

import zlib
from typing import TypeAlias

import cbor2

__all__ = ["MAGIC", "MAXIMUM_SIZE", "Value", "decode_map", "encode_map", "unwrap", "wrap"]

# As in PNG: a byte above 127, a name, both kinds of line end and a control-Z, so that a transfer
# in text mode or through a 7-bit channel does not go unnoticed.
MAGIC = b"\x89PCP\r\n\x1a\n"
MAXIMUM_SIZE = 64 * 2**20  # bytes, of a whole file
_MAXIMUM_ITEMS = 1024  # a profile has about 40, whatever its length: bulk lies in byte strings

Value: TypeAlias = "bool | int | float | str | bytes | list[Value] | dict[str, Value] | None"


def wrap(payload: bytes) -> bytes:
    """The file's bytes for an encoded map."""
    body = MAGIC + payload
    return body + zlib.crc32(body).to_bytes(4, "big")


def unwrap(data: bytes) -> bytes:
    """The encoded map in a file's bytes."""
    if not data:
        raise ValueError("the file is empty")
    if len(data) > MAXIMUM_SIZE:
        raise ValueError(f"more than {MAXIMUM_SIZE} bytes")
    if data[: len(MAGIC)] != MAGIC[: len(data)]:
        raise ValueError("not a cache profile (wrong first bytes)")
    if len(data) < len(MAGIC) + 5:
        raise ValueError(f"truncated after {len(data)} bytes")
    body, checksum = data[:-4], int.from_bytes(data[-4:], "big")
    if zlib.crc32(body) != checksum:
        raise ValueError("truncated or altered (wrong CRC-32)")
    return body[len(MAGIC) :]


def encode_map(fields: dict[str, Value]) -> bytes:
    """A map in core deterministic encoding (RFC 8949, section 4.2.1)."""
    return cbor2.dumps(fields, canonical=True)


def decode_map(payload: bytes) -> dict[str, Value]:
    """The one map with text keys that `payload` holds, refusing every other way to write it."""
    _check_items(payload)
    try:
        fields = cbor2.loads(payload)
        same = cbor2.dumps(fields, canonical=True) == payload
    except (cbor2.CBORError, ValueError, RecursionError) as error:
        raise ValueError(f"not valid CBOR ({error})") from None
    if not same:
        raise ValueError("not deterministic CBOR (a key twice, keys unsorted, or bytes too many)")
    if not isinstance(fields, dict) or not all(isinstance(key, str) for key in fields):
        raise ValueError("not a map with text keys")
    return fields


def _check_items(payload: bytes) -> None:
    """Walk the heads of all CBOR items, so that no decoder is ever led by a claimed length.

    Refuses tags, indefinite lengths, too many items, and strings longer than what is there.
    """
    position = items = 0
    while position < len(payload):
        items += 1
        major, detail = payload[position] >> 5, payload[position] & 31
        if major == 6 or detail > 27:
            raise ValueError("not the kind of CBOR that profiles are made of")
        width = 0 if detail < 24 else 1 << detail - 24
        position += 1 + width
        claimed = int.from_bytes(payload[position - width : position], "big") if width else detail
        if major in (2, 3):
            position += claimed
        elif major in (4, 5) and claimed > _MAXIMUM_ITEMS:
            items += claimed
        if items > _MAXIMUM_ITEMS:
            raise ValueError(f"more than {_MAXIMUM_ITEMS} CBOR items")
    if position > len(payload):
        raise ValueError("a CBOR item is longer than the file")
