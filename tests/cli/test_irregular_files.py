"""Pipes and devices in place of files: refused in one line, instead of read without an end."""

from __future__ import annotations

import os
import resource
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from palantir.errors import MediaError, ModelError, ProfileError
from palantir.media import VideoSource, probe, read_frames
from palantir.models import SRNetwork, network_load, read_allowed, shipped_model
from palantir.profile import CacheProfile
from tests.cli.outcome import Run

Watch = Callable[[Path], Callable[[], None]]

COMMANDS = {
    "schedule": ("schedule", "INPUT"),
    "schedule for a network": (
        "schedule",
        "segment.webm",
        "--budget",
        "1GMAC/s",
        "--model",
        "INPUT",
    ),
    "enhance": ("enhance", "INPUT", "--profile", "segment.pcp", "-o", "out.mp4"),
    "profile": ("enhance", "segment.webm", "--profile", "INPUT", "-o", "out.mp4"),
    "model": ("enhance", "segment.webm", "--model", "INPUT", "-o", "out.mp4"),
    "allowed": ("enhance", "segment.webm", "--allowed-models", "INPUT", "-o", "out.mp4"),
    "quantize": ("quantize", "INPUT", "--clip", "segment.webm", "-o", "out.onnx"),
    "clip": ("quantize", str(shipped_model()), "--clip", "INPUT", "-o", "out.onnx"),
    "fit-filters": ("fit-filters", "hr.mp4", "--model", "INPUT", "-o", "out.onnx"),
    "encode": ("encode", "INPUT", "-o", "out.webm"),
    "demo": ("demo", "INPUT", "-o", "out"),
    "evaluate": ("evaluate", "INPUT", "-o", "."),
    "halo": ("study", "halo", "INPUT", "hr.mp4"),
    "original": ("study", "halo", "segment.webm", "INPUT"),
    "light model": ("enhance", "segment.webm", "--light-model", "INPUT", "-o", "out.mp4"),
    "quality": ("quality", "segment.webm", "INPUT"),
    "inspect": ("inspect", "INPUT"),
}
READERS: dict[str, tuple[Callable[[str], object], type[Exception]]] = {
    "SRNetwork.load": (SRNetwork.load, ModelError),
    "network_load": (network_load, ModelError),
    "read_allowed": (read_allowed, ModelError),
    "CacheProfile.load": (CacheProfile.load, ProfileError),
    "VideoSource": (VideoSource, MediaError),
    "probe": (probe, MediaError),
}


@pytest.fixture(params=["/dev/zero", "/dev/null", "pipe"])
def irregular(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """What would be endless or wait for ever. A reader that takes it fails instead."""
    kind = str(request.param)
    if kind != "pipe":
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        before = resource.getrlimit(resource.RLIMIT_AS)
        limit = pages * resource.getpagesize() + 2**30
        resource.setrlimit(resource.RLIMIT_AS, (limit, before[1]))
        yield kind
        resource.setrlimit(resource.RLIMIT_AS, before)
        return
    pipe = tmp_path / "silent.webm"
    os.mkfifo(pipe)
    end = threading.Timer(5, lambda: os.close(os.open(pipe, os.O_RDWR)))  # whoever waits wakes up
    end.start()
    yield str(pipe)
    end.cancel()


@pytest.mark.parametrize("command", COMMANDS)
def test_a_pipe_or_device_is_refused_by_every_command(
    run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch, nothing_new: Watch,
    irregular: str, command: str,
) -> None:  # fmt: skip
    monkeypatch.chdir(folder)
    untouched = nothing_new(folder)
    words = [irregular if word == "INPUT" else word for word in COMMANDS[command]]
    run(*words).complains(irregular, "not a regular file")
    untouched()


@pytest.mark.parametrize("reader", READERS)
def test_a_pipe_or_device_is_refused_by_every_reader(irregular: str, reader: str) -> None:
    read, kind = READERS[reader]
    with pytest.raises(kind, match=rf"{irregular}.*: not a regular file$"):
        read(irregular)


def test_weights_from_a_pipe_or_device_are_refused(irregular: str) -> None:
    pytest.importorskip("torch")
    from palantir.models.architectures import create_network, take_weights

    with pytest.raises(ModelError, match=rf"{irregular}: not a regular file$"):
        take_weights(create_network("m4c16", 4), irregular)


def test_pictures_may_come_through_a_pipe(folder: Path) -> None:
    """They are read once, from begin to end."""
    pipe = folder / "pictures.y4m"
    os.mkfifo(pipe)
    picture = b"FRAME\n" + bytes(64 * 48 * 3 // 2)
    text = b"YUV4MPEG2 W64 H48 F25:1 Ip C420jpeg\n" + 3 * picture
    with subprocess.Popen(["tee", str(pipe)], stdin=-1, stdout=subprocess.DEVNULL) as writer:
        assert writer.stdin is not None
        writer.stdin.write(text)
        writer.stdin.close()
        frames = list(read_frames(pipe))
    assert [frame[0].shape for frame in frames] == [(48, 64)] * 3
