"""A broken packet leaves nothing behind: from the next key frame on all is as if it never came."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator

import pytest

from palantir import _core
from tests.codec.frame_header import as_intra_only, claiming
from tests.codec.streams import stream

SETTINGS = [(1, False), (1, True), (2, True), (4, False), (4, True)]  # threads, row-MT
STREAMS = {"one tile": stream("sub-8x8", size=(200, 130)), "tiles": stream("tiled", size=(520, 66))}


def damaged(packets: tuple[bytes, ...], count: int) -> Iterator[bytes]:
    """Cut short, or with bits that changed, behind the header."""
    lot = random.Random(7)
    for number in range(count):
        data = bytearray(packets[number % 3])
        if lot.random() < 0.5:
            yield bytes(data[: lot.randrange(len(data) // 2, len(data))])
            continue
        for _ in range(4):
            data[lot.randrange(len(data) // 4, len(data))] ^= 1 << lot.randrange(8)
        yield bytes(data)


def pictures(decoder: _core.Decoder, packets: tuple[bytes, ...]) -> list[tuple[bytes, ...]]:
    shown = []
    for data in packets:
        decoder.decode(data)
        planes = decoder.displayed_planes()
        assert planes is not None
        shown.append(tuple(plane.tobytes() for plane in planes))
    return shown


@pytest.mark.parametrize("observe", [False, True])
@pytest.mark.parametrize(("threads", "row_mt"), SETTINGS)
@pytest.mark.parametrize("kind", STREAMS)
def test_a_key_frame_mends_all_with_any_threads(
    kind: str, threads: int, row_mt: bool, observe: bool
) -> None:
    packets = STREAMS[kind]
    truth = pictures(_core.Decoder(observe=False), packets)
    refused = 0
    decoder = _core.Decoder(threads=threads, row_mt=row_mt, observe=observe)
    for data in damaged(packets, 12):
        decoder.decode(packets[0])
        try:
            decoder.decode(data)
        except _core.DecodeError:
            refused += 1
            assert decoder.displayed_planes() is None  # no stale picture
        assert pictures(decoder, packets) == truth
    assert refused >= 6


def test_a_motion_vector_out_of_range_ends_the_frame() -> None:
    decoder, said = _core.Decoder(), []
    for data in damaged(stream("resilient"), 60):
        decoder.decode(stream("resilient")[0])
        try:
            decoder.decode(data)
        except _core.DecodeError as error:
            said.append(str(error))
    assert any(re.search("motion vector out of range", words) for words in said)


def test_an_empty_slot_is_named_and_refused() -> None:
    """After an intra-only frame that starts a stream, the slots that it left out are empty."""
    key, inter, *_ = stream("resilient")
    decoder = _core.Decoder()
    decoder.decode(as_intra_only(key, refresh=0b00000010))
    with pytest.raises(_core.DecodeError, match="Reference slot 0 holds no frame"):
        decoder.decode(inter)
    decoder.decode(key)
    assert decoder.decode(inter)[1]


def test_after_a_size_that_was_refused_the_old_size_goes_on() -> None:
    small = stream("resilient")
    large = claiming(small[0], 640, 480)
    truth = pictures(_core.Decoder(observe=False), small)
    for threads, row_mt in SETTINGS:
        decoder = _core.Decoder(threads=threads, row_mt=row_mt, max_width=639, max_height=480)
        assert pictures(decoder, small) == truth
        with pytest.raises(_core.DecodeError, match="640x480 beyond the limit of 639x480"):
            decoder.decode(large)
        assert decoder.displayed_planes() is None
        assert pictures(decoder, small) == truth
