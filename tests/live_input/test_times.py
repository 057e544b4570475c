"""Timestamps that jump, stand still, repeat or are missing (docs/live-input.md)."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

import palantir
from palantir.codec import DecodedPacket
from palantir.graph import ErrorGraph, PatchGrid
from palantir.graph.intervals import LONGEST
from palantir.media import VideoSink, VideoSource
from palantir.media.colour import Colour
from palantir.profile import CacheProfile
from palantir.schedule import LiveScheduler, live, select
from tests.codec.streams import decode_all
from tests.live_input.faulty import PLAIN, write_ivf
from tests.media.clips import frame_times, make_clip, picture
from tests.schedule.live_streams import TIME_BASE, run

CLUSTER = bytes.fromhex("1f43b675")  # of Matroska
TIMES = {
    "jump back": ([100_000, 100_001, 100_002, 0, 1, 2], [100_000, 1, 2, 3, 4, 5]),
    "jump ahead": ([0, 1, 2, 2**40, 2**40 + 1, 2**40 + 2], [0, 1, 2, 3, 4, 5]),
    "gap": ([0, 1, 2, 1000, 1001, 1002], [0, 1, 2, 1000, 1001, 1002]),
    "below 0": ([-5, -4, -3, -2, -1, 0], [0, 1, 2, 3, 4, 5]),
    "later than any clock": ([2**60, 2**60 + 1, 0, 1, 2, 3], [0, 1, 2, 3, 4, 5]),
    "at the end of 64 bits": ([0, 1, 2, 2**63 - 2, 2**63 - 1, -(2**63)], [0, 1, 2, 3, 4, 5]),
}  # of an IVF file at 25 units a second, and of its enhanced video; "back" counts on from the first


def at(packets: list[DecodedPacket], times: list[int]) -> list[DecodedPacket]:
    """The packets with other times."""
    from palantir.codec import CodedFrame

    return [
        DecodedPacket(
            replace(each.packet, pts=time),
            tuple(CodedFrame(f.native, f.packet, time, None) for f in each.frames),
            each.displayed,
        )
        for each, time in zip(packets, times, strict=True)
    ]


def sound_times(path: Path) -> list[float]:
    """Of the packets of the first audio track, in seconds."""
    with av.open(str(path)) as container:
        return [float(packet.pts * packet.time_base) for packet in container.demux(audio=0)
                if packet.pts is not None and packet.time_base]  # fmt: skip


@pytest.mark.parametrize("kind", TIMES)
@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_every_frame_is_shown_at_a_time_of_its_own(tmp_path: Path, kind: str, suffix: str) -> None:
    times, wanted = TIMES[kind]
    if kind == "jump back":
        wanted = [times[0], *(times[0] + step for step in wanted[1:])]
    clip = write_ivf(tmp_path / "clip.ivf", PLAIN, times)
    graph = ErrorGraph.from_video(clip)
    profile = CacheProfile.from_selection(graph, select(graph, 3))
    source, target = VideoSource(clip), tmp_path / f"sr{suffix}"
    with VideoSink(target, 100, 66, source.frame_rate, source.time_base, source.colour) as sink:
        for frame in palantir.enhance(source, profile):
            sink.write(picture(frame.index, 100, 66), frame.pts)
    assert frame_times(target) == [Fraction(time, 25) for time in wanted]


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".webm"])
def test_a_clock_that_starts_anew_keeps_sound_and_picture_together(
    tmp_path: Path, suffix: str
) -> None:
    """A live recording whose feed was restarted: both tracks' times go back to 0."""
    once = make_clip(
        tmp_path / "once.webm", audio="libopus", options={"live": "1"}, times=range(0, 2000, 40)
    ).read_bytes()
    clip, target = tmp_path / "twice.webm", tmp_path / f"a{suffix}"
    clip.write_bytes(once + once[once.index(CLUSTER) :])
    source = VideoSource(clip)
    assert [packet.pts for packet in source.packets()] == [*range(0, 2000, 40)] * 2
    colour = Colour("bt601", False)
    with VideoSink(
        target, 64, 48, source.frame_rate, source.time_base, colour, audio_from=source
    ) as sink:
        for packet in source.packets():
            sink.write(picture(packet.index), packet.pts)
    assert frame_times(target) == [Fraction(time, 1000) for time in range(0, 4000, 40)]
    sound = sound_times(target)
    assert np.all(np.diff(sound) > 0)
    assert sound[-1] == pytest.approx(4.0, abs=0.1)


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_sound_is_moved_with_a_picture_that_begins_below_0(tmp_path: Path, suffix: str) -> None:
    clip = make_clip(tmp_path / "clip.webm", audio="libopus", times=range(0, 1000, 40))
    source, target = VideoSource(clip), tmp_path / f"a{suffix}"
    colour = Colour("bt601", False)
    with VideoSink(
        target, 64, 48, source.frame_rate, source.time_base, colour, audio_from=source
    ) as sink:
        for packet in source.packets():
            sink.write(picture(packet.index), packet.pts - 2000)
    assert frame_times(target)[0] == 0
    assert sound_times(clip)[0] == pytest.approx(0, abs=0.05)
    assert sound_times(target)[0] == pytest.approx(2, abs=0.05)


@pytest.mark.parametrize("times", [[0, 1, 2, 3, 3, 3], [9, 9, 9, 9, 9, 9]])
def test_repeated_times_stay_in_one_interval(times: list[int]) -> None:
    found = run(LiveScheduler(1, "80ms", (3, 5), time_base=TIME_BASE), at(decode_all(PLAIN), times))
    wanted = [[0, 1], [2, 3, 4, 5]] if times[0] == 0 else [[0, 1, 2, 3, 4, 5]]
    assert [each.index.tolist() for each in found] == wanted


def test_a_clock_that_goes_back_ends_the_interval() -> None:
    found = run(
        LiveScheduler(1, "200ms", (3, 5), time_base=TIME_BASE),
        at(decode_all(PLAIN), [500, 501, 502, 0, 1, 2]),
    )
    assert [each.index.tolist() for each in found] == [[0, 1, 2], [3, 4, 5]]


def test_a_clock_that_leaps_ahead_makes_no_empty_interval() -> None:
    times = [0, 1, 2**40, 2**40 + 1, 2**48, 2**48 + 1]
    found = run(
        LiveScheduler(1, "200ms", (3, 5), time_base=TIME_BASE), at(decode_all(PLAIN), times)
    )
    assert [each.index.tolist() for each in found] == [[0, 1], [2, 3], [4, 5]]


@pytest.mark.parametrize("interval", ["gop", "200ms"])
def test_a_stopped_clock_and_missing_key_frames_make_no_endless_interval(interval: str) -> None:
    """The last frame refers to the one before and to the first: it can come again and again."""
    data = PLAIN[:2] + (PLAIN[1],) * (LONGEST + 1)
    decoded = decode_all(data)
    found = run(
        LiveScheduler(1, interval, (1, 1), time_base=TIME_BASE), at(decoded, [0] * len(decoded))
    )
    assert [len(each.index) for each in found] == [LONGEST, 3]


def test_an_interval_never_has_more_patches_than_a_profile_can_hold(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(live, "MOST_PATCHES", 60)
    found = run(LiveScheduler(1, 100, PatchGrid(3, 5)), decode_all(PLAIN))
    assert [len(each.index) for each in found] == [4, 2]


@pytest.mark.parametrize("missing", [-(2**63), 2**60], ids=["none", "later than any clock"])
def test_missing_times_are_those_of_the_frame_rate(tmp_path: Path, missing: int) -> None:
    clip = write_ivf(tmp_path / "clip.ivf", PLAIN, [10, 11, *[missing] * 3, 20])
    times = [(packet.pts, packet.duration) for packet in VideoSource(clip).packets()]
    assert times == [(10, 1), (11, 1), (12, 1), (13, 1), (14, 1), (20, 1)]


@pytest.mark.parametrize("rate", [10**6, 10**7, 10**9])
def test_clocks_that_count_from_1970_are_kept(tmp_path: Path, rate: int) -> None:
    times = [1_800_000_000 * rate + step * rate // 25 for step in (0, 1, 5, 6, 9, 10)]
    clip = write_ivf(tmp_path / "clip.ivf", PLAIN, times, rate)
    source = VideoSource(clip)
    assert source.time_base == Fraction(1, rate)
    assert [packet.pts for packet in source.packets()] == times
