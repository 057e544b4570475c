"""Signals that end the process, turned into an exception, so that unfinished files are removed."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import Any, NoReturn

__all__ = ["Stopped", "stopping_cleanly"]

_WORDS = {
    signal.SIGINT: "interrupted",
    signal.SIGTERM: "terminated",
    signal.SIGHUP: "the terminal is gone",
}
_DEFAULTS = (signal.SIG_DFL, signal.default_int_handler)
_AGAIN = 0.02  # seconds


class Stopped(BaseException):
    """A signal asked the process to end. `exit_code` is the shell's 128 + its number."""

    def __init__(self, number: int) -> None:
        super().__init__(_WORDS[signal.Signals(number)])
        self.exit_code = 128 + number


@contextmanager
def stopping_cleanly() -> Iterator[None]:
    """Raise Stopped in the block on SIGINT, SIGTERM and SIGHUP; the second one ends at once.

    A signal that the caller ignores (`nohup`) or handles stays as it is.
    """
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread may set handlers
        return
    before = {number: signal.getsignal(number) for number in (*_WORDS, signal.SIGALRM)}
    ours = [number for number, handler in before.items() if handler in _DEFAULTS]
    received: list[int] = []

    def stop(number: int, _: FrameType | None) -> NoReturn:
        if not received:
            received.append(number)
            for each in _WORDS.keys() & set(ours):
                signal.signal(each, signal.SIG_DFL)
        raise Stopped(received[0])

    for number in _WORDS.keys() & set(ours):
        signal.signal(number, stop)
    if signal.SIGALRM in ours:
        signal.signal(signal.SIGALRM, lambda number, frame: received and stop(number, frame))
    try:
        with _raising_again():
            yield
    except Exception as error:
        if received:  # C code has turned Stopped into an error of its own
            raise Stopped(received[0]) from error
        raise
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        for number in ours:
            signal.signal(number, before[number])


@contextmanager
def _raising_again() -> Iterator[None]:
    """Where C code calls Python and cannot pass Stopped on, raise it again a moment later."""
    unraisable, uncaught = sys.unraisablehook, sys.excepthook

    def on_unraisable(lost: sys.UnraisableHookArgs) -> Any:
        if isinstance(lost.exc_value, Stopped):
            signal.setitimer(signal.ITIMER_REAL, _AGAIN)
        else:
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
