"""Signals that arrive while threads of ours work."""

from __future__ import annotations

import hashlib
import signal
import threading
import time
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import pytest

import palantir
from palantir.enhance import SRFrame
from palantir.graph import ErrorGraph
from palantir.media import VideoSink, read_frames
from palantir.media.colour import Colour
from palantir.profile import CacheProfile
from palantir.schedule import select
from tests.media.clips import make_clip, picture


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_clip(
        tmp_path_factory.mktemp("clip") / "a.webm", times=range(0, 2400, 40), size=(160, 96)
    )


@pytest.fixture(scope="module")
def profile(clip: Path) -> CacheProfile:
    graph = ErrorGraph.from_video(clip)
    return CacheProfile.from_selection(graph, select(graph, "20%"))


@pytest.fixture
def storm() -> Iterator[list[int]]:
    """A signal every millisecond, handled; what arrived is counted."""
    arrived: list[int] = []
    before = signal.signal(signal.SIGALRM, lambda number, frame: arrived.append(number))
    signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
    yield arrived
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)


def fingerprint(clip: Path, profile: CacheProfile, threads: int) -> str:
    digest = hashlib.sha256()
    for frame in palantir.enhance(clip, profile, threads=threads):
        for plane in frame.planes:
            digest.update(plane.tobytes())
    return digest.hexdigest()


def exhaust(frames: Iterator[SRFrame]) -> None:
    for _ in frames:
        pass
    time.sleep(1)


@pytest.mark.parametrize("threads", [1, 4])
def test_a_storm_of_signals_changes_no_frame(
    clip: Path, profile: CacheProfile, storm: list[int], threads: int
) -> None:
    found = fingerprint(clip, profile, threads)
    signal.setitimer(signal.ITIMER_REAL, 0)
    assert len(storm) > 10
    assert found == fingerprint(clip, profile, 1)


def test_a_storm_of_signals_interrupts_no_writing(tmp_path: Path, storm: list[int]) -> None:
    target, base = tmp_path / "a.y4m", Fraction(1, 25)
    with VideoSink(target, 640, 480, 1 / base, base, Colour("bt601", False)) as sink:
        for index in range(40):
            sink.write(picture(index, 640, 480), index)
    signal.setitimer(signal.ITIMER_REAL, 0)
    assert storm
    for index, planes in enumerate(read_frames(target)):
        assert planes[0].tobytes() == picture(index, 640, 480)[0].tobytes()


def test_an_interrupt_in_the_main_thread_ends_the_threads_that_work_ahead(
    clip: Path, profile: CacheProfile
) -> None:
    def interrupt(number: int, frame: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    try:
        for delay in (0.01, 0.03, 0.1):
            frames = palantir.enhance(clip, profile, threads=4)
            signal.setitimer(signal.ITIMER_REAL, delay)
            with pytest.raises(KeyboardInterrupt):
                exhaust(frames)
            frames.close()
            assert not [each for each in threading.enumerate() if "palantir" in each.name]
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def test_commands_run_in_threads_leave_signal_handlers_alone(clip: Path, tmp_path: Path) -> None:
    """A server may call the command line's main in a thread, where no handler can be set."""
    from palantir.cli import main

    handlers = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    codes: list[object] = []

    def work(number: int) -> None:
        try:
            main(["schedule", str(clip), "-o", str(tmp_path / f"{number}.pcp")])
        except SystemExit as ended:
            codes.append(ended.code)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(3)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert codes == [0, 0, 0]
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == handlers
    assert len(list(tmp_path.glob("*.pcp"))) == 3
