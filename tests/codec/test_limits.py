"""Frames above a size limit are refused before anything is allocated for them."""

from __future__ import annotations

import subprocess
import sys

import pytest

from palantir import _core
from tests.codec.frame_header import claiming, resized
from tests.codec.streams import stream
from tests.reliability.memory import grown

PEAK = """
import re, sys
from palantir import _core
def peak():  # of this process, KiB
    return int(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1])
decoder = _core.Decoder(max_width=int(sys.argv[2]), max_height=int(sys.argv[2]))
before = peak()
try:
    decoder.decode(bytes.fromhex(sys.argv[1]))
except _core.DecodeError as error:
    print(error)
print(peak() - before)
"""


def small_key_frame(width: int, height: int) -> bytes:
    """62 bytes that begin as a key frame of the size given."""
    return claiming(stream()[0], width, height)[:62]


def peak_of(data: bytes, limit: int = 0) -> tuple[str, int]:
    """What the decoder says, and by how many bytes the process grew, in a process of its own."""
    command = [sys.executable, "-c", PEAK, data.hex(), str(limit)]
    *words, grown = subprocess.run(
        command, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    return " ".join(words), 1024 * int(grown)


def test_62_bytes_that_claim_16384x16384_are_refused_before_memory_is_taken() -> None:
    words, grown = peak_of(small_key_frame(16384, 16384))
    assert "Dimensions of 16384x16384 beyond allowed size of 8192x8192" in words
    assert grown < 4 << 20


def test_62_bytes_that_claim_8192x8192_are_refused_where_the_limit_says_so() -> None:
    words, grown = peak_of(small_key_frame(8192, 8192), 1920)
    assert "Dimensions of 8192x8192 beyond the limit of 1920x1920" in words
    assert grown < 4 << 20
    words, grown = peak_of(small_key_frame(8192, 8192))
    assert grown > 4 << 20  # the same bytes are costly without: the test above tests something


@pytest.mark.parametrize(("setting", "most"), [({}, 24), ({"threads": 8, "row_mt": True}, 48)])
def test_a_decoder_takes_so_many_bytes_a_pixel_of_its_frames_and_no_more(
    setting: dict[str, bool | int], most: int
) -> None:
    """With a frame of its own in each of the eight slots, which is the most there can be."""
    assert 12 * 854 * 480 < grown((854, 480), **setting) < most * 854 * 480


@pytest.mark.parametrize("observe", [False, True])
@pytest.mark.parametrize("size", [(101, 67), (4096, 4096)])
def test_frames_up_to_the_limit_are_decoded(observe: bool, size: tuple[int, int]) -> None:
    limited = _core.Decoder(observe=observe, max_width=size[0], max_height=size[1])
    plain = _core.Decoder(observe=observe)
    for data in stream("resilient"):
        assert limited.decode(data)[1:] == plain.decode(data)[1:]


@pytest.mark.parametrize("observe", [False, True])
@pytest.mark.parametrize("size", [(100, 67), (101, 66)])
def test_larger_frames_are_refused_and_smaller_ones_go_on(
    observe: bool, size: tuple[int, int]
) -> None:
    decoder = _core.Decoder(observe=observe, max_width=size[0], max_height=size[1])
    limit = f"{size[0]}x{size[1]}"
    with pytest.raises(_core.DecodeError, match=f"101x67 beyond the limit of {limit}"):
        decoder.decode(stream("resilient")[0])
    for data in stream("tiled", size=(96, 64)):
        assert decoder.decode(data)[1]


def test_an_inter_frame_above_the_limit_is_refused() -> None:
    key, inter, *_ = stream("resilient")
    decoder = _core.Decoder(max_width=101, max_height=67)
    decoder.decode(key)
    with pytest.raises(_core.DecodeError, match="104x72 beyond the limit of 101x67"):
        decoder.decode(resized(inter, 104, 72))
    decoder.decode(key)
    assert decoder.decode(inter)[1]


@pytest.mark.parametrize(("width", "height"), [(-1, 5), (5, 0), (0, 5), (5, -1)])
def test_half_a_limit_is_refused(width: int, height: int) -> None:
    with pytest.raises(ValueError, match=f"not {width} and {height}"):
        _core.Decoder(max_width=width, max_height=height)
