"""An execution provider that starts and fails half way: a stand-in, for want of such a device."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import palantir
from palantir.cli import main
from palantir.errors import ModelError
from palantir.graph import ErrorGraph
from palantir.models import SRNetwork, session
from palantir.profile import CacheProfile
from palantir.schedule import select
from tests.media.clips import make_clip

PICTURE = np.random.default_rng(0).random((1, 1, 16, 20), dtype=np.float32)


class Device:
    """A session of a provider that fails after some runs."""

    def __init__(self, real: Any, runs: int) -> None:
        self._real, self.left = real, runs

    def run(self, *arguments: Any) -> Any:
        if self.left == 0:
            raise RuntimeError("[ONNXRuntimeError] : 1 : FAIL : CUDA failure 700: device lost")
        self.left -= 1
        return self._real.run(*arguments)

    def get_providers(self) -> list[str]:
        return ["CUDAExecutionProvider", "CPUExecutionProvider"]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)


@pytest.fixture
def device(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Call with the runs that it lasts; then provider "cuda" is such a device."""
    real_open = session.open_session

    def install(runs: int) -> None:
        def open_session(
            data: bytes,
            name: str,
            providers: tuple[str, ...] = ("cpu",),
            threads: int = 0,
            **more: Any,
        ) -> Any:
            opened = real_open(data, name, ("cpu",), threads, **more)
            return Device(opened, runs) if "cuda" in providers else opened

        monkeypatch.setattr("palantir.models.network.open_session", open_session)

    return install


def run_often(network: SRNetwork) -> None:
    for _ in range(60):
        network.run(PICTURE)


def test_without_leave_it_is_an_error_of_one_line(device: Any) -> None:
    device(50)
    network = SRNetwork.load(providers=("cuda",))
    with pytest.raises(ModelError, match=r"fails on a 1x1x16x20 input: .*device lost") as error:
        run_often(network)
    assert "\n" not in str(error.value)
    assert network.fallback is None
    with pytest.raises(ModelError, match="device lost"):  # and stays one
        network.run(PICTURE)


def test_with_leave_the_cpu_runs_the_same_picture_and_all_that_follow(device: Any) -> None:
    device(50)
    network = SRNetwork.load(providers=("cuda",), retry_on_cpu=True)
    wanted = SRNetwork.load().run(PICTURE)
    for _ in range(60):
        np.testing.assert_array_equal(network.run(PICTURE), wanted)
    assert "device lost" in str(network.fallback)


def test_what_fails_on_the_cpu_too_is_no_reason_to_leave_the_provider(device: Any) -> None:
    device(50)
    network = SRNetwork.load(providers=("cuda",), retry_on_cpu=True)
    for _ in range(2):
        with pytest.raises(ModelError, match="fails on a 1x3x8x8 input"):
            network.run(np.zeros((1, 3, 8, 8), np.float32))
    assert network.fallback is None
    assert "CUDAExecutionProvider" in str(network.describe()["providers"])
    run_often(network)  # the device is lost only now
    assert "device lost" in str(network.fallback)


def test_threads_that_fail_at_once_all_go_on(device: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    device(50)
    network = SRNetwork.load(providers=("cuda",), retry_on_cpu=True)
    together = threading.Barrier(4)

    class Lost(Device):
        def run(self, *arguments: Any) -> Any:
            together.wait(60)
            return super().run(*arguments)

    monkeypatch.setattr(network, "_session", Lost(network._session, 0))
    wanted = SRNetwork.load().run(PICTURE)
    with ThreadPoolExecutor(4) as pool:
        for made in pool.map(network.run, [PICTURE] * 4):
            np.testing.assert_array_equal(made, wanted)


@pytest.mark.parametrize("provider", ["cpu", "CPU", "CPUExecutionProvider"])
def test_a_cpu_that_fails_is_not_retried(monkeypatch: pytest.MonkeyPatch, provider: str) -> None:
    real_open, opened = session.open_session, list[Any]()

    def open_session(*arguments: Any, **more: Any) -> Any:
        opened.append(arguments)
        return real_open(*arguments, **more)

    monkeypatch.setattr("palantir.models.network.open_session", open_session)
    network = SRNetwork.load(providers=(provider,), retry_on_cpu=True)
    with pytest.raises(ModelError):
        network.run(np.zeros((1, 3, 8, 8), np.float32))
    assert network.fallback is None
    assert len(opened) == 1


@pytest.mark.parametrize("threads", [1, 4])
def test_enhancing_goes_on_with_the_same_frames(device: Any, tmp_path: Path, threads: int) -> None:
    clip = make_clip(tmp_path / "a.webm")
    graph = ErrorGraph.from_video(clip, (3, 4))
    profile = CacheProfile.from_selection(graph, select(graph, 1, "all"))
    wanted = [frame.planes[0] for frame in palantir.enhance(clip, profile, threads=threads)]
    for leave in (True, False):
        device(3)  # loading takes some of them, and frames share runs
        network = SRNetwork.load(providers=("cuda",), retry_on_cpu=leave)
        frames = palantir.enhance(clip, profile, network, threads=threads)
        if not leave:
            with pytest.raises(ModelError, match="device lost"):
                list(frames)
            continue
        for frame, same in zip(frames, wanted, strict=True):
            np.testing.assert_array_equal(frame.planes[0], same)
        assert network.fallback


def test_the_command_says_that_it_went_on(
    device: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    clip, target = make_clip(tmp_path / "a.webm"), tmp_path / "a.y4m"
    assert run(["schedule", str(clip), "--budget", "100%"]) == 0
    command = ["enhance", str(clip), "-o", str(target), "--provider", "cuda", "--json"]
    device(3)
    assert run(command) == 1
    assert "device lost" in capsys.readouterr().err
    assert not target.exists()
    device(3)
    assert run([*command, "--retry-on-cpu"]) == 0
    told = capsys.readouterr()
    assert json.loads(told.out)["frames"] == 10
    assert told.err.startswith("palantir: went on on the CPU: ")
    assert told.err.count("\n") == 1


def run(command: list[str]) -> int:
    with pytest.raises(SystemExit) as ended:
        main(command)
    return int(ended.value.code or 0)
