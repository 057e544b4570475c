"""Packets that never came, or came damaged (docs/live-input.md)."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from palantir.cli import main
from palantir.codec import DecodedPacket, Decoder, decode_packets
from palantir.enhance import Enhancer, enhance
from palantir.errors import BitstreamError, ProfileError
from palantir.graph import ErrorGraph, PatchGrid
from palantir.media import VideoSource
from palantir.models import SRNetwork
from palantir.profile import CacheProfile
from palantir.schedule import LiveScheduler, select
from tests.codec.streams import decode_all
from tests.live_input.faulty import (
    HIDDEN,
    PLAIN,
    SUPERFRAME,
    cut,
    outcome,
    packets,
    with_broken_second_frame,
    write_ivf,
)
from tests.schedule.live_streams import run

GRID = PatchGrid(3, 5)


def damaged_clip(folder: Path) -> Path:
    """Packet 2 of a GoP is cut short; the next GoP is whole."""
    return write_ivf(folder / "damaged.ivf", (*PLAIN[:2], cut(PLAIN[2]), *PLAIN[3:], *PLAIN))


def test_a_loss_that_nobody_tells_is_decoded_from_what_the_slots_hold() -> None:
    decoded = decode_all((*PLAIN[:2], *PLAIN[3:], *PLAIN))
    assert [each.displayed for each in decoded] == list(range(11))
    assert decoded[2].frames[0].references == (1, 0, 0)  # 2 never came
    for late, same in zip(decoded[5:], decode_all(PLAIN), strict=True):
        np.testing.assert_array_equal(late.frames[0].planes[0], same.frames[0].planes[0])


def test_a_loss_that_is_told_is_waited_out_until_the_next_key_frame() -> None:
    decoder = Decoder("camera")
    first, second, _, *rest = packets(PLAIN * 2)
    decoder.decode(first)
    decoder.decode(second)
    decoder.wait_for_key_frame()
    for packet in rest[:3]:
        with pytest.raises(BitstreamError) as error:
            decoder.decode(packet)
        assert str(error.value) == (
            f"camera: packet {packet.index} after 2 coded frames: "
            "packets were lost before it, and it holds no key frame"
        )
    whole = [decoder.decode(packet) for packet in rest[3:]]
    for late, same in zip(whole, decode_all(PLAIN), strict=True):
        np.testing.assert_array_equal(late.frames[0].planes[0], same.frames[0].planes[0])


def test_a_damaged_key_frame_does_not_end_the_waiting() -> None:
    decoder = Decoder()
    decoder.wait_for_key_frame()
    damaged, inter, whole = packets((cut(PLAIN[0]), PLAIN[1], PLAIN[0]))
    with pytest.raises(BitstreamError, match="Corrupt frame"):
        decoder.decode(damaged)
    with pytest.raises(BitstreamError, match="holds no key frame"):
        decoder.decode(inter)
    assert decoder.decode(whole).displayed == 0


def test_damage_ends_a_gop_and_no_more() -> None:
    results = outcome((*PLAIN[:2], cut(PLAIN[2]), *PLAIN[3:], *PLAIN))
    assert [isinstance(each, str) for each in results] == [False] * 2 + [True] * 4 + [False] * 6
    assert "Corrupt frame" in str(results[2])
    assert "Keyframe / intra-only frame required" in str(results[3])


def test_damage_is_reported_packet_by_packet(tmp_path: Path) -> None:
    clip, heard = damaged_clip(tmp_path), list[str]()
    decoded = list(decode_packets(clip, on_damage=lambda error: heard.append(str(error))))
    assert [len(each.frames) for each in decoded] == [1, 1, 0, 0, 0, 0, *[1] * 6]
    assert [words.split(" after ")[0] for words in heard] == [
        f"{clip}: packet {number}" for number in (2, 3, 4, 5)
    ]
    with pytest.raises(BitstreamError, match="packet 2 after 2 coded frames"):
        list(decode_packets(clip))


def test_the_graph_of_a_damaged_segment_is_that_of_its_whole_frames(tmp_path: Path) -> None:
    clip = damaged_clip(tmp_path)
    graph = ErrorGraph.from_video(clip, GRID, on_damage=lambda _: None)
    same = ErrorGraph.from_video(write_ivf(tmp_path / "same.ivf", (*PLAIN[:2], *PLAIN)), GRID)
    np.testing.assert_array_equal(graph.texture, same.texture)
    np.testing.assert_array_equal(graph.weights.toarray(), same.weights.toarray())
    assert graph.frames.packet.tolist() == [0, 1, *range(6, 12)]


def test_a_hidden_frame_of_a_damaged_superframe_is_in_no_graph(tmp_path: Path) -> None:
    """It was decoded, so it has an index, and never delivered."""
    data = (*HIDDEN[:SUPERFRAME], with_broken_second_frame(HIDDEN[SUPERFRAME]), *HIDDEN[:5])
    indices = [frame.index for each in outcome(data) if isinstance(each, DecodedPacket)
               for frame in each.frames]  # fmt: skip
    assert indices == [*range(11), *range(12, 17)]
    clip = write_ivf(tmp_path / "damaged.ivf", data)
    graph = ErrorGraph.from_video(clip, GRID, on_damage=lambda _: None)
    same = write_ivf(tmp_path / "same.ivf", (*HIDDEN[:SUPERFRAME], *HIDDEN[:5]))
    wanted = ErrorGraph.from_video(same, GRID)
    np.testing.assert_array_equal(graph.texture, wanted.texture)
    np.testing.assert_array_equal(graph.weights.toarray(), wanted.weights.toarray())
    np.testing.assert_array_equal(graph.frames.references, wanted.frames.references)


def test_a_graph_knows_no_errors_of_frames_that_never_came() -> None:
    from palantir.graph.construct import GraphBuilder

    decoded = decode_all(PLAIN)
    builder = GraphBuilder(GRID)
    for each in decoded[:2] + decoded[3:]:
        builder.add(each.frames[0])
        builder.show(each.frames[0].index)
    builder.show(2)  # never came
    graph = builder.build()
    assert graph.shown.tolist() == [True] * 5
    assert graph.frames.references[2].tolist() == [-1, 0, 0]
    rows, columns = graph.weights.nonzero()
    assert not np.any((rows // 15 == 2) & (columns // 15 == 1))
    assert np.any((rows // 15 == 3) & (columns // 15 == 2))


def test_a_live_scheduler_counts_only_what_came() -> None:
    decoded = decode_all(PLAIN * 2)
    gap = decoded[:2] + decoded[4:]
    found = run(LiveScheduler(3, 2, GRID), gap)
    assert [index for each in found for index in each.index] == [0, 1, *range(4, 12)]
    again = [each for each in found if each.index[0] >= 6]
    whole = [each for each in run(LiveScheduler(3, 2, GRID), decoded) if each.index[0] >= 6]
    assert [each.order.tolist() for each in again] == [each.order.tolist() for each in whole]
    np.testing.assert_allclose(
        [each.objective for each in again], [each.objective for each in whole]
    )


@pytest.mark.parametrize("reuse", ["detail", "paper"])
def test_an_enhancer_upscales_what_refers_to_frames_that_never_came(reuse: str) -> None:
    decoded = decode_all(PLAIN * 2)
    enhancer = Enhancer(SRNetwork.load(), GRID, reuse=reuse)
    anchors = np.zeros((1, 15), bool)
    anchors[0, 7] = True
    shown = [enhancer.process(each, anchors) for each in decoded[3:]]
    assert [frame.coded for frame in shown if frame] == list(range(3, 12))
    fresh = Enhancer(SRNetwork.load(), GRID, reuse=reuse)
    whole = [fresh.process(each, anchors) for each in decoded[6:]]
    for late, same in zip(shown[3:], whole, strict=True):
        assert late is not None
        assert same is not None
        for a, b in zip(late.planes, same.planes, strict=True):
            np.testing.assert_array_equal(a, b)


def test_showing_again_a_frame_that_never_came_shows_nothing() -> None:
    decoded = decode_all(PLAIN)
    enhancer = Enhancer(SRNetwork.load(), GRID)
    again = DecodedPacket(decoded[3].packet, (), 2)
    assert enhancer.process(again, np.zeros((0, 15), bool)) is None


def test_commands_stop_at_damage_or_keep_going(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    clip, profile, video = damaged_clip(tmp_path), tmp_path / "p.pcp", tmp_path / "sr.y4m"
    words = (str(clip), "-o", str(profile), "--grid", "3x5")
    for command in (("schedule", *words), ("schedule", *words, "--live")):
        assert (_run(*command), profile.exists()) == (1, False)
        assert f"{clip}: packet 2 after 2 coded frames" in capsys.readouterr().err
        assert _run(*command, "--keep-going", "--json") == 0
        facts = capsys.readouterr()
        assert json.loads(facts.out)["damaged_packets"] == 4
        assert facts.err.startswith(f"palantir: left out 4 packets; first {clip}: packet 2 after 2")
        assert facts.err.count("\n") == 1
        enhance_it = ("enhance", str(clip), "--profile", str(profile), "-o", str(video))
        assert (_run(*enhance_it), video.exists()) == (1, False)
        assert "packet 2 after 2 coded frames" in capsys.readouterr().err
        assert _run(*enhance_it, "--keep-going", "--json") == 0
        facts = capsys.readouterr()
        assert [json.loads(facts.out)[key] for key in ("frames", "damaged_packets")] == [8, 4]
        assert facts.err.count("left out 4 packets") == 1
        profile.unlink()
        video.unlink()


def test_nothing_is_made_of_a_segment_of_damage_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    clip = write_ivf(tmp_path / "damaged.ivf", [cut(data) for data in PLAIN])
    assert _run("schedule", str(clip), "--keep-going") == 1
    assert "holds no coded frame" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["damaged.ivf"]


def test_a_segment_that_lost_a_packet_is_another_segment(tmp_path: Path) -> None:
    whole = write_ivf(tmp_path / "whole.ivf", PLAIN)
    graph = ErrorGraph.from_video(whole)
    profile = CacheProfile.from_selection(graph, select(graph, 3))
    lost = write_ivf(tmp_path / "lost.ivf", (*PLAIN[:3], *PLAIN[4:]))
    with pytest.raises(ProfileError, match="made for another segment"):
        enhance(lost, profile)
    assert len(list(enhance(VideoSource(whole), profile))) == 6


@pytest.mark.parametrize("threads", [1, 2])
def test_packets_that_cannot_be_decoded_display_nothing(tmp_path: Path, threads: int) -> None:
    clip, heard = damaged_clip(tmp_path), list[BitstreamError]()
    graph = ErrorGraph.from_video(clip, on_damage=lambda _: None)
    profile = CacheProfile.from_selection(graph, select(graph, 3))
    shown = list(enhance(clip, profile, threads=threads, on_damage=heard.append))
    assert [frame.pts for frame in shown] == [0, 1, *range(6, 12)]
    assert len(heard) == 4


def _run(*words: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(words)
    return int(ended.value.code or 0)
