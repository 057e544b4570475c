from __future__ import annotations

import hashlib
import os
import struct
import tracemalloc
import zlib
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import cbor2
import numpy as np
import pytest
from scipy.sparse import csr_array

from palantir.errors import ProfileError
from palantir.graph import ErrorGraph, FrameTable, PatchGrid
from palantir.profile import CacheProfile
from palantir.schedule import select
from tests.profile.make_fixture import (
    ANCHOR_FRAMES,
    ANCHORS,
    FIELDS,
    FIELDS_2,
    FIXTURE,
    FIXTURE_2,
    LIGHT,
    SEGMENT,
    encode,
)

BOTH = [(FIXTURE, FIELDS), (FIXTURE_2, FIELDS_2)]


def file_of(values: object) -> bytes:
    body = b"\x89PCP\r\n\x1a\n" + encode(values)
    return body + struct.pack(">I", zlib.crc32(body))


def random_profile(rng: np.random.Generator) -> CacheProfile:
    frames = int(rng.integers(1, 70))
    grid = PatchGrid(int(rng.integers(1, 6)), int(rng.integers(1, 9)))
    anchors = rng.random((frames, grid.count)) < rng.choice([0.0, 0.05, 0.5, 1.0])
    light = anchors & (rng.random(anchors.shape) < rng.choice([0.0, 0.5, 1.0]))
    text = "".join(map(chr, rng.integers(0x20, 0x7F, int(rng.integers(1, 40)))))
    values = [True, -(2**63), 2**63 - 1, 0, float(rng.standard_normal()), 1.5, 1e300, text, "é"]
    return CacheProfile(
        lr_size=(int(rng.integers(9, 65537)), int(rng.integers(9, 65537))),
        grid=grid,
        anchors=anchors,
        packet=np.cumsum(rng.integers(0, rng.choice([2, 3, 40]), frames)),
        shown=rng.random(frames) < 0.9,
        selector="adjoint",
        parameters={f"{text[:9]}{i}": values[i] for i in rng.permutation(9)[: rng.integers(0, 9)]},
        budget=int(rng.integers(1, 999)) if rng.random() < 0.5 else float(1 - rng.random()),
        estimated_before=float(rng.random() * 1e9),
        estimated_after=float(rng.random()),
        reuse=str(rng.choice(["detail", "paper"])),
        reuse_parameters={"fade": float(rng.integers(1, 64))},
        segment_sha256=rng.bytes(32),
        light=light,
    )


def same(a: CacheProfile, b: CacheProfile) -> bool:
    def equal(x: Any, y: Any) -> bool:
        return np.array_equal(x, y) if isinstance(x, np.ndarray) else type(x) is type(y) and x == y

    return all(equal(getattr(a, f.name), getattr(b, f.name)) for f in fields(CacheProfile))


@pytest.mark.parametrize("fixture", [FIXTURE, FIXTURE_2])
def test_fixtures_are_read_as_their_script_wrote_them(fixture: Path) -> None:
    profile = CacheProfile.load(fixture)
    assert (profile.lr_size, profile.grid, len(profile)) == ((854, 480), PatchGrid(2, 5), 5)
    assert profile.packet.tolist() == [0, 1, 1, 2, 5]
    assert profile.shown.all()
    assert profile.anchors.astype(int).tolist() == rows_of(ANCHORS)
    if fixture == FIXTURE:
        assert profile.light is None
    else:
        assert profile.light is not None
        assert profile.light.astype(int).tolist() == rows_of(LIGHT)
    assert (profile.selector, profile.budget) == ("adjoint", 0.05)
    assert dict(profile.parameters) == FIELDS["parameters"]
    assert (profile.estimated_before, profile.estimated_after) == (1234567.875, 100000.0)
    assert (profile.reuse, dict(profile.reuse_parameters)) == ("detail", {"fade": 8.0})


def rows_of(bitmaps: tuple[str, ...]) -> list[list[int]]:
    """The bits of every frame, those of ANCHOR_FRAMES being given."""
    given = iter(bitmaps)
    rows = [next(given) if flag == "1" else "0" * 10 for flag in ANCHOR_FRAMES]
    return [[int(bit) for bit in row] for row in rows]


@pytest.mark.parametrize(("fixture", "values"), BOTH)
def test_fixtures_are_what_the_writer_writes(fixture: Path, values: dict[str, object]) -> None:
    data = fixture.read_bytes()
    assert data == file_of(values)
    assert CacheProfile.from_bytes(data).to_bytes() == data


@pytest.mark.parametrize(("fixture", "values"), BOTH)
def test_any_cbor_reader_finds_the_documented_fields(
    fixture: Path, values: dict[str, object]
) -> None:
    data = CacheProfile.load(fixture).to_bytes()
    assert data[:8] == bytes.fromhex("895043500D0A1A0A")
    assert int.from_bytes(data[-4:], "big") == zlib.crc32(data[:-4])
    assert cbor2.loads(data[8:-4]) == values


def test_a_profile_of_one_network_is_of_version_1_whoever_made_it() -> None:
    profile = CacheProfile.load(FIXTURE)
    nothing = replace(profile, light=np.zeros_like(profile.anchors))
    assert nothing.to_bytes() == FIXTURE.read_bytes()
    assert CacheProfile.load(FIXTURE_2).tiers(slice(0, 2)).tolist() == [
        [1, 0, 0, 0, 0, 2, 0, 0, 0, 1],
        [0, 0, 2, 0, 0, 0, 0, 0, 0, 0],
    ]
    assert profile.tiers(slice(1, 2)).tolist() == [[0, 0, 1, 0, 0, 0, 0, 0, 0, 0]]


def test_ten_thousand_random_profiles_come_back_as_they_were() -> None:
    rng = np.random.default_rng(0)
    for _ in range(10_000):
        profile = random_profile(rng)
        data = profile.to_bytes()
        again = CacheProfile.from_bytes(data)
        assert same(profile, again)
        assert again.to_bytes() == data


@pytest.mark.parametrize("fixture", [FIXTURE, FIXTURE_2])
def test_every_truncation_is_refused(fixture: Path) -> None:
    data = fixture.read_bytes()
    for length in range(len(data)):
        with pytest.raises(ProfileError):
            CacheProfile.from_bytes(data[:length])


@pytest.mark.parametrize("fixture", [FIXTURE, FIXTURE_2])
def test_every_flipped_bit_is_refused(fixture: Path) -> None:
    data = fixture.read_bytes()
    for bit in range(8 * len(data)):
        damaged = bytearray(data)
        damaged[bit // 8] ^= 0x80 >> bit % 8
        with pytest.raises(ProfileError):
            CacheProfile.from_bytes(bytes(damaged))


@pytest.mark.parametrize("fixture", [FIXTURE, FIXTURE_2])
def test_every_flipped_bit_under_a_right_checksum_is_refused_or_read_without_harm(
    fixture: Path,
) -> None:
    data = fixture.read_bytes()[:-4]
    for bit in range(64, 8 * len(data)):
        damaged = bytearray(data)
        damaged[bit // 8] ^= 0x80 >> bit % 8
        file = bytes(damaged) + struct.pack(">I", zlib.crc32(damaged))
        try:
            profile = CacheProfile.from_bytes(file)
        except ProfileError:
            continue
        assert profile.to_bytes() == file


def test_bytes_after_the_end_are_refused() -> None:
    with pytest.raises(ProfileError, match="CRC-32"):
        CacheProfile.from_bytes(FIXTURE.read_bytes() + b"\0")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"version": 3}, "format version 3 is newer than 2"),
        ({"version": 3, "new": 0}, "format version 3 is newer than 2"),
        ({"version": 2}, "field light is missing"),
        ({"light": bytes(4)}, "field light is unknown"),
        ({"version": 2, "light": bytes(4)}, "field light names no patch: that is version 1"),
        ({"version": 2, "light": 4}, "field light has the wrong type"),
        ({"version": 2, "light": b"\x80"}, "field light has 1 bytes, not 4"),
        ({"version": 2, "light": b"\x80\x00\x00\x20"}, "field light has bits set in its padding"),
        ({"version": 2, "light": b"\x40\x00\x00\x00"}, "a patch that is no anchor"),
        ({"version": 0}, "format version 0 is not a version"),
        ({"version": True}, "format version True is not a version"),
        ({"version": None}, "format version None"),
        ({"new": 0}, "field new is unknown"),
        ({"lr_size": [854]}, "field lr_size"),
        ({"lr_size": [854, 480.0]}, "field lr_size"),
        ({"lr_size": [0, 480]}, "frame size 0x480"),
        ({"lr_size": [65537, 480]}, "frame size 65537x480"),
        ({"lr_size": [4, 480]}, "patch grid 2x5 does not fit a 4x480 frame"),
        ({"grid": [2, 4]}, "field anchors has 4 bytes, not 2"),
        ({"grid": [0, 5]}, "5 frames of 0x5 patches"),
        ({"grid": [-2, -5]}, "5 frames of -2x-5 patches"),
        ({"grid": [2**62, 2**62]}, "too many"),
        ({"grid": [257, 256]}, "too many"),
        ({"grid": "2x5"}, "field grid has the wrong type"),
        ({"frames": 6}, "field"),
        ({"frames": 0}, "0 frames"),
        ({"frames": True}, "field frames has the wrong type"),
        ({"frames": 2**63}, "too many"),
        ({"packets": b"\xf8\x00"}, "field packets has bytes after"),
        ({"packets": b"\xf0"}, "field packets names 4 coded frames, not 5"),
        ({"shown": b"\xff"}, "field shown has bits set in its padding"),
        ({"shown": b""}, "field shown has 0 bytes, not 1"),
        ({"shown": 31}, "field shown has the wrong type"),
        ({"anchor_frames": b"\xe0"}, "field anchors has 4 bytes, not 6"),
        ({"anchors": bytes(4)}, "has no anchor"),
        ({"anchors": b"\xff\xff\x80\x00"}, "field anchors has bits set in its padding"),
        ({"selector": ""}, "selector is not a printable text"),
        ({"selector": "a\x1b[2J"}, "selector is not a printable text"),
        ({"selector": "a" * 257}, "selector is not a printable text"),
        ({"parameters": {1: 2}}, "a name in parameters"),
        ({"parameters": {"a": []}}, "parameters.a is no"),
        ({"parameters": {"a": None}}, "parameters.a is no"),
        ({"parameters": {"a": 2**63}}, "parameters.a is no"),
        ({"parameters": {f"p{i}": i for i in range(65)}}, "parameters has 65 entries"),
        ({"budget": -1}, "budget -1"),
        ({"budget": 1.5}, "budget 1.5"),
        ({"budget": True}, "field budget has the wrong type"),
        ({"estimate": [1.0, -1.0]}, "estimated_after -1.0"),
        ({"estimate": [1, 1]}, "field estimate"),
        ({"reuse": "magic"}, "reuse mode 'magic' is none of: detail, paper"),
        ({"reuse_parameters": 3}, "field reuse_parameters has the wrong type"),
        ({"sha256": bytes(31)}, "SHA-256 is not 32 bytes"),
    ],
)
def test_wrong_fields_are_refused_by_name(change: dict[str, object], reason: str) -> None:
    with pytest.raises(ProfileError, match=r"^profile x\.pcp: ") as caught:
        CacheProfile.from_bytes(file_of({**FIELDS, **change}), "x.pcp")
    assert reason in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("value", ["f97e00", "f97c00", "f9fc00"])
def test_no_number_is_read_that_is_not_finite(value: str) -> None:
    body = file_of(FIELDS)[:-4].replace(encode(100000.0), bytes.fromhex(value))
    with pytest.raises(ProfileError, match=r"estimated_after|deterministic"):
        CacheProfile.from_bytes(body + struct.pack(">I", zlib.crc32(body)))


@pytest.mark.parametrize("name", [name for name in FIELDS if name != "version"])
def test_missing_fields_are_refused_by_name(name: str) -> None:
    without = {key: value for key, value in FIELDS.items() if key != name}
    with pytest.raises(ProfileError, match=f"field {name} is missing"):
        CacheProfile.from_bytes(file_of(without))


def test_claims_of_size_cost_no_memory() -> None:
    bombs: list[dict[str, object]] = [
        {"frames": 2**27 - 1, "grid": [1, 1]},
        {"grid": [256, 256], "lr_size": [256, 256], "anchors": b"", "anchor_frames": b"\0"},
        {"anchors": b"", "grid": [2**31, 2**31]},
        {"parameters": {"a": [[]] * 2000}},
        {
            "version": 2,
            "light": b"\x80",
            "grid": [256, 256],
            "lr_size": [256, 256],
            "anchors": b"",
            "anchor_frames": b"\0",
        },
    ]
    tracemalloc.start()
    for bomb in bombs:
        try:
            CacheProfile.from_bytes(file_of({**FIELDS, **bomb}))
        except ProfileError:
            continue
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2 * 2**20


def test_more_frames_than_a_day_has_are_refused() -> None:
    with pytest.raises(ProfileError, match="8388609 frames of 1 patches are too many"):
        CacheProfile.from_bytes(file_of({**FIELDS, "frames": 2**23 + 1, "grid": [1, 1]}))


def test_a_long_bit_string_costs_no_more_than_a_few_copies_of_itself() -> None:
    size = 4 * 2**20
    file = file_of({**FIELDS, "packets": b"\xff" * size})
    tracemalloc.start()
    with pytest.raises(ProfileError, match=f"names {8 * size} coded frames, not"):
        CacheProfile.from_bytes(file)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8 * size


def graph() -> ErrorGraph:
    rng = np.random.default_rng(0)
    frames, grid = 60, PatchGrid(3, 5)
    nodes = frames * grid.count
    rows = np.arange(grid.count, nodes)
    weights = csr_array((rng.random(len(rows)), (rows, rows - grid.count)), shape=(nodes, nodes))
    table = FrameTable.plain(854, 480, [True] * frames)
    return ErrorGraph(rng.random(nodes), weights, table, grid, (854, 480), bytes(range(32)))


def test_a_selection_becomes_a_profile_of_a_few_hundred_bytes(tmp_path: Path) -> None:
    segment = graph()
    selection = select(segment, "5%")
    profile = CacheProfile.from_selection(segment, selection, reuse_parameters={"fade": 8.0})
    profile.save(tmp_path / "segment.pcp")
    again = CacheProfile.load(tmp_path / "segment.pcp")
    assert same(profile, again)
    assert np.flatnonzero(again.anchors).tolist() == sorted(selection.order.tolist())
    assert again.budget == 0.05
    assert again.estimated_before == selection.total[0]
    assert again.estimated_after == selection.total[-1]
    assert len(profile.to_bytes()) < 450


def test_a_graph_without_a_segment_makes_no_profile() -> None:
    loose = replace(graph(), segment_sha256=None)
    with pytest.raises(ProfileError, match="does not name the segment"):
        CacheProfile.from_selection(loose, select(loose))


def test_a_profile_is_bound_to_its_segment() -> None:
    profile = CacheProfile.load(FIXTURE)
    profile.check_segment(hashlib.sha256(SEGMENT).digest())
    with pytest.raises(ProfileError, match=r"^profile a\.pcp: made for another segment"):
        profile.check_segment(bytes(32), "a.pcp")


@pytest.mark.parametrize(
    "change",
    [
        {"anchors": np.zeros((4, 10), np.bool_)},
        {"light": np.ones((5, 10), np.bool_)},
        {"light": np.ones((5, 9), np.bool_)},
        {"packet": np.array([0, 1, 2, 1, 5])},
        {"packet": np.array([-1, 1, 2, 3, 5])},
        {"packet": np.array([0, 1, 2, 3, 2**28])},
        {"estimated_after": float("nan")},
        {"lr_size": (854, np.int64(480))},
        {"parameters": {"a": float("inf")}},
        {"parameters": {"\ud800": 1}},
        {"segment_sha256": "00" * 32},
    ],
)
def test_what_cannot_be_read_is_not_written(change: dict[str, Any]) -> None:
    with pytest.raises(ProfileError):
        replace(CacheProfile.load(FIXTURE), **change)


def test_a_file_is_replaced_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "segment.pcp"
    target.write_bytes(b"before")
    profile = CacheProfile.load(FIXTURE)

    def fail(*_: object) -> None:
        assert target.read_bytes() == b"before"
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "replace", fail)
        with pytest.raises(ProfileError, match=r"segment\.pcp: No space left on device$"):
            profile.save(target)
    assert target.read_bytes() == b"before"
    assert list(tmp_path.iterdir()) == [target]
    profile.save(target)
    assert target.read_bytes() == FIXTURE.read_bytes()
    assert list(tmp_path.iterdir()) == [target]


def test_files_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    with pytest.raises(ProfileError, match=r"none\.pcp: No such file"):
        CacheProfile.load(tmp_path / "none.pcp")
    with pytest.raises(ProfileError, match="Is a directory"):
        CacheProfile.load(tmp_path)
    (tmp_path / "text.pcp").write_text("hello, this is no profile")
    with pytest.raises(ProfileError, match=r"text\.pcp: not a cache profile"):
        CacheProfile.load(tmp_path / "text.pcp")
