from __future__ import annotations

import hashlib
import struct
from fractions import Fraction
from pathlib import Path

import pytest

from palantir.errors import MediaError
from palantir.media import Colour, VideoSource
from tests.media.clips import make_clip

UNEVEN = (0, 40, 100, 120, 300, 333)


def ivf(packets: list[bytes], path: Path) -> Path:
    """Write an IVF file (32-byte header, 12 bytes before each packet) without FFmpeg."""
    header = struct.pack("<4sHH4sHHIIII", b"DKIF", 0, 32, b"VP90", 64, 48, 25, 1, len(packets), 0)
    body = (struct.pack("<IQ", len(p), i) + p for i, p in enumerate(packets))
    path.write_bytes(header + b"".join(body))
    return path


@pytest.mark.parametrize("suffix", [".webm", ".mkv", ".mp4", ".ivf"])
def test_facts_of_the_track(tmp_path: Path, suffix: str) -> None:
    source = VideoSource(make_clip(tmp_path / f"a{suffix}"))
    assert (source.width, source.height) == (64, 48)
    assert source.frame_rate == 25
    assert (source.colour, source.has_audio) == (Colour("bt601", False), False)
    assert source.frame_count == 10


def test_audio_and_tags_are_seen(tmp_path: Path) -> None:
    source = VideoSource(make_clip(tmp_path / "a.webm", audio="libopus", matrix=1))
    assert source.has_audio
    assert source.colour.matrix == "bt709"


@pytest.mark.parametrize("suffix", [".webm", ".mp4"])
def test_packets_keep_uneven_times(tmp_path: Path, suffix: str) -> None:
    source = VideoSource(make_clip(tmp_path / f"a{suffix}", times=UNEVEN))
    times = [packet.pts * source.time_base for packet in source.packets()]
    assert times == [Fraction(time, 1000) for time in UNEVEN]


def test_packets_start_again_with_every_call(tmp_path: Path) -> None:
    with VideoSource(make_clip(tmp_path / "a.webm")) as source:
        first = next(source.packets())
        packets = list(source.packets())
    assert packets[0] == first
    assert [packet.index for packet in packets] == list(range(10))
    assert [packet.key for packet in packets] == [True] + 9 * [False]


def test_audio_does_not_come_among_the_packets(tmp_path: Path) -> None:
    silent = make_clip(tmp_path / "a.webm")
    loud = make_clip(tmp_path / "b.webm", audio="libopus")
    assert [p.data for p in VideoSource(silent).packets()] == [
        p.data for p in VideoSource(loud).packets()
    ]


def test_ivf_packets_are_the_bytes_of_the_file(tmp_path: Path) -> None:
    data = [packet.data for packet in VideoSource(make_clip(tmp_path / "a.webm")).packets()]
    source = VideoSource(ivf(data, tmp_path / "a.ivf"))
    assert [packet.data for packet in source.packets()] == data
    assert [packet.pts * source.time_base * 25 for packet in source.packets()] == list(range(10))
    assert all(packet.duration > 0 for packet in source.packets())


def test_the_hash_is_of_the_packets_and_not_of_the_container(tmp_path: Path) -> None:
    webm = VideoSource(make_clip(tmp_path / "a.webm"))
    data = [packet.data for packet in webm.packets()]
    assert webm.sha256() == hashlib.sha256(b"".join(data)).digest()
    assert VideoSource(ivf(data, tmp_path / "a.ivf")).sha256() == webm.sha256()


def test_a_file_name_like_a_url_is_a_file_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_clip(tmp_path / "a.webm").rename(tmp_path / "http:a.webm")
    monkeypatch.chdir(tmp_path)
    assert len(list(VideoSource("http:a.webm").packets())) == 10


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "cannot read"),
        (b"No video, but words.\n" * 50, "cannot read"),
        (b"#EXTM3U\n#EXTINF:1,\na.webm\n#EXT-X-ENDLIST\n", "cannot read"),
        (bytes(4096), "cannot read"),
    ],
)
def test_what_is_no_video_is_refused_in_one_line(
    tmp_path: Path, content: bytes, reason: str
) -> None:
    path = tmp_path / "bad.webm"
    path.write_bytes(content)
    with pytest.raises(MediaError, match=reason) as caught:
        VideoSource(path)
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)


def test_another_codec_is_named(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match=r"a\.mp4: the video track is h264, not VP9"):
        VideoSource(make_clip(tmp_path / "a.mp4", codec="libx264"))


def test_missing_files_and_folders_are_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "none.webm", tmp_path):
        with pytest.raises(MediaError, match="cannot read"):
            VideoSource(path)


@pytest.mark.parametrize("suffix", [".webm", ".ivf", ".mp4"])
def test_a_truncated_file_yields_whole_packets_and_then_says_where_it_ends(
    tmp_path: Path, suffix: str
) -> None:
    options = {"movflags": "faststart"} if suffix == ".mp4" else {}
    path = make_clip(tmp_path / f"a{suffix}", options=options)
    whole = list(VideoSource(path).packets())
    content = path.read_bytes()
    middle = content.index(whole[6].data) + len(whole[6].data) // 2
    path.write_bytes(content[:middle])
    packets = VideoSource(path).packets()
    assert [next(packets).data for _ in range(6)] == [packet.data for packet in whole[:6]]
    with pytest.raises(MediaError, match="packet 6"):
        next(packets)


def test_a_webm_cut_inside_its_header_is_refused(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "a.webm")
    path.write_bytes(path.read_bytes()[:150])
    with pytest.raises(MediaError):
        list(VideoSource(path).packets())
