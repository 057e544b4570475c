from __future__ import annotations

import os
from pathlib import Path

import av
import pytest
from av.video.stream import VideoStream

from palantir.media.truncation import missing_bytes

EBML = bytes.fromhex("1a45dfa3 83 000000")
SEGMENT = bytes.fromhex("18538067")


@pytest.mark.parametrize(
    ("segment", "missing"),
    [
        (b"\x84" + b"....", 0),
        (b"\x84" + b"...", 1),
        (b"\x40\x64" + b"." * 40, 60),
        (b"\x01" + (1000).to_bytes(7) + b"." * 1000, 0),
        (b"\x01" + (1000).to_bytes(7) + b".", 999),
        (b"\xff" + b"...", 0),
        (b"\x01" + b"\xff" * 7 + b"...", 0),
        (b"\x01\x00", 0),
        (b"", 0),
    ],
)
def test_declared_and_real_size_are_compared(tmp_path: Path, segment: bytes, missing: int) -> None:
    path = tmp_path / "a.webm"
    path.write_bytes(EBML + SEGMENT + segment)
    assert missing_bytes(path) == missing


def y4m(header: str, frames: list[tuple[str, int]]) -> bytes:
    body = b"".join(line.encode() + b"\n" + bytes(size) for line, size in frames)
    return f"YUV4MPEG2 {header}\n".encode() + body


@pytest.mark.parametrize(
    ("data", "missing"),
    [
        (y4m("W5 H3 F25:1", [("FRAME", 27)] * 3), 0),
        (y4m("W5 H3 F25:1 Ip A1:1 C420mpeg2 XCOLORRANGE=FULL", [("FRAME", 27)] * 2), 0),
        (y4m("W5 H3 F25:1", [("FRAME", 27), ("FRAME Ipp", 27)]), 0),
        (y4m("W5 H3 F25:1", [("FRAME", 27), ("FRAME", 20)]), 7),
        (y4m("W5 H3 C420p10", [("FRAME", 54), ("FRAME", 53)]), 1),
        (y4m("W5 H3 C422", [("FRAME", 33), ("FRAME", 30)]), 3),
        (y4m("W5 H3 C444p12", [("FRAME", 90), ("FRAME", 0)]), 90),
        (y4m("W5 H3 C411", [("FRAME", 27), ("FRAME", 0)]), 27),
        (y4m("W5 H3 Cmono", [("FRAME", 15), ("FRAME", 14)]), 1),
        (y4m("W5 H3 Cmono", [("FRAME", 15)]) + b"FRA", 16),
        (y4m("W5 H3 Cother", [("FRAME", 15)]), 0),
        (y4m("W H3", [("FRAME", 15)]), 0),
        (b"YUV4MPEG2 ", 0),
        (b"YUV4MPEG2 " + b"x" * 9999, 0),
    ],
)
def test_frames_of_y4m_are_counted_by_their_size(tmp_path: Path, data: bytes, missing: int) -> None:
    path = tmp_path / "a.y4m"
    path.write_bytes(data)
    assert missing_bytes(path) == missing


@pytest.mark.parametrize(
    "pixels", ["yuv420p", "yuv422p", "yuv444p", "yuv411p", "gray", "yuv420p10le", "yuv444p12le"]
)
def test_ffmpegs_y4m_is_whole_until_it_is_cut(tmp_path: Path, pixels: str) -> None:
    path = tmp_path / "a.y4m"
    with av.open(str(path), "w", format="yuv4mpegpipe", options={"strict": "-1"}) as output:
        video = output.add_stream("wrapped_avframe", rate=25)
        assert isinstance(video, VideoStream)
        video.width, video.height, video.pix_fmt = 53, 39, pixels
        for _ in range(3):
            output.mux(video.encode(av.VideoFrame(53, 39, pixels)))
        output.mux(video.encode())
    assert missing_bytes(path) == 0
    path.write_bytes(path.read_bytes()[:-9])
    assert missing_bytes(path) == 9


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names here")
def test_pipes_are_left_alone(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert missing_bytes(tmp_path / "pipe") == 0


def test_other_formats_pass(tmp_path: Path) -> None:
    path = tmp_path / "a.ivf"
    path.write_bytes(b"DKIF" + bytes(28))
    assert missing_bytes(path) == 0
