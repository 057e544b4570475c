from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import pytest

from palantir.media.audio import AudioCopy, AudioTrack, OpusTrack
from palantir.media.clock import SteadyClock
from tests.media.clips import make_clip


@pytest.mark.parametrize("kind", [AudioCopy, OpusTrack])
def test_packets_are_handed_over_up_to_the_time_asked_for(
    tmp_path: Path, kind: type[AudioCopy] | type[OpusTrack]
) -> None:
    clip = make_clip(tmp_path / "a.webm", audio="libopus", times=range(0, 2000, 40))
    with av.open(str(clip)) as source, av.open(str(tmp_path / "b.mkv"), "w") as output:
        track: AudioTrack = kind(source, output, str(clip))
        early = list(track.until(Fraction(1, 2)))
        assert not list(track.until(Fraction(1, 2)))
        late = list(track.until(None))
        output.mux([*early, *late])
    assert len(early) == pytest.approx(25, abs=3)
    assert len(late) == pytest.approx(75, abs=3)


@pytest.mark.parametrize("seconds", [5, 2**61])
def test_audio_is_moved_with_the_picture(tmp_path: Path, seconds: int) -> None:
    """As far as 64 bits go."""
    clip = make_clip(tmp_path / "a.webm", audio="libopus")
    picture = SteadyClock(Fraction(1), from_zero=True)
    with av.open(str(clip)) as source, av.open(str(tmp_path / "b.mkv"), "w") as output:
        track = AudioCopy(source, output, str(clip), picture)
        picture.moved(-seconds, 1)
        times = [packet.pts for packet in track.until(None) if packet.pts is not None]
    assert times == sorted(set(times))
    assert times[0] == pytest.approx(min(1000 * seconds, 2**61), abs=50)


def test_opus_keeps_the_time_of_the_sound_within_a_part(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "a.mp4", codec="libx264", audio="aac", times=range(0, 2000, 40))
    with av.open(str(clip)) as source, av.open(str(tmp_path / "b.mkv"), "w") as output:
        track = OpusTrack(source, output, str(clip), Fraction(1), Fraction(1, 2))
        output.mux(list(track.until(None)))
    with av.open(str(tmp_path / "b.mkv")) as part:
        times = [p.pts * p.time_base for p in part.demux(audio=0) if p.pts is not None]
    assert times[0] < Fraction(1, 20)
    assert Fraction(9, 20) < times[-1] < Fraction(11, 20)
