from __future__ import annotations

from fractions import Fraction
from itertools import islice
from pathlib import Path

import av
import numpy as np
import pytest

from palantir.errors import MediaError
from palantir.media import Colour, encode_lr, probe, read_frames
from palantir.media.frames import frame_times
from palantir.media.y4m import Y4MWriter
from palantir.quality import compare
from tests.media.clips import make_clip, make_tone, picture


@pytest.mark.parametrize(("name", "codec"), [("a.webm", "libvpx-vp9"), ("a.mp4", "libx264")])
def test_pictures_come_in_display_order(tmp_path: Path, name: str, codec: str) -> None:
    path = make_clip(tmp_path / name, codec=codec)
    assert compare(map(picture, range(10)), read_frames(path)).psnr_y > 25


def test_planes_belong_to_the_caller(tmp_path: Path) -> None:
    frames = list(read_frames(make_clip(tmp_path / "a.webm")))
    before = frames[1][0].copy()
    frames[0][0][:] = 0
    assert np.array_equal(frames[1][0], before)
    assert {plane.shape for plane in frames[0]} == {(48, 64), (24, 32)}


def test_facts_name_codec_size_and_rate(tmp_path: Path) -> None:
    facts = probe(make_clip(tmp_path / "a.mp4", codec="libx264", audio="aac"))
    assert (facts.codec, facts.width, facts.height) == ("h264", 64, 48)
    assert (facts.frame_count, facts.has_audio) == (10, True)
    assert facts.frame_rate == 25


@pytest.mark.parametrize("name", ["a.webm", "a.y4m"])
def test_a_truncated_file_yields_whole_frames_and_is_then_refused(
    tmp_path: Path, name: str
) -> None:
    path = tmp_path / name
    if name == "a.webm":
        make_clip(path)
    else:
        with path.open("wb") as file:
            writer = Y4MWriter(file, 64, 48, Fraction(25), Colour("bt709", full_range=False))
            for index in range(10):
                writer.write(picture(index), index)
    whole = list(read_frames(path))
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])
    frames = read_frames(path)
    first = list(islice(frames, 3))
    np.testing.assert_array_equal(first[2][0], whole[2][0])
    with pytest.raises(
        MediaError, match=rf"{name}: truncated at frame [4-9]: \d+ bytes are missing"
    ):
        list(frames)
    with pytest.raises(MediaError, match="truncated at frame"):
        encode_lr(path, tmp_path / "lr.webm", 2)
    assert not (tmp_path / "lr.webm").exists()
    assert encode_lr(path, tmp_path / "lr.webm", 2, frames=3) == 3


def test_a_file_with_sound_alone_is_refused(tmp_path: Path) -> None:
    path = make_tone(tmp_path / "a.mkv")
    with pytest.raises(MediaError, match="no video track"):
        probe(path)
    with pytest.raises(MediaError, match="no video track"):
        next(read_frames(path))


def test_what_is_no_video_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_text("words")
    with pytest.raises(MediaError, match=r"a\.mp4: cannot read"):
        next(read_frames(tmp_path / "a.mp4"))


@pytest.mark.parametrize("name", ["clip.mp4", "clip.mkv", "clip.ts"])
def test_the_times_of_frames_are_those_of_decoding(tmp_path: Path, name: str) -> None:
    """Packets of H.264 are not in display order; one frame is left out."""
    times = [1000 + 40 * place for place in range(14) if place != 5]
    clip = make_clip(tmp_path / name, codec="libx264", times=times)
    with av.open(str(clip)) as container:
        decoded = [frame.time for frame in container.decode(video=0)]
    found = frame_times(clip)
    assert found[0] == 0
    assert found[5] - found[4] == pytest.approx(0.08, abs=1e-3)
    np.testing.assert_allclose(found, np.subtract(decoded, decoded[0]), atol=1e-6)
