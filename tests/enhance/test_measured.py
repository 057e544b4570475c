"""What anchors win is measured against the original, patch by patch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain, pairwise
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from palantir.codec import CodedFrame, DecodedPacket
from palantir.enhance import Enhancer
from palantir.enhance.measured import MeasuredModel
from palantir.errors import MediaError, ModelError, ScheduleError, UnsupportedError
from palantir.graph import ErrorGraph, PatchGrid
from palantir.graph.construct import GraphBuilder
from palantir.graph.error_models import DetailModel, error_model_name
from palantir.media import Planes
from palantir.media.colour import Colour
from palantir.models import SRNetwork
from palantir.models.filter_bank import CLASSES, TAPS, FilterBank
from palantir.profile import CacheProfile
from palantir.schedule import LiveScheduler, select
from tests.codec.frame_header import show_existing
from tests.codec.streams import KINDS, decode_all
from tests.enhance.networks import convolutions
from tests.enhance.streams import packets

GRID, SCALE = PatchGrid(2, 3), 2
LEAST = 1e-3


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> SRNetwork:
    return convolutions(tmp_path_factory.mktemp("networks"), SCALE, 1, value_range="limited")


@pytest.fixture(scope="module")
def decoded(hidden_clip: Path) -> list[DecodedPacket]:
    return packets(hidden_clip)


def shown(
    stream: Sequence[DecodedPacket], network: SRNetwork, everywhere: bool, without: int = -1
) -> list[Planes]:
    """Displayed frames, with every patch an anchor or none; none in coded frame `without`."""
    enhancer = Enhancer(network, GRID)
    frames = []
    for packet in stream:
        anchors = np.full((len(packet.frames), GRID.count), everywhere)
        anchors[[frame.index == without for frame in packet.frames]] = False
        frames.append(enhancer.process(packet, anchors))
    return [frame.planes for frame in frames if frame]


def coded(stream: Sequence[DecodedPacket]) -> list[CodedFrame]:
    return list(chain.from_iterable(packet.frames for packet in stream))


def superframe(*frames: bytes) -> bytes:
    """One packet of them, each below 64 KiB (VP9 specification, annex B)."""
    marker = bytes([0b11001000 | len(frames) - 1])
    sizes = b"".join(len(frame).to_bytes(2, "little") for frame in frames)
    return b"".join(frames) + marker + sizes + marker


def noisy(planes: Planes, seed: int) -> Planes:
    noise = np.random.default_rng(seed).integers(-20, 21, planes[0].shape)
    return (planes[0] + noise).clip(0, 255).astype(np.uint8), planes[1], planes[2]


def won(
    hr: Planes, plain: Planes, better: Planes, frame: CodedFrame, least: float = LEAST
) -> NDArray[np.float64]:
    """Of each patch, from pictures of whole frames."""
    height, width = plain[0].shape
    truth = hr[0][:height, :width].astype(np.float64)
    less = (truth - plain[0]) ** 2 - (truth - better[0]) ** 2
    rows, columns = GRID.row_edges(frame.height), GRID.column_edges(frame.width)
    return np.array([
        max(
            less[SCALE * top : SCALE * bottom, SCALE * left : SCALE * right].sum() / SCALE**2,
            least * (bottom - top) * (right - left),
        )
        for top, bottom in pairwise(rows)
        for left, right in pairwise(columns)
    ])  # fmt: skip


def test_a_displayed_patch_has_the_squared_error_that_its_anchor_takes_away(
    decoded: list[DecodedPacket], network: SRNetwork
) -> None:
    plain, better = (shown(decoded, network, everywhere) for everywhere in (False, True))
    hr = [noisy(planes, i) for i, planes in enumerate(better)]
    model, place = MeasuredModel(network, hr), 0
    for packet in decoded:
        for frame in packet.frames:
            errors = model(frame, GRID)
            if not frame.native.shown:
                continue
            assert errors.unaided is not None
            expected = won(hr[place], plain[place], better[place], frame)
            np.testing.assert_allclose(errors.unaided, expected, rtol=1e-12)
            place += 1
    assert place == len(hr) == 24
    model.check()


def test_an_invisible_frame_is_worth_its_fine_detail_as_the_one_before_it_was(
    decoded: list[DecodedPacket], network: SRNetwork
) -> None:
    hr = shown(decoded, network, everywhere=True)
    model, plain, before, hidden = MeasuredModel(network, hr), DetailModel(), 0.0, 0
    for frame in coded(decoded):
        worth, energy = model(frame, GRID).unaided, plain(frame, GRID).unaided
        assert worth is not None
        assert energy is not None
        if frame.native.shown:
            before = worth.sum() / energy.sum()
        else:
            hidden += 1
            np.testing.assert_allclose(worth, before * energy, rtol=1e-12)
    assert hidden


def test_where_the_network_wins_nothing_an_anchor_is_worth_a_thousandth_a_pixel(
    decoded: list[DecodedPacket], network: SRNetwork
) -> None:
    """HR is plain upscaling's, so that the network loses everywhere; invisible frames follow."""
    model = MeasuredModel(network, shown(decoded, network, everywhere=False))
    plain, before, hidden = DetailModel(), 0.0, 0
    for frame in coded(decoded):
        worth, energy = model(frame, GRID).unaided, plain(frame, GRID).unaided
        assert worth is not None
        assert energy is not None
        rows, columns = GRID.row_edges(frame.height), GRID.column_edges(frame.width)
        expected = LEAST * np.outer(np.diff(rows), np.diff(columns)).ravel()
        if frame.native.shown:
            before = expected.sum() / energy.sum()
        else:
            hidden += 1
            expected = before * energy
        np.testing.assert_allclose(worth, expected, rtol=1e-12)
    assert hidden
    with pytest.raises(ScheduleError, match=r"takes 0 of .* adds [0-9.e+]+: is HR the"):
        model.check()


def test_what_is_lost_on_the_way_is_partly_estimated_and_partly_measured(
    decoded: list[DecodedPacket], network: SRNetwork
) -> None:
    """Half of what LR tells, and a fifth of what reuse of frames with anchors all over loses."""
    plain, better = (shown(decoded, network, everywhere) for everywhere in (False, True))
    hr = [noisy(planes, i) for i, planes in enumerate(better)]
    model, other, seen = MeasuredModel(network, hr), DetailModel(), 0
    for place, packet in enumerate(decoded[:12]):
        for frame in packet.frames:
            errors, others = model(frame, GRID), other(frame, GRID)
            assert errors.unaided is not None
            assert others.unaided is not None
            estimated = others.texture / others.unaided
            lost = errors.texture / errors.unaided
            for column in ("patch", "reference", "source"):
                np.testing.assert_array_equal(getattr(errors, column), getattr(others, column))
            if frame.native.key or not frame.native.shown:
                np.testing.assert_allclose(lost, estimated, rtol=1e-12)
                continue
            reused = shown(decoded[: place + 1], network, True, without=frame.index)[-1]
            worth = won(hr[place], plain[place], better[place], frame)
            kept = won(hr[place], plain[place], reused, frame, least=-np.inf) / worth
            assert kept.max() > 0.02
            expected = 0.5 * estimated + 0.2 * (1 - kept.clip(0, 1))
            np.testing.assert_allclose(lost, np.where(estimated < 1, expected, 1), rtol=1e-9)
            seen += 1
    assert seen > 5


def test_without_anchors_a_patch_lacks_all_that_one_would_win(
    hidden_clip: Path, decoded: list[DecodedPacket], network: SRNetwork
) -> None:
    model = MeasuredModel(network, shown(decoded, network, everywhere=True))
    graph = ErrorGraph.from_video(hidden_clip, GRID, error_model=model)
    assert graph.unaided is not None
    np.testing.assert_allclose(graph.errors(), graph.unaided, rtol=1e-12)


def test_anchors_go_where_the_network_is_right(
    decoded: list[DecodedPacket], network: SRNetwork
) -> None:
    """HR is what the network makes of one patch, and plain upscaling of the others."""
    (plain,), (better,) = (shown(decoded[:1], network, all_of_it) for all_of_it in (False, True))
    frame = decoded[0].frames[0]
    rows, columns = GRID.row_edges(frame.height) * SCALE, GRID.column_edges(frame.width) * SCALE
    for patch in range(GRID.count):
        row, column = divmod(patch, GRID.columns)
        area = slice(*rows[row : row + 2]), slice(*columns[column : column + 2])
        luma = plain[0].copy()
        luma[area] = better[0][area]
        builder = GraphBuilder(GRID, error_model=MeasuredModel(network, [(luma, *plain[1:])]))
        builder.add(frame)
        graph = builder.build()
        assert select(graph, 1).order.tolist() == [patch]
        assert graph.objective([patch]) < 0.05 * graph.objective()


def test_live_picks_are_those_of_the_whole_stream(
    hidden_clip: Path, decoded: list[DecodedPacket], network: SRNetwork
) -> None:
    hr = [noisy(planes, 0) for planes in shown(decoded, network, everywhere=True)]
    graph = ErrorGraph.from_video(hidden_clip, GRID, error_model=MeasuredModel(network, hr))
    live = LiveScheduler(3, 4, GRID, error_model=MeasuredModel(network, iter(hr)))
    closed = [one for packet in decoded for one in live.push(packet)] + live.flush()
    picks = np.concatenate([one.anchors.ravel() for one in closed])
    expected = select(graph, 3, interval=4).anchors_by_frame(len(graph.frames), GRID.count)
    np.testing.assert_array_equal(picks, expected.ravel())


def test_hr_goes_on_with_every_packet_that_displays_a_frame(network: SRNetwork) -> None:
    """One packet displays nothing, another an old frame, others are lost."""
    stream = decode_all(KINDS["intra-only"]())
    assert [packet.displayed for packet in stream].count(None) == 1
    assert not stream[-1].frames
    taken: list[int] = []

    def hr() -> Iterator[Planes]:
        for number, planes in enumerate(shown(stream, network, everywhere=True)):
            taken.append(number)
            yield planes

    model, displayed = MeasuredModel(network, hr()), 0
    for place, packet in enumerate(stream):
        for frame in packet.frames if place != 1 else ():  # which is lost
            model(frame, GRID)
            if frame.native.shown:
                assert taken[-1] == displayed
        displayed += packet.displayed is not None


def test_a_packet_may_hide_its_frame_and_display_an_older_one(network: SRNetwork) -> None:
    first, second, hidden, *rest = KINDS["intra-only"]()[:-1]
    stream = decode_all([first, second, superframe(hidden, show_existing(0)), *rest])
    assert [frame.native.shown for frame in stream[2].frames] == [False]
    assert stream[2].displayed is not None
    hr = shown(stream, network, everywhere=True)
    model = MeasuredModel(network, hr)
    for packet, planes in zip(stream, hr, strict=True):
        for frame in packet.frames:
            found = model(frame, GRID).unaided
            if frame.native.shown:
                alone = MeasuredModel(network, chain([planes] * (frame.packet + 1)))
                np.testing.assert_array_equal(found, alone(frame, GRID).unaided)


def test_frames_of_a_packet_may_come_again(
    decoded: list[DecodedPacket], network: SRNetwork
) -> None:
    hr = shown(decoded, network, everywhere=True)
    once, twice = MeasuredModel(network, hr), MeasuredModel(network, hr)
    for frame in coded(decoded):
        twice(frame, GRID)
        for here, there in zip(once(frame, GRID), twice(frame, GRID), strict=True):
            np.testing.assert_array_equal(here, there)


def test_plain_upscaling_is_by_the_filters_of_the_players_network(
    decoded: list[DecodedPacket], network: SRNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    random = np.random.default_rng(0).integers(-60, 61, (CLASSES, len(TAPS), SCALE, SCALE))
    bank = FilterBank(random.astype(np.int16))
    hr = [noisy(planes, i) for i, planes in enumerate(shown(decoded, network, everywhere=True))]
    model, frame = MeasuredModel(network, hr, filters=bank), decoded[0].frames[0]
    better = shown(decoded[:1], network, everywhere=True)[0]
    monkeypatch.setattr(network, "filters", bank)
    plain = shown(decoded[:1], network, everywhere=False)[0]
    expected = won(hr[0], plain, better, frame)
    np.testing.assert_allclose(model(frame, GRID).unaided, expected, rtol=1e-12)  # type: ignore[arg-type]


def test_a_network_that_sees_the_whole_frame_needs_no_halo(
    decoded: list[DecodedPacket], network: SRNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    hr = shown(decoded[:1], network, everywhere=True)
    expected = MeasuredModel(network, hr)(decoded[0].frames[0], GRID).unaided
    monkeypatch.setattr(network, "radius", None)
    monkeypatch.setattr(network, "halo", None)
    found = MeasuredModel(network, hr)(decoded[0].frames[0], GRID).unaided
    np.testing.assert_array_equal(found, expected)


def test_hr_of_another_range_is_brought_to_that_of_lr(
    decoded: list[DecodedPacket], network: SRNetwork
) -> None:
    frame, hr = decoded[0].frames[0], shown(decoded[:1], network, everywhere=True)
    full = [(np.clip((y - 16.0) * 255 / 219, 0, 255).round().astype(np.uint8), u, v)
            for y, u, v in hr]  # fmt: skip
    same = MeasuredModel(network, hr)(frame, GRID).unaided
    told = MeasuredModel(network, full, hr_colour=Colour("bt601", True))(frame, GRID).unaided
    untold = MeasuredModel(network, full)(frame, GRID).unaided
    assert same is not None
    assert told is not None
    assert untold is not None
    np.testing.assert_allclose(told, same, rtol=0.05)
    assert (np.abs(untold / same - 1) > 0.2).any()


def test_what_cannot_be_measured_is_refused(
    decoded: list[DecodedPacket], network: SRNetwork
) -> None:
    first, second = coded(decoded)[:2]
    hr = shown(decoded, network, everywhere=True)
    short = MeasuredModel(network, hr[:1], name="a.webm")
    short(first, GRID)
    with pytest.raises(MediaError, match=r"a\.webm: frame 1: the HR clip ends before the LR"):
        short(second, GRID)
    large = [tuple(np.pad(plane, (0, 4)) for plane in hr[0])]
    with pytest.raises(MediaError, match="frame 0: the HR frame of 106x82 is not SR's 102x78"):
        MeasuredModel(network, large)(first, GRID)  # type: ignore[arg-type]
    edges = [tuple(np.pad(plane, (0, 3)) for plane in hr[0])]
    np.testing.assert_array_equal(
        MeasuredModel(network, edges)(first, GRID).unaided,  # type: ignore[arg-type]
        MeasuredModel(network, hr)(first, GRID).unaided,
    )
    again = MeasuredModel(network, hr)
    again(second, GRID)
    with pytest.raises(ScheduleError, match="packet 0 comes after packet 1: each stream needs"):
        again(first, GRID)
    deep = decode_all(KINDS["10-bit"]())[0].frames[0]
    with pytest.raises(UnsupportedError, match="10-bit"):
        MeasuredModel(network, hr)(deep, GRID)
    with pytest.raises(ModelError, match="without a network"):
        MeasuredModel(None, hr)  # type: ignore[arg-type]
    wrong = FilterBank(np.zeros((CLASSES, len(TAPS), 4, 4), np.int16))
    with pytest.raises(ModelError, match="filters for x4, not x2"):
        MeasuredModel(network, hr, filters=wrong)
    with pytest.raises(ScheduleError, match="fade -1"):
        MeasuredModel(network, hr, fade=-1)


def test_profiles_name_the_model(
    hidden_clip: Path, decoded: list[DecodedPacket], network: SRNetwork
) -> None:
    hr = shown(decoded, network, everywhere=True)
    assert error_model_name(MeasuredModel(network, hr, fade=4)) == "measured:4.0"
    graph = ErrorGraph.from_video(hidden_clip, GRID, error_model=MeasuredModel(network, hr))
    profile = CacheProfile.from_selection(graph, select(graph, 2))
    assert profile.parameters["error_model"] == "measured"
