"""Streams that begin in the middle of a GoP (docs/live-input.md)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from palantir.codec import DecodedPacket, Decoder
from palantir.enhance import enhance
from palantir.errors import BitstreamError
from palantir.graph import ErrorGraph
from palantir.profile import CacheProfile
from palantir.schedule import LiveScheduler, select
from tests.codec.frame_header import as_intra_only, show_existing
from tests.codec.streams import decode_all, packet, stream
from tests.live_input.faulty import HIDDEN, PLAIN, SUPERFRAME, outcome, write_ivf


@pytest.mark.parametrize("begin", [1, 3, 5])
def test_packets_before_the_first_key_frame_are_refused(begin: int) -> None:
    results = outcome((*PLAIN[begin:], *PLAIN))
    early, whole = results[: 6 - begin], results[6 - begin :]
    for number, words in enumerate(early):
        assert words == (
            f"stream: packet {number} after 0 coded frames: the stream does not begin with a key "
            "frame: Unspecified internal error"
        )
    for each, same in zip(whole, decode_all(PLAIN), strict=True):
        assert isinstance(each, DecodedPacket)
        assert each.displayed == same.displayed
        np.testing.assert_array_equal(each.frames[0].planes[0], same.frames[0].planes[0])


def test_a_superframe_or_a_repeated_frame_may_come_first() -> None:
    early = (HIDDEN[SUPERFRAME], show_existing(0), HIDDEN[SUPERFRAME + 1])
    results = outcome((*early, *PLAIN))
    assert all("does not begin with a key frame" in str(each) for each in results[:3])
    assert [each.displayed for each in results[3:] if isinstance(each, DecodedPacket)] == [
        *range(6)
    ]


def test_an_intra_only_frame_begins_a_stream_but_ends_no_wait() -> None:
    intra_only = as_intra_only(stream("sub-8x8")[0], refresh=0xFF)
    decoder = Decoder()
    assert decoder.decode(packet(intra_only)).frames[0].intra_only
    decoder.wait_for_key_frame()
    with pytest.raises(BitstreamError, match="holds no key frame"):
        decoder.decode(packet(intra_only))


def test_a_segment_that_begins_inside_a_gop_is_scheduled_and_enhanced_from_its_key_frame(
    tmp_path: Path,
) -> None:
    clip, heard = write_ivf(tmp_path / "late.ivf", (*PLAIN[2:], *PLAIN)), list[BitstreamError]()
    with pytest.raises(BitstreamError, match="packet 0 after 0 coded frames: the stream does not"):
        ErrorGraph.from_video(clip)
    graph = ErrorGraph.from_video(clip, on_damage=heard.append)
    assert (len(heard), graph.frames.packet.tolist()) == (4, [*range(4, 10)])
    profile = CacheProfile.from_selection(graph, select(graph, 3))
    shown = list(enhance(clip, profile, on_damage=heard.append))
    assert ([frame.pts for frame in shown], len(heard)) == ([*range(4, 10)], 8)
    assert sum(frame.anchors for frame in shown) == 3


def test_a_live_scheduler_may_begin_inside_a_gop() -> None:
    """Decoding began earlier; what its frames refer to is not known and counts as free of error."""
    decoded = decode_all(PLAIN * 2)
    live = LiveScheduler(3, 2)
    closed = [interval for each in decoded[3:] for interval in live.push(each)]
    assert [index for each in closed for index in each.index] == [*range(3, 11)]
    assert all(np.isfinite([each.objective, each.untouched]).all() for each in closed)
