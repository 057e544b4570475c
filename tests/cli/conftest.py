"""Small clips, profiles and networks, made once, and the command line run in this process."""

from __future__ import annotations

import shutil
import struct
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from palantir.cli import main
from tests.cli.outcome import Outcome, Run
from tests.codec.streams import KINDS
from tests.media.clips import make_clip, make_tone

FRAMES = 12


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str]) -> Run:
    """Run the command line; its exit code and what it printed."""

    def call(*arguments: str | Path) -> Outcome:
        capfd.readouterr()
        with pytest.raises(SystemExit) as ended:
            main([str(argument) for argument in arguments])
        printed = capfd.readouterr()
        assert isinstance(ended.value.code, int)
        return Outcome(ended.value.code, printed.out, printed.err)

    return call


@pytest.fixture(scope="session")
def material(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of inputs, good and hostile; tests that change it use `folder`, a copy."""
    folder = tmp_path_factory.mktemp("material")
    times = range(0, 40 * FRAMES, 40)
    make_clip(folder / "hr.mp4", codec="libx264", times=times, size=(192, 128), audio="aac")
    make_clip(folder / "segment.webm", times=times, audio="libopus")
    make_clip(folder / "other.webm", times=range(0, 200, 40))
    make_clip(folder / "h264.mp4", codec="libx264", times=range(0, 200, 40))
    make_tone(folder / "tone.webm")
    (folder / "empty.webm").write_bytes(b"")
    (folder / "text.webm").write_text("once upon a time\n" * 100)
    whole = (folder / "segment.webm").read_bytes()
    (folder / "truncated.webm").write_bytes(whole[: len(whole) * 2 // 3])
    _write_ivf(folder / "ten-bit.ivf", KINDS["10-bit"]())
    _write_ivf(folder / "444.ivf", KINDS["4:4:4"]())
    for name in ("segment.webm", "other.webm", "ten-bit.ivf", "444.ivf"):
        with pytest.raises(SystemExit) as ended:
            main(["schedule", str(folder / name)])
        assert ended.value.code == 0
    profile = (folder / "segment.pcp").read_bytes()
    (folder / "damaged.pcp").write_bytes(profile[:40] + bytes([profile[40] ^ 1]) + profile[41:])
    return folder


@pytest.fixture
def folder(material: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(material, tmp_path / "folder"))


@pytest.fixture
def nothing_new() -> Callable[[Path], Callable[[], None]]:
    """Called with a folder, gives the check that its files and their bytes are as they were."""

    def contents(folder: Path) -> dict[Path, bytes | None]:
        return {path: path.read_bytes() if path.is_file() else None for path in folder.rglob("*")}

    def begin(folder: Path) -> Callable[[], None]:
        before = contents(folder)

        def check() -> None:
            after = contents(folder)
            assert after.keys() == before.keys()
            assert after == before

        return check

    return begin


def _write_ivf(path: Path, packets: Sequence[bytes]) -> None:
    header = struct.pack("<4sHH4sHHIIII", b"DKIF", 0, 32, b"VP90", 101, 67, 25, 1, len(packets), 0)
    frames = (struct.pack("<IQ", len(data), i) + data for i, data in enumerate(packets))
    path.write_bytes(header + b"".join(frames))
