"""Live schedulers in threads: many at once, two at one native object, the GIL free meanwhile."""

from __future__ import annotations

import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from palantir import _core
from palantir.schedule import LiveInterval, LiveScheduler
from tests.schedule.live_streams import TIME_BASE, assert_same, decoded, run

SETTINGS: list[tuple[str | int, str | int]] = [
    ("5%", 1),
    (3, 2),
    ("20%", 5),
    (2, "gop"),
    ("10%", "200ms"),
]


def test_ten_schedulers_in_ten_threads_give_what_each_gives_alone() -> None:
    jobs = [(name, *each) for name in ("alt-ref", "late-displays") for each in SETTINGS]
    packets = {name: decoded(name, 3) for name, *_ in jobs}
    together = threading.Barrier(len(jobs))

    def job(
        settings: tuple[str, str | int, str | int], wait: bool
    ) -> tuple[list[LiveInterval], float]:
        name, budget, interval = settings
        live = LiveScheduler(budget, interval, tail=True, time_base=TIME_BASE)
        if wait:
            together.wait(30)
        return run(live, packets[name]), live.record().objective

    alone = [job(settings, wait=False) for settings in jobs]
    with ThreadPoolExecutor(len(jobs)) as pool:
        at_once = list(pool.map(lambda settings: job(settings, wait=True), jobs))
    for (found, objective), (wanted, same_objective) in zip(at_once, alone, strict=True):
        assert_same(found, wanted)
        assert objective == same_objective


def push(live: _core.LiveSelector, index: int, patches: int, edges: int = 0) -> None:
    """A key frame, or with edges a frame whose patches take from those of the frame before."""
    column = np.arange(edges, dtype=np.int32)
    before = np.full(edges, index - 1, np.int32)
    texture = np.arange(1.0, patches + 1)
    live.push(
        _core.LiveFrame(
            index, True, edges == 0, (index,) * 8, patches,
            texture, column, before, column, np.ones(edges),
        )
    )  # fmt: skip


def test_two_threads_at_one_native_selector_take_turns() -> None:
    patches, frames = 50, 400
    live = _core.LiveSelector(patches, True)
    pushed: list[int] = []
    refused: list[str] = []

    def feed() -> None:
        for index in range(frames):
            try:
                push(live, index, patches, patches if index % 40 else 0)
                pushed.append(index)
            except ValueError as error:
                refused.append(str(error))
            order, gain, total = live.select(3, np.inf)
            assert len(gain) == len(order) == len(total) - 1
            live.show(index - 1)
            if index % 7 == 0:
                live.settle(np.zeros(0, np.int64))

    with ThreadPoolExecutor(2) as pool:
        for future in [pool.submit(feed) for _ in range(2)]:
            future.result()
    assert len(set(pushed)) == len(pushed) >= frames // 2
    assert len(pushed) + len(refused) == 2 * frames
    assert all("comes after frame" in reason for reason in refused)


@pytest.fixture
def long_interval() -> _core.LiveSelector:
    """Whose whole selection takes far longer than a test: 600 000 nodes."""
    live = _core.LiveSelector(20_000, False)
    for index in range(30):
        push(live, index, 20_000, 20_000 if index else 0)
    return live


def test_other_threads_run_during_selection(long_interval: _core.LiveSelector) -> None:
    done = threading.Event()
    ticks = []

    def tick() -> None:
        while not done.wait(0.001):
            ticks.append(time.monotonic())

    thread = threading.Thread(target=tick)
    thread.start()
    try:
        before = time.monotonic()
        order, _, _ = long_interval.select(600_000, 0.3)
        after = time.monotonic()
    finally:
        done.set()
        thread.join()
    assert 0 < len(order) < 600_000
    assert sum(before < at < after for at in ticks) >= 3


def test_a_signal_handler_cannot_enter_a_selection(long_interval: _core.LiveSelector) -> None:
    refused: list[str] = []

    def handler(*_: object) -> None:
        try:
            long_interval.settle(np.array([], np.int64))
        except RuntimeError as error:
            refused.append(str(error))

    before = signal.signal(signal.SIGALRM, handler)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.02)
        long_interval.select(20_000, 0.3)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert refused == ["a live scheduler is called while it selects"]
