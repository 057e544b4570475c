"""Packets of more frames than they may hold (docs/live-input.md)."""

from __future__ import annotations

import pytest

from palantir.codec import Decoder
from palantir.errors import BitstreamError
from tests.codec.streams import packet
from tests.live_input.faulty import PLAIN


def test_a_packet_holds_at_most_eight_coded_frames() -> None:
    """Without a superframe's index libvpx decodes frame after frame, and all had to be kept."""
    decoder = Decoder()
    assert len(decoder.decode(packet(PLAIN[0] * 8)).frames) == 8
    with pytest.raises(BitstreamError, match="more than 8 coded frames in one packet"):
        decoder.decode(packet(PLAIN[0] * 9, 1))
    assert len(decoder.decode(packet(PLAIN[0], 2)).frames) == 1
