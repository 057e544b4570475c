from __future__ import annotations

import io
import os
import resource
import signal
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any, BinaryIO

import av
import numpy as np
import pytest

from palantir.errors import MediaError
from palantir.media import Colour, VideoSink, VideoSource, probe, read_frames
from palantir.quality import compare
from tests.media.clips import RATE, audio_packets, frame_times, make_clip, picture

MILLISECOND = Fraction(1, 1000)
LIMITED = Colour("bt709", False)
UNEVEN = (0, 40, 100, 120, 300, 333, 900)


def sink(target: str | Path | BinaryIO, colour: Colour = LIMITED, **rest: Any) -> VideoSink:
    return VideoSink(target, 64, 48, RATE, MILLISECOND, colour, **rest)


def write(target: str | Path | BinaryIO, times: tuple[int, ...] = (0, 40, 80), **rest: Any) -> None:
    with sink(target, **rest) as output:
        for index, time in enumerate(times):
            output.write(picture(index), time)


def write_noise(target: Path) -> None:
    random = np.random.default_rng(0)
    with sink(target) as output:
        for index in range(100):
            y, u, v = (random.integers(0, 256, p.shape, np.uint8) for p in picture(0))
            output.write((y, u, v), 40 * index)


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".webm"])
def test_uneven_times_survive(tmp_path: Path, suffix: str) -> None:
    target = tmp_path / f"a{suffix}"
    write(target, UNEVEN)
    assert frame_times(target) == [Fraction(time, 1000) for time in UNEVEN]


def test_times_in_mp4_are_exact_in_an_odd_time_base(tmp_path: Path) -> None:
    target, base = tmp_path / "a.mp4", Fraction(1001, 30000)
    with VideoSink(target, 64, 48, 1 / base, base, LIMITED) as output:
        for index in range(30):
            output.write(picture(index), index)
    assert frame_times(target) == [index * base for index in range(30)]


def test_times_that_stand_still_or_go_back_are_moved_on(tmp_path: Path) -> None:
    write(tmp_path / "a.mp4", (0, 40, 40, 10, 80))
    assert frame_times(tmp_path / "a.mp4") == [Fraction(time, 1000) for time in (0, 40, 41, 42, 80)]


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".webm"])
@pytest.mark.parametrize("colour", [LIMITED, Colour("bt601", True)])
def test_colour_tags_reach_the_file(tmp_path: Path, suffix: str, colour: Colour) -> None:
    write(tmp_path / f"a{suffix}", colour=colour)
    assert probe(tmp_path / f"a{suffix}").colour == colour


@pytest.mark.parametrize(("suffix", "codec"), [(".mp4", "h264"), (".webm", "vp9")])
def test_pictures_are_close_to_what_was_written(tmp_path: Path, suffix: str, codec: str) -> None:
    target = tmp_path / f"a{suffix}"
    write(target)
    assert probe(target).codec == codec
    assert compare([picture(i) for i in range(3)], read_frames(target)).psnr_y > 32


def test_options_reach_the_encoder(tmp_path: Path) -> None:
    write(tmp_path / "a.mkv", options={"qp": "0", "preset": "ultrafast"}, crf=0)
    assert compare([picture(i) for i in range(3)], read_frames(tmp_path / "a.mkv")).psnr_yuv == 100


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".webm"])
def test_audio_packets_are_copied_byte_by_byte(tmp_path: Path, suffix: str) -> None:
    source = make_clip(tmp_path / "lr.webm", audio="libopus")
    target = tmp_path / f"sr{suffix}"
    write(target, audio_from=VideoSource(source))
    copied = audio_packets(target)
    assert copied == audio_packets(source)
    assert len(copied) > 10


def test_audio_lies_between_the_frames_of_its_time(tmp_path: Path) -> None:
    source = make_clip(tmp_path / "lr.webm", audio="libopus", times=range(0, 2000, 40))
    target = tmp_path / "sr.mkv"
    write(target, tuple(range(0, 2000, 40)), audio_from=VideoSource(source))
    latest = Fraction(0)
    with av.open(str(target)) as container:
        for packet in container.demux():
            if packet.dts is not None and packet.time_base is not None:
                assert packet.dts * packet.time_base > latest - Fraction(1, 10)
                latest = max(latest, packet.dts * packet.time_base)


def test_audio_that_the_container_cannot_hold_is_refused(tmp_path: Path) -> None:
    source = make_clip(tmp_path / "lr.mp4", audio="aac")
    with pytest.raises(MediaError, match=r"sr\.webm: .* cannot hold aac audio; .*\.mkv"):
        write(tmp_path / "sr.webm", audio_from=VideoSource(source))
    assert list(tmp_path.iterdir()) == [source]
    write(tmp_path / "sr.mkv", audio_from=VideoSource(source))
    assert audio_packets(tmp_path / "sr.mkv") == audio_packets(source)


@pytest.mark.parametrize("size", [(64, 48), (35, 27)])
def test_y4m_holds_the_very_pixels(tmp_path: Path, size: tuple[int, int]) -> None:
    target = tmp_path / "a.y4m"
    clip = [picture(index, *size) for index in range(3)]
    with VideoSink(target, *size, Fraction(30000, 1001), MILLISECOND, LIMITED) as output:
        for index, planes in enumerate(clip):
            output.write(planes, 40 * index)
    assert probe(target).frame_rate == Fraction(30000, 1001)
    for planes, read in zip(clip, read_frames(target), strict=True):
        assert all(map(np.array_equal, planes, read))


@pytest.mark.parametrize("full", [False, True])
def test_y4m_carries_the_range(tmp_path: Path, full: bool) -> None:
    write(tmp_path / "a.y4m", colour=Colour("bt709", full))
    assert probe(tmp_path / "a.y4m").colour.full_range is full


def test_an_open_file_gets_y4m_and_stays_open(tmp_path: Path) -> None:
    file = io.BytesIO()
    write(file)
    write(tmp_path / "a.y4m")
    assert file.getvalue() == (tmp_path / "a.y4m").read_bytes()


def test_standard_output_gets_y4m(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    write("-")
    assert capfdbinary.readouterr().out.startswith(b"YUV4MPEG2 W64 H48 F25:1 ")


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".webm", ".y4m"])
@pytest.mark.parametrize("error", [ValueError("theirs"), OSError("theirs"), KeyboardInterrupt()])
def test_the_blocks_own_error_passes_and_leaves_the_old_file(
    tmp_path: Path, suffix: str, error: BaseException
) -> None:
    target = tmp_path / f"a{suffix}"
    target.write_bytes(b"old")

    def fail_midway() -> None:
        with sink(target) as output:
            for index in range(40):
                output.write(picture(index), 40 * index)
            raise error

    with pytest.raises(type(error)) as caught:
        fail_midway()
    assert caught.value is error
    assert target.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize("suffix", [".mp4", ".y4m"])
def test_nothing_bears_the_final_name_before_the_end(tmp_path: Path, suffix: str) -> None:
    target = tmp_path / f"a{suffix}"

    def writer() -> Iterator[None]:
        with sink(target) as output:
            output.write(picture(0), 0)
            yield

    steps = writer()
    next(steps)
    assert not target.exists()
    assert len(list(tmp_path.iterdir())) == 1
    del steps
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("suffix", [".mp4", ".webm", ".y4m"])
def test_a_video_without_frames_is_refused(tmp_path: Path, suffix: str) -> None:
    with pytest.raises(MediaError, match="no frame was written"), sink(tmp_path / f"a{suffix}"):
        pass
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["a.mp4", "a.webm", "a.y4m"])
def test_a_folder_that_takes_no_files_is_named_in_one_line(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").touch()
    for folder in (tmp_path / "file", tmp_path / "none", Path("/proc")):
        with pytest.raises(MediaError, match="cannot write") as caught:
            write(folder / name)
        assert str(caught.value).startswith(f"{folder / name}: ")
        assert "\n" not in str(caught.value)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_full_device_is_reported(tmp_path: Path) -> None:
    (tmp_path / "a.y4m").symlink_to("/dev/full")
    with pytest.raises(MediaError, match=r"a\.y4m: cannot write: No space left on device"):
        write(tmp_path / "a.y4m")
    assert Path("/dev/full").is_char_device()


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".webm", ".y4m"])
def test_a_disk_that_fills_up_leaves_nothing(tmp_path: Path, suffix: str) -> None:
    """A limit on file sizes fails write() as a full disk does, whoever runs the test."""
    old = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, old[1]))
    try:
        with pytest.raises(MediaError, match="cannot write: File too large") as caught:
            write_noise(tmp_path / f"a{suffix}")
        assert "\n" not in str(caught.value)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, old)
        signal.signal(signal.SIGXFSZ, handler)
    assert not list(tmp_path.iterdir())


def test_a_reader_that_closes_the_pipe_is_reported() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    file = os.fdopen(writer, "wb", buffering=0)
    with file, pytest.raises(MediaError, match="closed the pipe"):
        write(file)


def test_a_named_pipe_gets_y4m_as_it_comes(tmp_path: Path) -> None:
    target = tmp_path / "a.y4m"
    os.mkfifo(target)
    reader = os.open(target, os.O_RDONLY | os.O_NONBLOCK)
    write(target)
    assert os.read(reader, 9) == b"YUV4MPEG2"
    os.close(reader)
    assert target.is_fifo()


def test_a_frame_of_another_size_is_refused(tmp_path: Path) -> None:
    with sink(tmp_path / "b.mp4") as output:
        output.write(picture(0), 0)
        with pytest.raises(MediaError, match="frame 1 is 32x48, not 4:2:0 of 64x48"):
            output.write(picture(1, 32), 40)


def test_planes_that_are_not_420_are_refused(tmp_path: Path) -> None:
    y, u, v = picture(0)
    with sink(tmp_path / "a.y4m") as output:
        output.write((y, u, v), 0)
        with pytest.raises(MediaError, match="not 4:2:0"):
            output.write((y, y, y), 40)


def test_wrong_wishes_are_refused_before_anything_is_opened(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match=r"unknown suffix '\.avi'"):
        sink(tmp_path / "a.avi")
    with pytest.raises(MediaError, match="no encoder 'lib9'"):
        sink(tmp_path / "a.mp4", codec="lib9")
    with pytest.raises(MediaError, match="only even sizes, not 63x48"):
        VideoSink(tmp_path / "a.mp4", 63, 48, RATE, MILLISECOND, LIMITED)
    assert not list(tmp_path.iterdir())


def test_webm_takes_odd_sizes(tmp_path: Path) -> None:
    with VideoSink(tmp_path / "a.webm", 63, 47, RATE, MILLISECOND, LIMITED) as output:
        output.write(picture(0, 63, 47), 0)
    assert next(read_frames(tmp_path / "a.webm"))[1].shape == (24, 32)
