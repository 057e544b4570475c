from __future__ import annotations

import zlib

import pytest

from palantir.profile.container import MAGIC, Value, decode_map, encode_map, unwrap, wrap


def test_maps_are_encoded_deterministically() -> None:
    # RFC 8949, 4.2.1: shortest forms, keys by their encoded bytes; floats stay floats.
    fields: dict[str, Value] = {"bb": 1.0, "a": 24, "aa": 0.1, "c": [100000.0, -1]}
    expected = "a4 6161 1818 6163 82fa47c3500020 626161 fb3fb999999999999a 626262 f93c00"
    assert encode_map(fields).hex() == expected.replace(" ", "")
    assert decode_map(encode_map(fields)) == fields


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        ("", "not valid CBOR"),
        ("a1", "not valid CBOR"),
        ("a16161", "not valid CBOR"),
        ("80", "not a map"),
        ("01", "not a map"),
        ("a10101", "not a map with text keys"),
        ("a1616101616201", "not deterministic"),  # a second item after the map
        ("a16161010000", "not deterministic"),
        ("a2616101616101", "not deterministic"),  # a key twice
        ("a2616201616101", "not deterministic"),  # unsorted
        ("a161611800", "not deterministic"),  # 0 in two bytes
        ("a16161fb3ff0000000000000", "not deterministic"),  # 1.0 in eight bytes
        ("bf616101ff", "not the kind"),  # indefinite length
        ("a16161c001", "not the kind"),  # a tag
        ("a16161d81c80", "not the kind"),  # a shared reference
        ("a1616162ff", "longer than the file"),
        ("a1616162fffe", "not valid CBOR"),  # not UTF-8
        ("a161615b0fffffffffffffff", "longer than the file"),
        ("a161619b0fffffffffffffff", "CBOR items"),
        ("bbffffffffffffffff", "CBOR items"),
        ("a16161" + "81" * 900 + "00", "not valid CBOR"),  # too deep
        ("a16161990500" + "80" * 0x500, "more than 1024 CBOR items"),
        ("80" * 2000, "more than 1024 CBOR items"),
        ("1b00", "longer than the file"),
    ],
)
def test_any_other_way_to_write_a_map_is_refused(payload: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        decode_map(bytes.fromhex(payload))


def test_the_frame_is_magic_and_checksum() -> None:
    data = wrap(b"\xa0")
    assert data == MAGIC + b"\xa0" + zlib.crc32(MAGIC + b"\xa0").to_bytes(4, "big")
    assert unwrap(data) == b"\xa0"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty"),
        (MAGIC[:3], "truncated after 3 bytes"),
        (MAGIC + b"\xa0\0\0\0", "truncated after 12 bytes"),
        (b"RIFF....WEBP", "not a cache profile"),
        (MAGIC.replace(b"\r\n", b"\n") + b"\xa0\0\0\0\0", "not a cache profile"),
        (MAGIC + b"\xa0\0\0\0\0", "CRC-32"),
        (bytes(64 * 2**20 + 1), "more than 67108864 bytes"),
    ],
)
def test_a_damaged_frame_is_refused(data: bytes, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        unwrap(data)
