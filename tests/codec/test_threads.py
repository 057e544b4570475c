"""The trace does not depend on decoding threads or on row-based multi-threading."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import pytest

from palantir.codec import CodedFrame
from tests.codec.streams import KINDS, frames_of, stream
from tests.data_folder import needs_data, vector

ARRAYS = ("planes", "prediction", "reconstruction", "blocks")
PROPERTIES = [name for name, member in vars(CodedFrame).items() if isinstance(member, property)]
FACTS = ["packet", *(name for name in PROPERTIES if name not in ARRAYS)]
SETTINGS = [(threads, row_mt) for threads in range(1, 9) for row_mt in (False, True)]
THREADED_VECTORS = [
    "vp90-2-08-tile-4x4.webm",
    "vp90-2-08-tile_1x2.webm",
    "vp90-2-08-tile_1x4.webm",
    "vp90-2-11-size-351x288.webm",
    "vp90-2-14-resize-10frames-fp-tiles-1-4.webm",
    "vp90-2-17-show-existing-frame.webm",
    "vp90-2-18-resize.ivf",
    "vp90-2-21-resize_inter_320x240_7_1-2.webm",
    "vp91-2-04-yuv444.webm",
]


def fingerprint(frame: CodedFrame) -> tuple[object, ...]:
    """Everything a frame says of itself."""
    digest = hashlib.sha256()
    for planes in (frame.planes, frame.prediction, frame.reconstruction):
        for plane in planes:
            digest.update(plane.tobytes())
    for array in (frame.blocks, frame.texture, *frame.weights):
        digest.update(array.tobytes())
    return *(getattr(frame, name) for name in FACTS), digest.hexdigest()


def assert_same_trace(packets: Sequence[bytes] | Path, settings: list[tuple[int, bool]]) -> None:
    alone = [fingerprint(frame) for frame in frames_of(packets)]
    for threads, row_mt in settings:
        frames = frames_of(packets, threads=threads, row_mt=row_mt)
        assert [fingerprint(frame) for frame in frames] == alone, (threads, row_mt)


@pytest.mark.parametrize("kind", KINDS)
def test_threads_leave_the_trace_alone(kind: str) -> None:
    assert_same_trace(KINDS[kind](), [(2, False), (4, True), (8, False), (8, True)])


def test_tile_threads_leave_the_trace_alone() -> None:
    wide = stream("tiled", size=(1030, 72), frames=4)  # four tile columns
    assert_same_trace(wide, SETTINGS)


@needs_data
@pytest.mark.slow
@pytest.mark.parametrize("name", THREADED_VECTORS)
def test_threads_leave_the_trace_of_vectors_alone(name: str) -> None:
    large = "tile" in name  # 1080p: the decoder is what takes time
    assert_same_trace(vector(name), SETTINGS[1::3] if large else SETTINGS)
