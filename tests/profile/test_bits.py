from __future__ import annotations

import numpy as np
import pytest

from palantir.profile.bits import pack_flags, pack_packets, unpack_flags, unpack_packets


def test_flags_fill_bytes_from_the_top() -> None:
    flags = np.array([[1, 0, 0, 0, 0, 0, 0, 0, 1], [0] * 8 + [1]], np.bool_)
    assert pack_flags(flags) == bytes([0x80, 0x80, 0x00, 0x80])
    assert np.array_equal(unpack_flags(bytes([0x80, 0x80, 0x00, 0x80]), 2, 9), flags)


def test_flags_of_the_wrong_length_or_with_padding_set_are_refused() -> None:
    with pytest.raises(ValueError, match="has 1 bytes, not 2"):
        unpack_flags(b"\x80", 1, 9)
    with pytest.raises(ValueError, match="padding"):
        unpack_flags(b"\x80\x40", 1, 9)


def test_packets_are_steps_and_frames() -> None:
    packet = np.array([0, 1, 1, 2, 5])
    assert pack_packets(packet) == bytes([0b10110100, 0b01000000])
    assert unpack_packets(bytes([0b10110100, 0b01000000]), 5).tolist() == packet.tolist()
    assert unpack_packets(pack_packets(np.array([900])), 1).tolist() == [900]
    steps = np.random.default_rng(0).choice([0, 0, 1, 1, 2, 40], 5000)
    assert np.array_equal(unpack_packets(pack_packets(np.cumsum(steps)), 5000), np.cumsum(steps))


def test_packets_with_other_counts_or_spare_bytes_are_refused() -> None:
    with pytest.raises(ValueError, match="names 2 coded frames, not 3"):
        unpack_packets(b"\xc0", 3)
    with pytest.raises(ValueError, match="names 0 coded frames"):
        unpack_packets(b"", 3)
    with pytest.raises(ValueError, match="after its last coded frame"):
        unpack_packets(b"\xc0\x00", 2)
