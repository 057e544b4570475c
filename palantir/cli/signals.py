"""Signals that end the process, turned into an exception, so that unfinished files are removed."""

from __future__ import annotations

import gc
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import Any, NoReturn
from weakref import ReferenceType, ref

__all__ = ["Stopped", "stopping_cleanly"]

_WORDS = {
    signal.SIGINT: "interrupted",
    signal.SIGTERM: "terminated",
    signal.SIGHUP: "the terminal is gone",
}
_DEFAULTS = (signal.SIG_DFL, signal.default_int_handler)
_AGAIN = 0.02  # seconds between looks whether an exception is still on its way
_COLLECTING = 25  # looks between collections of garbage


class Stopped(BaseException):
    """A signal asked the process to end. `exit_code` is the shell's 128 + its number."""

    def __init__(self, number: int) -> None:
        super().__init__(_WORDS[signal.Signals(number)])
        self.exit_code = 128 + number


@contextmanager
def stopping_cleanly() -> Iterator[None]:
    """Raise Stopped in the block on SIGINT, SIGTERM and SIGHUP; the second one ends at once.

    Code that calls Python from C may drop the exception, so it is raised again a moment after
    the last one has died, until it comes through; code that keeps it has it.

    A signal that the caller ignores (`nohup`) or handles stays as it is.
    """
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread may set handlers
        return
    before = {number: signal.getsignal(number) for number in (*_WORDS, signal.SIGALRM)}
    ours = [number for number, handler in before.items() if handler in _DEFAULTS]
    received: list[int] = []
    raised: ReferenceType[Stopped] | None = None
    ticks = 0

    def stop(number: int, _: FrameType | None) -> NoReturn:
        nonlocal raised
        if not received:
            received.append(number)
            for each in _WORDS.keys() & set(ours):
                signal.signal(each, signal.SIG_DFL)
            if signal.SIGALRM in ours:
                signal.setitimer(signal.ITIMER_REAL, _AGAIN, _AGAIN)
        stopped = Stopped(received[0])
        raised = ref(stopped)
        try:
            raise stopped
        finally:
            del stopped  # or its own traceback would keep it alive

    def raise_again(number: int, frame: FrameType | None) -> None:
        nonlocal ticks
        ticks += 1
        if ticks % _COLLECTING == 0:
            gc.collect()  # what dropped it may have left it in a cycle
        if raised is not None and raised() is None:  # nobody passes it on any more: it was lost
            stop(number, frame)

    for number in _WORDS.keys() & set(ours):
        signal.signal(number, stop)
    if signal.SIGALRM in ours:
        signal.signal(signal.SIGALRM, raise_again)
    try:
        try:
            with _without_words_of_the_lost():
                yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
    except Stopped:
        raise
    except BaseException as error:
        if received:  # C code has turned Stopped into an error of its own
            raise Stopped(received[0]) from error
        raise
    else:
        if received:  # it was dropped, and the work ended before it was raised again
            raise Stopped(received[0])
    finally:
        for number in ours:
            signal.signal(number, before[number])


@contextmanager
def _without_words_of_the_lost() -> Iterator[None]:
    """Where C code calls Python and cannot pass Stopped on, Python would print it as a mishap."""
    unraisable, uncaught = sys.unraisablehook, sys.excepthook

    def on_unraisable(lost: sys.UnraisableHookArgs) -> Any:
        if not isinstance(lost.exc_value, Stopped):
            unraisable(lost)

    def on_uncaught(
        kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> Any:
        if not isinstance(error, Stopped):  # extension modules print a lost exception this way
            uncaught(kind, error, trace)

    sys.unraisablehook, sys.excepthook = on_unraisable, on_uncaught
    try:
        yield
    finally:
        sys.unraisablehook, sys.excepthook = unraisable, uncaught
