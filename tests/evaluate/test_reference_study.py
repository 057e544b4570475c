"""Degrees of reference equal a count pixel by pixel; effect sizes a count over all pairs."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import numpy as np
import pytest
from numpy.typing import NDArray

from palantir.codec import CodedFrame
from palantir.errors import BitstreamError, MediaError
from palantir.evaluate import ReferenceStudy, study_references
from palantir.evaluate.reference_study import (
    GROUPS,
    common_language_effect,
    study_frames,
)
from tests.codec.streams import KINDS, encode, frames_of, stream
from tests.data_folder import VARIED, needs_data, vector

Plane = NDArray[np.float64]


def counted_by_pixel(frames: Sequence[CodedFrame]) -> list[Plane]:
    """The degree of every pixel of every frame, one pixel after the other."""
    planes = [np.zeros((frame.height, frame.width)) for frame in frames]
    for frame in frames:
        for block in frame.blocks:
            references = int(block["inter"]) * int(block["usable"])
            top, left, split = int(block["y"]), int(block["x"]), bool(block["split"])
            for which in range(references):
                plane, vectors = planes[block["reference"][which]], block["mv"][which].tolist()
                height, width = plane.shape
                for y, x in pixels_of(block, frame):
                    quarter = 2 * (y >= top + 4) + (x >= left + 4) if split else 0
                    row, column = y + vectors[quarter][0] // 8, x + vectors[quarter][1] // 8
                    row, column = min(max(row, 0), height - 1), min(max(column, 0), width - 1)
                    plane[row, column] += 1 / references
    return planes


def pixels_of(block: np.void, frame: CodedFrame) -> Iterator[tuple[int, int]]:
    top, left = int(block["y"]), int(block["x"])
    for y in range(top, min(top + int(block["height"]), frame.height)):
        for x in range(left, min(left + int(block["width"]), frame.width)):
            yield y, x


def expected_degrees(frames: Sequence[CodedFrame]) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {group: [] for group in GROUPS}
    for frame, plane in zip(frames, counted_by_pixel(frames), strict=True):
        if frame.key:
            found["key"].append(plane.mean())
        elif not frame.intra_only:
            found["normal" if frame.shown else "alt-ref"].append(plane.mean())
        for block in frame.blocks:
            mean = plane[tuple(np.transpose(list(pixels_of(block, frame))))].mean()
            if not block["inter"]:
                found["intra anywhere"].append(mean)
            if not (frame.key or frame.intra_only):
                found["inter" if block["inter"] else "intra"].append(mean)
    return found


def assert_degrees_are_counted(frames: Sequence[CodedFrame]) -> ReferenceStudy:
    study = study_frames(frames)
    expected = expected_degrees(frames)
    assert study.frames == len(frames)
    assert study.degrees.keys() == expected.keys()
    for group, degrees in study.degrees.items():
        np.testing.assert_allclose(degrees, expected[group], rtol=1e-12, err_msg=group)
    return study


@pytest.mark.parametrize("kind", ["sub-8x8", "new-sizes", "intra-only", "tiny"])
def test_degrees_are_pixels_that_later_frames_name(kind: str) -> None:
    study = assert_degrees_are_counted(frames_of(KINDS[kind]()))
    assert study.degrees["key"].max() > 0


@needs_data
@pytest.mark.parametrize("name", ["vp90-2-02-size-66x10.webm"])
def test_degrees_of_vectors_are_pixels_that_later_frames_name(name: str) -> None:
    frames = frames_of(vector(name))
    assert any((frame.blocks["inter"] == 2).any() for frame in frames)
    assert_degrees_are_counted(frames)


@dataclass(frozen=True)
class MadeFrame:
    """What the study needs of a coded frame."""

    index: int
    blocks: NDArray[np.void]
    slots: tuple[int, ...]
    width: int = 145  # one more than whole blocks of 8, so that the edge is a block of its own
    height: int = 73
    key: bool = False
    intra_only: bool = False
    shown: bool = True


def made_frames(count: int, reach: int, seed: int) -> list[CodedFrame]:
    """Random blocks of all kinds, with vectors of up to `reach` pixels, to any frame in a slot."""
    random = np.random.default_rng(seed)
    dtype = frames_of(stream())[0].blocks.dtype
    slots = [0] * 8
    frames = [MadeFrame(0, random_blocks(random, dtype, [], reach), tuple(slots), key=True)]
    for index in range(1, count):
        blocks = random_blocks(random, dtype, slots, reach)
        slots[random.integers(8)] = index
        shown = bool(random.integers(2))
        frames.append(MadeFrame(index, blocks, tuple(slots), shown=shown))
    return cast(list[CodedFrame], frames)


def random_blocks(
    random: np.random.Generator, dtype: np.dtype[np.void], slots: list[int], reach: int
) -> NDArray[np.void]:
    side = int(random.choice([8, 16, 32, 64]))
    tops, lefts = np.mgrid[0:73:side, 0:145:side].reshape(2, -1)
    count = len(tops)
    blocks = np.zeros(count, dtype)
    blocks["x"], blocks["y"], blocks["width"], blocks["height"] = lefts, tops, side, side
    blocks["reference"] = -1
    if slots:
        blocks["inter"] = random.integers(0, 3, count)
        blocks["usable"] = random.integers(0, 4, count) > 0
        blocks["split"] = random.integers(0, 2, count) if side == 8 else 0
        blocks["reference"] = random.choice(slots, (count, 2))
        blocks["mv"] = random.integers(-8 * reach, 8 * reach + 1, blocks["mv"].shape)
    return blocks


@pytest.mark.parametrize(("reach", "seed"), [(3, 1), (90, 2), (4000, 3)])
def test_vectors_of_any_length_are_clamped_and_compound_counts_half(reach: int, seed: int) -> None:
    study = assert_degrees_are_counted(made_frames(6, reach, seed))
    assert all(degrees.any() for group, degrees in study.degrees.items() if group != "alt-ref")


@pytest.mark.parametrize("kind", KINDS)
def test_a_frames_degree_is_the_weights_of_what_refers_to_it(kind: str) -> None:
    assert_degrees_agree_with_weights(frames_of(KINDS[kind]()))


@needs_data
@pytest.mark.parametrize("name", VARIED)
def test_a_vectors_degree_is_the_weights_of_what_refers_to_it(name: str) -> None:
    assert_degrees_agree_with_weights(frames_of(vector(name)))


def assert_degrees_agree_with_weights(frames: Sequence[CodedFrame]) -> None:
    expected = np.zeros(len(frames))
    for frame in frames:
        _, reference, _, weight, _ = frame.native.weights(1, 1)
        np.add.at(expected, reference, weight)
    study = study_frames(frames)
    for group, wanted in (
        ("key", [frame.key for frame in frames]),
        ("normal", [f.shown and not (f.key or f.intra_only) for f in frames]),
        ("alt-ref", [not (f.shown or f.key or f.intra_only) for f in frames]),
    ):
        np.testing.assert_allclose(study.degrees[group], expected[wanted], rtol=1e-12)


def test_every_frame_and_block_is_in_its_group() -> None:
    frames = frames_of(KINDS["alt-ref"]())
    study = study_frames(frames)
    sizes = {group: len(degrees) for group, degrees in study.degrees.items()}
    assert (sizes["key"], sizes["alt-ref"], sizes["normal"]) == (1, 1, len(frames) - 2)
    assert study.degrees["alt-ref"][0] > np.median(study.degrees["normal"])
    inter = np.concatenate([frame.blocks["inter"] > 0 for frame in frames[1:]])
    assert (sizes["inter"], sizes["intra"]) == (inter.sum(), (~inter).sum())
    assert sizes["intra anywhere"] == sizes["intra"] + len(frames[0].blocks)


def test_an_intra_only_frame_is_in_no_group_but_its_blocks_are() -> None:
    frames = frames_of(KINDS["intra-only"]())
    study = study_frames(frames)
    assert [study.degrees[group].size for group in ("key", "alt-ref", "normal")] == [1, 0, 5]
    assert study.frames == len(frames) == 7
    intra_only = [len(f.blocks) for f in frames if f.key or f.intra_only]
    assert study.degrees["intra anywhere"].size == study.degrees["intra"].size + sum(intra_only)


def test_counts_are_kept_only_of_frames_that_a_slot_holds() -> None:
    frames = [MadeFrame(f.index, f.blocks, (f.index,) * 8, 500, 350) for f in made_frames(40, 3, 4)]
    for frame in frames:
        frame.blocks["reference"] = frame.index - 1
    counts = 4 * 500 * 350  # bytes of one frame's
    tracemalloc.start()
    study_frames(cast(list[CodedFrame], frames))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 15 * counts


def test_a_stream_of_key_frames_has_no_other_group_and_no_effects() -> None:
    study = study_frames(frames_of([stream()[0]] * 3))
    facts = study.to_dict()
    assert facts["frames"] == 3
    assert facts["groups"]["key"] == {"n": 3, "mean": 0, "q1": 0, "median": 0, "q3": 0}
    nothing = {"n": 0, "mean": None, "q1": None, "median": None, "q3": None}
    for group in ("alt-ref", "normal", "intra", "inter"):
        assert facts["groups"][group] == nothing
    assert [effect["cles"] for effect in facts["effects"]] == [None] * 4


@pytest.mark.parametrize("seed", range(5))
def test_the_effect_is_the_share_of_pairs(seed: int) -> None:
    random = np.random.default_rng(seed)
    first, second = random.integers(0, 9, 37) / 3, random.integers(0, 7, 23) / 3
    pairs = [1.0 if a > b else 0.5 if a == b else 0.0 for a in first for b in second]
    assert common_language_effect(first, second) == pytest.approx(sum(pairs) / len(pairs))


def test_the_effect_of_what_is_alike_larger_or_absent() -> None:
    assert common_language_effect([2, 2], [2, 2, 2]) == 0.5
    assert common_language_effect([3], [1, 2]) == 1
    assert common_language_effect([1], [2]) == 0
    assert common_language_effect([], [1]) is None
    assert common_language_effect([1], []) is None


def study_of(**degrees: list[float]) -> ReferenceStudy:
    named = {group: np.array(degrees.get(group.replace("-", "_"), [])) for group in GROUPS}
    return ReferenceStudy(3, named)


def test_pooling_puts_the_streams_frames_together() -> None:
    first, second = study_of(key=[4.0], normal=[1.0, 2.0]), study_of(normal=[6.0], alt_ref=[5.0])
    pooled = ReferenceStudy.pooled([first, second])
    assert pooled.frames == 6
    assert pooled.degrees["normal"].tolist() == [1, 2, 6]
    assert pooled.effect("key", "normal") == pytest.approx(2 / 3)
    assert pooled.effect("alt-ref", "normal") == pytest.approx(2 / 3)
    assert pooled.to_dict()["groups"]["normal"] == {
        "n": 3, "mean": 3, "q1": 1.5, "median": 2, "q3": 4,
    }  # fmt: skip
    assert ReferenceStudy.pooled([]).frames == 0


def test_a_file_is_studied_packet_by_packet(tmp_path: Path) -> None:
    path = encode(tmp_path / "alt-ref.webm", "alt-ref", frames=30)
    done: list[int] = []
    study = study_references(path, threads=2, progress=done.append)
    expected = study_frames(frames_of(KINDS["alt-ref"]()))
    assert study.to_dict() == expected.to_dict()
    assert done == list(range(1, len(KINDS["alt-ref"]()) + 1))


def test_what_is_no_stream_is_an_error_that_names_the_file(tmp_path: Path) -> None:
    path = tmp_path / "text.webm"
    path.write_text("no video")
    with pytest.raises(MediaError, match=r"text\.webm"):
        study_references(path)
    whole = encode(tmp_path / "whole.ivf").read_bytes()
    damaged = tmp_path / "damaged.ivf"
    damaged.write_bytes(whole[:44] + bytes(400) + whole[444:])
    with pytest.raises(BitstreamError, match=r"damaged\.ivf: packet 0"):
        study_references(damaged)
    damaged.write_bytes(whole[:32])
    with pytest.raises(MediaError, match=r"damaged\.ivf"):
        study_references(damaged)
