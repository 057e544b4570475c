"""`palantir.enhance`: a segment and its profile to SR frames."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from palantir.codec import decode, decode_packets
from palantir.enhance import Enhancement, Enhancer, enhance
from palantir.enhance.inference import AnchorInference, FrameAnchors, FrameDetail
from palantir.errors import ModelError, PalantirError, ProfileError, UnsupportedError
from palantir.graph import ErrorGraph
from palantir.grid import PatchGrid
from palantir.media import VideoSource
from palantir.models import SRNetwork
from palantir.profile import CacheProfile
from palantir.schedule import select
from tests.enhance.streams import packets


@pytest.fixture
def profile(rich_clip: Path) -> CacheProfile:
    """A twentieth of the patches, the first frame's middle among them."""
    stream = packets(rich_clip)
    table = [packet.packet.index for packet in stream for _ in packet.frames]
    anchors = np.random.default_rng(0).random((len(table), 15)) < 0.05
    anchors[0, 7] = True
    return CacheProfile(
        lr_size=(99, 71), grid=PatchGrid(3, 5), anchors=anchors,
        packet=np.array(table), shown=np.ones(len(table), bool),
        selector="adjoint", parameters={}, budget=0.05,
        estimated_before=2.0, estimated_after=1.0, reuse="detail",
        segment_sha256=VideoSource(rich_clip).sha256(),
    )  # fmt: skip


def fingerprints(segment: Path, profile: CacheProfile, **options: Any) -> list[str]:
    return [
        hashlib.sha256(b"".join(plane.tobytes() for plane in frame.planes)).hexdigest()
        for frame in enhance(segment, profile, **options)
    ]


def test_it_yields_the_displayed_frames(
    rich_clip: Path, profile: CacheProfile, tmp_path: Path
) -> None:
    profile.save(tmp_path / "profile.pcp")
    frames = enhance(rich_clip, tmp_path / "profile.pcp")
    shown = list(frames)
    assert [frame.index for frame in shown] == list(range(18))
    assert [frame.pts for frame in shown] == [p.pts for p in VideoSource(rich_clip).packets()]
    assert {(frame.width, frame.height) for frame in shown} == {(396, 284)}
    assert [frame.anchors for frame in shown] == profile.anchors.sum(axis=1).tolist()
    assert 0 < frames.cost.share < 1


def test_threads_change_nothing(rich_clip: Path, profile: CacheProfile) -> None:
    expected = fingerprints(rich_clip, profile)
    assert len(set(expected)) == 18
    paper = {"reuse": "paper"}
    assert fingerprints(rich_clip, profile, threads=4, **paper) == fingerprints(
        rich_clip, profile, **paper
    )
    for options in ({"threads": 2}, {"threads": 8}, {"model_threads": 1}, {"model_threads": 3}):
        assert fingerprints(rich_clip, profile, **options) == expected
    for look_ahead in (0, 1, 100):
        assert fingerprints(rich_clip, profile, threads=2, look_ahead=look_ahead) == expected


@pytest.mark.parametrize("reuse", ["detail", "paper"])
def test_what_reuse_does_not_need_is_not_traced(
    rich_clip: Path, profile: CacheProfile, reuse: str
) -> None:
    shown = enhance(rich_clip, profile, reuse=reuse)
    enhancer = Enhancer(SRNetwork.load(None), profile.grid, reuse=reuse)
    anchors = iter(profile.anchors)
    for packet in decode_packets(rich_clip):  # a full trace
        frame = enhancer.process(packet, np.array([next(anchors) for _ in packet.frames]))
        if frame is not None:
            for plane, same in zip(next(shown).planes, frame.planes, strict=True):
                np.testing.assert_array_equal(plane, same)


def outcome(frames: Enhancement) -> tuple[int, str]:
    """Of a stream that breaks: frames before that, and the message."""
    shown = 0
    try:
        for _ in frames:
            shown += 1
    except PalantirError as error:
        return shown, str(error)
    raise AssertionError("nothing was raised")


def test_threads_change_no_error(rich_clip: Path, profile: CacheProfile, tmp_path: Path) -> None:
    damaged = tmp_path / "damaged.webm"
    data = bytearray(rich_clip.read_bytes())
    data[len(data) // 2 : len(data) // 2 + 400] = bytes(400)
    damaged.write_bytes(data)
    told = replace(profile, segment_sha256=VideoSource(damaged).sha256())
    one, two = (enhance(damaged, told, threads=threads) for threads in (1, 2))
    assert outcome(one) == outcome(two)
    assert one.cost == two.cost


def test_a_network_that_fails_lets_the_same_frames_through(
    rich_clip: Path, profile: CacheProfile, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many packets are inferred together: it fails on a frame, not at a time."""
    first = next(iter(enhance(rich_clip, profile)))
    bad = {frame.index for frame in decode(rich_clip) if frame.index >= 9}
    infer = Enhancer.infer_together

    def failing(self: Enhancer, packets: Any) -> Any:
        if any(frame.index in bad for packet, _ in packets for frame in packet.frames):
            raise ModelError("the network failed")
        return infer(self, packets)

    monkeypatch.setattr(Enhancer, "infer_together", failing)
    outcomes = {
        outcome(enhance(rich_clip, profile, threads=threads, look_ahead=look_ahead))
        for threads, look_ahead in ((1, 4), (2, 0), (2, 1), (2, 4), (2, 100))
    }
    assert len(outcomes) == 1
    ((shown, message),) = outcomes
    assert first.index < shown < 18
    assert message == "the network failed"


@pytest.mark.parametrize("look_ahead", [-1, 1.5, "4"])
def test_a_senseless_look_ahead_is_refused(
    rich_clip: Path, profile: CacheProfile, look_ahead: Any
) -> None:
    with pytest.raises(ValueError, match="look_ahead"):
        enhance(rich_clip, profile, threads=2, look_ahead=look_ahead)


@pytest.mark.parametrize("threads", [0, -1, 65, 1.5, "2"])
def test_a_senseless_number_of_threads_is_refused_at_once(
    rich_clip: Path, profile: CacheProfile, threads: Any
) -> None:
    with pytest.raises(ValueError, match="threads is"):
        enhance(rich_clip, profile, threads=threads)


def test_the_reuse_mode_can_be_overruled(rich_clip: Path, profile: CacheProfile) -> None:
    detail, paper = (list(enhance(rich_clip, profile, reuse=r))[5] for r in ("detail", "paper"))
    assert not np.array_equal(detail.planes[0], paper.planes[0])
    with pytest.raises(UnsupportedError, match="reuse mode 'other'"):
        enhance(rich_clip, profile, reuse="other")


def test_the_profiles_fade_is_used(rich_clip: Path, profile: CacheProfile) -> None:
    other = replace(profile, reuse_parameters={"fade": 0.5})
    assert fingerprints(rich_clip, other) != fingerprints(rich_clip, profile)


@pytest.mark.parametrize("fade", ["much", 0.0, -1, float("inf"), True])
def test_a_senseless_fade_is_refused(
    rich_clip: Path, profile: CacheProfile, fade: str | float
) -> None:
    with pytest.raises(ProfileError, match="fade"):
        enhance(rich_clip, replace(profile, reuse_parameters={"fade": fade}))


def test_a_profile_of_another_segment_is_refused(
    plain_clip: Path, profile: CacheProfile, tmp_path: Path
) -> None:
    with pytest.raises(ProfileError, match="made for another segment"):
        enhance(plain_clip, profile)
    profile.save(tmp_path / "rich.pcp")
    with pytest.raises(ProfileError, match=r"rich\.pcp: made for another segment") as raised:
        enhance(plain_clip, tmp_path / "rich.pcp")
    assert "\n" not in str(raised.value)


def test_a_profile_with_other_packets_is_refused(rich_clip: Path, profile: CacheProfile) -> None:
    packet = profile.packet.copy()
    packet[3:] += 1
    with pytest.raises(ProfileError, match="coded frame 3 lies in packet 3, not in 4"):
        list(enhance(rich_clip, replace(profile, packet=packet)))


def test_a_profile_with_fewer_frames_is_refused(rich_clip: Path, profile: CacheProfile) -> None:
    short = replace(
        profile,
        anchors=profile.anchors[:5],
        packet=profile.packet[:5],
        shown=profile.shown[:5],
    )
    frames = enhance(rich_clip, short)
    with pytest.raises(ProfileError, match="the profile ends after 5 coded frames"):
        list(frames)


@pytest.mark.parametrize("threads", [1, 2])
def test_it_may_be_left_half_way(rich_clip: Path, profile: CacheProfile, threads: int) -> None:
    frames = enhance(rich_clip, profile, threads=threads)
    first = next(frames)
    del frames
    assert not [t for t in threading.enumerate() if t.name == "palantir-ahead"]
    frames = enhance(rich_clip, profile, threads=threads)
    assert np.array_equal(first.planes[0], next(frames).planes[0])
    frames.close()
    assert list(frames) == []


@pytest.mark.parametrize(
    "first", ["pass", "import palantir.enhance", "from palantir import enhance"]
)
def test_the_room_is_its_function(first: str) -> None:
    code = f"""
import palantir
{first}
for _ in range(2):
    try:
        palantir.enhance("no-such.webm", "no-such.pcp")
    except palantir.MediaError as error:
        assert "no-such.webm" in str(error)
    import palantir.enhance
    assert palantir.enhance.Enhancer
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_frames_reach_others_without_a_copy(plain_clip: Path) -> None:
    graph = ErrorGraph.from_video(plain_clip)
    frame = next(enhance(plain_clip, CacheProfile.from_selection(graph, select(graph, 2))))
    for_av = frame.to_av()
    assert for_av.pts == frame.pts
    assert (for_av.width, for_av.height) == (frame.width, frame.height)
    for plane, av_plane in zip(frame.planes, for_av.planes, strict=True):
        assert av_plane.buffer_ptr == plane.ctypes.data
        shared = np.from_dlpack(plane)
        assert shared.ctypes.data == plane.ctypes.data


def test_an_interpreter_may_end_in_the_middle(
    rich_clip: Path, profile: CacheProfile, tmp_path: Path
) -> None:
    """With frames being decoded, inferred and reused in threads of their own."""
    profile.save(tmp_path / "profile.pcp")
    code = """
import sys, time
from palantir.enhance import enhance
frames = enhance(*sys.argv[1:3], threads=2)
next(frames)
time.sleep(float(sys.argv[3]))
"""
    for delay in ("0", "0.005", "0.02", "0.05"):
        words = [sys.executable, "-c", code, str(rich_clip), str(tmp_path / "profile.pcp"), delay]
        done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
        assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("model", [42, b"net.onnx", ["net.onnx"]])
def test_what_is_no_network_is_refused(rich_clip: Path, profile: CacheProfile, model: Any) -> None:
    with pytest.raises(ModelError, match="is neither a network nor the path of one"):
        enhance(rich_clip, profile, model)


class Recorded:
    """A network's results, of which it is asked only once."""

    def __init__(self, network: SRNetwork) -> None:
        self.scale, self._inference = network.scale, AnchorInference(network)
        self.made: dict[int, FrameDetail] = {}

    def run(self, frames: Sequence[FrameAnchors]) -> list[FrameDetail]:
        fresh = [anchors for anchors in frames if anchors.coded not in self.made]
        self.made.update(zip((one.coded for one in fresh), self._inference.run(fresh), strict=True))
        return [self.made[anchors.coded] for anchors in frames]


def test_what_a_network_gives_may_have_been_recorded(
    rich_clip: Path, profile: CacheProfile
) -> None:
    expected = fingerprints(rich_clip, profile)
    recorded = Recorded(SRNetwork.load())
    assert fingerprints(rich_clip, profile, model=recorded) == expected
    assert recorded.made.keys() == set(range(18))
    assert fingerprints(rich_clip, profile, model=recorded, threads=2) == expected
