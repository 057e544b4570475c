from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from palantir.errors import MediaError
from palantir.media import VideoSource, encode_lr, lr_size, probe, read_frames
from tests.media.clips import audio_packets, frame_times, make_clip


@pytest.mark.parametrize(
    ("hr", "scale", "lr"),
    [((1280, 720), 4, (320, 180)), ((854, 480), 4, (212, 120)), ((3840, 2160), 3, (1280, 720))],
)
def test_lr_sizes_are_even_and_never_exceed_hr(
    hr: tuple[int, int], scale: int, lr: tuple[int, int]
) -> None:
    assert lr_size(*hr, scale) == lr


def test_a_picture_that_would_vanish_is_refused() -> None:
    with pytest.raises(MediaError, match="7x48 picture is too small to be scaled down by 4"):
        lr_size(7, 48, 4)


@pytest.fixture
def hr(tmp_path: Path) -> Path:
    return make_clip(
        tmp_path / "hr.mp4", codec="libx264", size=(256, 192), times=range(0, 1000, 40), audio="aac"
    )


def test_the_lr_stream_is_vp9_of_every_hr_frame_at_its_time(hr: Path, tmp_path: Path) -> None:
    assert encode_lr(hr, tmp_path / "lr.webm") == 25
    source = VideoSource(tmp_path / "lr.webm")
    assert (source.width, source.height) == (64, 48)
    assert source.frame_rate == 25
    assert frame_times(source.path) == frame_times(hr)


def test_untagged_hr_becomes_bt709_and_tagged_hr_keeps_its_matrix(hr: Path, tmp_path: Path) -> None:
    encode_lr(hr, tmp_path / "lr.webm", frames=2)
    assert probe(tmp_path / "lr.webm").colour.matrix == "bt709"
    old = make_clip(tmp_path / "old.mp4", codec="libx264", size=(256, 192), matrix=6)
    encode_lr(old, tmp_path / "lr.webm", frames=2)
    assert probe(tmp_path / "lr.webm").colour.matrix == "bt601"


def test_the_scaler_neither_shifts_nor_changes_levels(hr: Path, tmp_path: Path) -> None:
    """The centre of mass of LR against HR's box average stays within a tenth of a pixel."""
    encode_lr(hr, tmp_path / "lr.webm", bitrate=4000)
    for large, small in zip(read_frames(hr), read_frames(tmp_path / "lr.webm"), strict=True):
        boxes = large[0].reshape(48, 4, 64, 4).mean(axis=(1, 3))
        inner = (slice(4, -4), slice(4, -4))
        assert abs(boxes[inner].mean() - small[0][inner].mean()) < 1
        for axis in (0, 1):
            slope = np.gradient(boxes, axis=axis)[inner]
            shift = ((boxes - small[0])[inner] * slope).sum() / (slope**2).sum()
            assert abs(shift) < 0.1


def test_a_part_begins_at_time_zero_with_its_own_pictures(hr: Path, tmp_path: Path) -> None:
    seen: list[tuple[int, int | None]] = []
    part = tmp_path / "part.webm"
    count = encode_lr(
        hr, part, start=10, frames=5, bitrate=4000, progress=lambda *step: seen.append(step)
    )
    assert count == 5
    assert seen == [(step, 5) for step in range(1, 6)]
    assert frame_times(part) == [Fraction(i, 25) for i in range(5)]
    originals = [planes[0] for planes in read_frames(hr)]
    first = next(read_frames(part))[0]
    errors = [
        np.abs(plane.reshape(48, 4, 64, 4).mean(axis=(1, 3)) - first).mean() for plane in originals
    ]
    assert int(np.argmin(errors)) == 10


def test_audio_travels_as_opus_and_is_cut_with_the_part(hr: Path, tmp_path: Path) -> None:
    encode_lr(hr, tmp_path / "whole.webm")
    encode_lr(hr, tmp_path / "part.webm", start=10, frames=5)
    whole, part = audio_packets(tmp_path / "whole.webm"), audio_packets(tmp_path / "part.webm")
    assert len(whole) == pytest.approx(50, abs=3)
    assert len(part) == pytest.approx(10, abs=3)


def test_key_frames_come_at_least_once_a_gop(hr: Path, tmp_path: Path) -> None:
    encode_lr(hr, tmp_path / "lr.webm", gop=10)
    keys = [packet.index for packet in VideoSource(tmp_path / "lr.webm").packets() if packet.key]
    assert keys[0] == 0
    assert max(np.diff([*keys, 25])) <= 10


def test_failures_leave_no_file(hr: Path, tmp_path: Path) -> None:
    def interrupt(done: int, total: int | None) -> None:
        raise KeyboardInterrupt

    target = tmp_path / "lr.webm"
    with pytest.raises(MediaError, match="no frame 25"):
        encode_lr(hr, target, start=25)
    with pytest.raises(KeyboardInterrupt):
        encode_lr(hr, target, progress=interrupt)
    with pytest.raises(MediaError, match=r"lr\.avi: the name must end in"):
        encode_lr(hr, tmp_path / "lr.avi")
    with pytest.raises(MediaError, match="cannot read"):
        encode_lr(tmp_path / "none.mp4", target)
    assert list(tmp_path.iterdir()) == [hr]
