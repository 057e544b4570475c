"""Iterating ahead in a thread: order, bounds, errors, and that threads end however it ends."""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing

import pytest

from palantir.enhance.ahead import ahead


def threads_ahead() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "palantir-ahead"]


def numbers(closed: list[bool], fail_at: int = -1) -> Iterator[int]:
    try:
        number = 0
        while number != fail_at:
            yield number
            number += 1
        raise ValueError(f"no number {number}")
    finally:
        closed.append(True)


@pytest.mark.parametrize("depth", [1, 2, 100])
def test_items_come_in_order(depth: int) -> None:
    assert list(ahead(range(50), depth)) == list(range(50))
    assert list(ahead(ahead(iter(range(50)), depth), depth)) == list(range(50))
    assert not threads_ahead()


def test_no_more_than_depth_items_are_made_ahead() -> None:
    made: list[int] = []
    reached = threading.Event()

    def source() -> Iterator[int]:
        for number in range(100):
            made.append(number)
            if len(made) == 4:
                reached.set()
            yield number

    with closing(ahead(source(), 3)) as items:
        next(items)
        assert reached.wait(10)
        assert not threading.Event().wait(0.05)  # time to do wrong
        assert made == [0, 1, 2, 3]


@pytest.mark.parametrize("depth", [0, -1])
def test_it_has_to_be_ahead_at_all(depth: int) -> None:
    with pytest.raises(ValueError, match=f"depth must be at least 1, not {depth}"):
        next(ahead([1], depth))


def test_errors_come_after_the_items_before_them() -> None:
    closed: list[bool] = []
    items = ahead(ahead(numbers(closed, fail_at=5), 3), 2)
    assert [next(items) for _ in range(5)] == [0, 1, 2, 3, 4]
    with pytest.raises(ValueError, match="no number 5"):
        next(items)
    assert closed == [True]
    assert not threads_ahead()


def test_one_hundred_dropped_half_way() -> None:
    for round_ in range(100):
        closed: list[bool] = []
        items = ahead(ahead(numbers(closed), 1 + round_ % 3), 1 + round_ % 4)
        for _ in range(round_ % 5):
            next(items)
        del items
        assert closed == [True] * (round_ % 5 > 0)
        assert not threads_ahead()


def test_one_hundred_caught_in_cycles_of_garbage() -> None:
    for _ in range(100):
        items = ahead(ahead(numbers([]), 2), 2)
        next(items)
        cycle: list[object] = [items]
        cycle.append(cycle)
        del items, cycle
    # A collection in one of the threads keeps another from beginning here.
    deadline = time.monotonic() + 60
    while threads_ahead() and time.monotonic() < deadline:
        gc.collect()
        time.sleep(0.01)
    assert not threads_ahead()


def test_one_hundred_errors_in_the_consumer() -> None:
    for round_ in range(100):
        closed: list[bool] = []
        source = ahead(ahead(numbers(closed), 2), 2)
        with contextlib.suppress(ZeroDivisionError), closing(source) as items:
            for item in items:
                1 // (round_ % 7 - item)
        assert closed == [True]
        assert not threads_ahead()


def test_one_hundred_interrupts() -> None:
    caught = 0
    for round_ in range(100):
        closed: list[bool] = []
        timer = threading.Timer(0.0002 * round_, os.kill, (os.getpid(), signal.SIGINT))
        try:
            with closing(ahead(ahead(numbers(closed), 2), 2)) as items:
                next(items)
                timer.start()
                for _ in items:
                    pass
        except KeyboardInterrupt:
            caught += 1
        timer.join()
        assert closed == [True]
        assert not threads_ahead()
    assert caught == 100


def test_an_interpreter_that_ends_does_not_wait() -> None:
    code = """
from palantir.enhance.ahead import ahead
items = ahead(ahead(iter(int, 1), 2), 2)
next(items)
"""
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_threads_outlive_the_main_one_while_another_takes_their_items() -> None:
    code = """
import threading, time
from palantir.enhance.ahead import ahead
def take():
    items = ahead(ahead(iter(range(20)), 2), 2)
    print([time.sleep(0.01) or item for item in items] == list(range(20)))
threading.Thread(target=take).start()
"""
    words = [sys.executable, "-c", code]
    done = subprocess.run(words, check=True, timeout=60, capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("True\n", "")


def test_a_thread_that_waits_or_has_ended_is_lent() -> None:
    lent: list[int] = []
    waiting = threading.Event()

    def lend(more: int) -> None:
        lent.append(more)
        if sum(lent) == 1:
            waiting.set()

    with closing(ahead(iter(range(3)), 1, lend)) as items:
        for _ in items:
            assert waiting.wait(10)
            waiting.clear()
    assert sum(lent) == 1
    assert set(lent) == {1, -1}
