"""The hunt for slow packets looks at what it should."""

from __future__ import annotations

from itertools import islice

import pytest

from tests.codec.frame_header import claimed_size
from tests.codec.streams import KINDS, frames_of
from tests.reliability.slowest import SOURCES, Slowest, slowest


@pytest.mark.parametrize("kind", KINDS)
def test_the_size_that_a_key_frame_claims_is_the_decoders(kind: str) -> None:
    packets = KINDS[kind]()
    assert claimed_size(packets[0]) == (frames_of(packets)[0].width, frames_of(packets)[0].height)
    assert claimed_size(packets[1]) == (0, 0)
    assert claimed_size(b"") == (0, 0)


def test_the_slowest_pixel_is_kept_and_counted_beyond_what_every_packet_takes() -> None:
    slow = Slowest()
    for seconds, pixels, where in ((0.002, 10, "tiny"), (0.5, 10**7, "large"), (9.0, 0, "none")):
        slow.note(seconds, pixels, where)
    assert (slow.where, round(slow.nanoseconds), slow.packets) == ("tiny", 100_000, 3)


def test_random_bits_and_noise_are_decoded_and_reused_rather_than_refused() -> None:
    for name in ("random bits", "noise without loss, 4:2:0"):
        found = slowest(islice(SOURCES[name](), 1))
        assert found["decode"].packets == found["graph"].packets
        assert found["decode"].nanoseconds > 0
    assert found["reuse"].packets > 0
