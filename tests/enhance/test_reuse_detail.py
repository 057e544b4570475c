"""Native detail reuse equals the plain recomputation of numpy_detail.py, bit for bit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from palantir import _core
from palantir.codec import CodedFrame
from palantir.tiles import Tile
from tests.data_folder import needs_data, vector
from tests.enhance.detail_chain import POOL, Chain, random_tiles
from tests.enhance.streams import all_blocks, coded_frames

FADE = 30.0


def whole(frame: CodedFrame) -> Tile:
    return Tile(0, 0, frame.width, frame.height)


def run(frames: list[CodedFrame], scale: int, fade: float = FADE, seed: int = 0) -> Chain:
    """Random anchors in every frame, all of the first one; references are lost now and then."""
    chain, random = Chain(scale, fade), np.random.default_rng(seed)
    for frame in frames:
        known = [i for i in frame.references if random.random() < 0.9]
        tiles = random_tiles(frame, random) if frame.index else [whole(frame)]
        chain.follow(frame, tiles, known)
    return chain


def test_the_clip_has_what_matters(rich_frames: list[CodedFrame]) -> None:
    blocks = all_blocks(rich_frames)
    inter = blocks[blocks["inter"] > 0]
    assert inter["split"].any()
    assert (blocks["inter"] == 0).any()
    height, width = rich_frames[0].planes[0].shape
    assert width % 8
    assert height % 8
    left = inter["x"] + inter["mv"][:, 0, 0, 1] // 8
    assert (left < 0).any()


@pytest.mark.parametrize("scale", [1, 2, 3, 4])
def test_every_frame_equals_numpy(rich_frames: list[CodedFrame], scale: int) -> None:
    chain = run(rich_frames, scale, seed=scale)
    assert max(len(native.sources) for native in chain.native.values()) > 3


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_filters_make_what_has_no_detail(rich_frames: list[CodedFrame], scale: int) -> None:
    lots = np.random.default_rng(scale)
    filters = lots.integers(-60, 61, (112, 24, scale, scale)).astype(np.int16)
    chain = Chain(scale, FADE, filters)
    for frame in rich_frames[:6]:
        chain.follow(frame, random_tiles(frame, lots), frame.references)


@pytest.mark.parametrize("fade", [0.01, 3.5, 1e6])
def test_the_fade_is_honoured(rich_frames: list[CodedFrame], fade: float) -> None:
    run(rich_frames[:6], 2, fade)


def test_missing_references_count_as_no_detail(rich_frames: list[CodedFrame]) -> None:
    chain = Chain(2, FADE)
    chain.follow(rich_frames[0], [whole(rich_frames[0])], [])
    chain.follow(rich_frames[1], [], [])
    assert list(chain.native) == [0]


def test_intra_blocks_have_no_detail(rich_frames: list[CodedFrame]) -> None:
    chain, blocks = Chain(1, 1e9), 0
    chain.follow(rich_frames[0], [whole(rich_frames[0])], [])
    for frame in rich_frames[1:6]:
        chain.follow(frame, [], frame.references)
        for block in frame.blocks[frame.blocks["inter"] == 0]:
            x, y = (int(block[name]) // 2 + 1 for name in ("x", "y"))  # trust is a mean
            rows = slice(y, y + int(block["height"]) // 2 - 2)
            columns = slice(x, x + int(block["width"]) // 2 - 2)
            assert not chain.native[frame.index].confidence[rows, columns].any()
            blocks += 1
    assert blocks
    assert _core.reuse_detail(rich_frames[0].native, chain.native, 1, FADE, None, POOL) is None


def test_an_anchor_shows_the_networks_pixels(rich_frames: list[CodedFrame]) -> None:
    """Odd edges inside, on top of what references bring."""
    chain = run(rich_frames[:3], 2)
    frame, tile = rich_frames[3], Tile(11, 5, 58, 40)
    planes = chain.follow(frame, [tile], frame.references)
    rows, columns = slice(2 * tile.top, 2 * tile.bottom), slice(2 * tile.left, 2 * tile.right)
    base = _core.upscale(frame.native.planes[0], 2, "bicubic")[rows, columns]
    added = chain.sources[3][0][rows, columns].astype(np.int16)
    np.testing.assert_array_equal(planes[0][rows, columns], _core.compose(base, added))


def test_references_of_another_size_are_ignored(
    rich_frames: list[CodedFrame], plain_clip: Path
) -> None:
    frame, other = rich_frames[1], coded_frames(plain_clip, 1)[0]
    for foreign, scale in ((other, 4), (rich_frames[0], 2)):
        chain = Chain(scale, FADE)
        chain.follow(foreign, [whole(foreign)], [])
        maps = dict.fromkeys(frame.references, chain.native[foreign.index])
        assert _core.reuse_detail(frame.native, maps, 4, FADE, None, POOL) is None
        with pytest.raises(ValueError, match="a map of another size"):
            _core.render_detail(frame.native, chain.native[foreign.index], 4, POOL)


@pytest.mark.parametrize("fade", [0.0, -1.0, float("nan")])
def test_an_impossible_fade_is_refused(rich_frames: list[CodedFrame], fade: float) -> None:
    with pytest.raises(ValueError, match="fade must be above 0"):
        _core.reuse_detail(rich_frames[0].native, {}, 2, fade, None, POOL)


def test_what_does_not_fit_is_refused(rich_frames: list[CodedFrame]) -> None:
    frame = rich_frames[0]
    source = _core.DetailSource(frame.native, 2, [], POOL)
    samples = np.zeros((10, 10), np.int16)
    for plane, x, y in ((0, -1, 0), (0, 0, -1), (0, 2 * frame.width - 9, 0), (1, 99, 99)):
        with pytest.raises(ValueError, match="an anchor of 10x10 samples does not lie"):
            source.add(plane, x, y, samples, POOL)
    with pytest.raises(ValueError, match=r"plane must be 0\.\.2, not 3"):
        source.add(3, 0, 0, samples, POOL)
    native, outside = frame.native, (0, 0, frame.width + 1, 4)
    with pytest.raises(ValueError, match="does not lie in its frame"):
        _core.DetailSource(native, 2, [outside], POOL)
    for given in (
        _core.DetailSource(rich_frames[1].native, 2, [], POOL),
        _core.DetailSource(native, 3, [], POOL),
    ):
        with pytest.raises(ValueError, match="another frame's"):
            _core.reuse_detail(native, {}, 2, FADE, given, POOL)


def test_rows_may_be_shared_out(rich_frames: list[CodedFrame]) -> None:
    alone: dict[int, _core.DetailMap] = {}
    shared: dict[int, _core.DetailMap] = {}
    for frame in rich_frames:
        native, tiles = frame.native, [(8, 4, 72, 60)] if frame.index % 5 == 0 else []
        source = _core.DetailSource(native, 2, tiles, POOL) if tiles else None
        if source:
            noise = np.random.default_rng(frame.index).normal(0, 2000, (112, 128))
            source.add(0, 16, 8, noise.astype(np.int16), POOL)
        pictures = []
        for maps, threads in ((alone, 1), (shared, 3)):
            known = {i: maps[i] for i in frame.references if i in maps}
            made = _core.reuse_detail(native, known, 2, FADE, source, POOL, threads)
            assert made is not None
            maps[frame.index] = made
            pictures.append(_core.render_detail(native, made, 2, POOL, threads))
        for one, other in zip(*pictures, strict=True):
            np.testing.assert_array_equal(one, other)
        one, other = alone[frame.index], shared[frame.index]
        np.testing.assert_array_equal(one.confidence, other.confidence)
        live = one.confidence > 0
        for name in ("source", "down", "across"):
            np.testing.assert_array_equal(getattr(one, name)[live], getattr(other, name)[live])


def test_no_reference_may_be_none(rich_frames: list[CodedFrame]) -> None:
    missing: Any = {0: None}
    with pytest.raises(ValueError, match="reference 0 is None"):
        _core.reuse_detail(rich_frames[1].native, missing, 2, FADE, None, POOL)


# Compound and sub-8x8 together; tiny; blocks with references of another size.
COMPOUND, RESIZED = "vp90-2-11-size-351x288.webm", "vp90-2-21-resize_inter_320x180_5_3-4.webm"
PICKED = [
    (COMPOUND, 10, 1),
    (COMPOUND, 10, 3),
    ("vp90-2-02-size-66x18.webm", 10, 4),
    ("vp90-2-02-size-08x08.webm", 10, 4),
    ("vp90-2-18-resize.ivf", 8, 2),  # motion that leaves the frame altogether
    (RESIZED, 13, 1),
]


@needs_data
@pytest.mark.parametrize(("name", "count", "scale"), PICKED)
def test_vectors_equal_numpy(name: str, count: int, scale: int) -> None:
    run(coded_frames(vector(name), count), scale)


@needs_data
def test_the_vectors_have_what_they_are_picked_for() -> None:
    blocks = all_blocks(coded_frames(vector(COMPOUND))[7:10])
    assert (blocks["inter"] == 2).any()
    assert ((blocks["inter"] == 2) & (blocks["split"] == 1)).any()
    resized = coded_frames(vector(RESIZED), 13)
    assert len({(frame.width, frame.height) for frame in resized[10:13]}) == 1
    blocks = all_blocks(resized[10:13])
    assert ((blocks["inter"] > 0) & (blocks["usable"] == 0)).any()
