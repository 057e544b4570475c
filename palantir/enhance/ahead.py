"""Stages of a pipeline: iterate in a thread of its own, a bounded number of items ahead."""

from __future__ import annotations

import atexit
import threading
import time
from collections.abc import Callable, Generator, Iterable
from queue import Empty, SimpleQueue
from typing import NamedTuple, TypeVar

__all__ = ["ahead"]

Item = TypeVar("Item")

_LAST_ITEMS = 10.0  # seconds that a program which ends leaves threads for the item in the making


class _Failure(NamedTuple):
    error: BaseException


class _Room:
    """Leave to make items. What ends it may be a finalizer anywhere: no lock that it could meet."""

    def __init__(self, items: int, lend: Callable[[int], object]) -> None:
        self._leave: SimpleQueue[None] = SimpleQueue()
        self.lend, self._over = lend, False
        for _ in range(items):
            self.add()

    def add(self) -> None:
        self._leave.put(None)

    def end(self) -> None:
        self._over = True
        self.add()

    def wait(self) -> bool:
        """Whether there is room for one more item; False once nobody will take it."""
        try:
            self._leave.get_nowait()
        except Empty:
            self.lend(1)
            self._leave.get()
            self.lend(-1)
        return not self._over


_END = object()
_RUNNING: dict[threading.Thread, _Room] = {}


def _keep(_: int) -> None:
    """Lend nothing."""


def ahead(
    source: Iterable[Item], depth: int, lend: Callable[[int], object] = _keep
) -> Generator[Item, None, None]:
    """The items of `source`, made by a thread that begins at the first `next`.

    depth  items that may be waiting or in the making while the consumer has one; at least 1
    lend   called in the thread, with 1 before it has to wait or ends, and with -1 when it goes on

    What `source` raises is raised here, after the items before it. Closing or dropping this
    generator ends the thread after the item in the making, and `source`, if a generator, is closed
    there. Stages can be nested. A program may end without doing either.
    """
    if depth < 1:
        raise ValueError(f"depth must be at least 1, not {depth}")
    room = _Room(depth, lend)
    made: SimpleQueue[object] = SimpleQueue()
    worker = threading.Thread(
        target=_work, args=(source, room, made), name="palantir-ahead", daemon=True
    )
    _RUNNING[worker] = room
    try:
        worker.start()
        while (item := made.get()) is not _END:
            if isinstance(item, _Failure):
                raise item.error
            room.add()
            yield item  # type: ignore[misc]
    finally:
        room.end()
        if worker.ident and worker is not threading.current_thread():  # garbage is found anywhere
            worker.join()
        _RUNNING.pop(worker, None)


def _work(source: Iterable[object], room: _Room, made: SimpleQueue[object]) -> None:
    items = iter(source)
    try:
        while room.wait():
            made.put(next(items))
        made.put(_Failure(RuntimeError("the program is ending")))  # elsewhere nobody takes it
    except StopIteration:
        made.put(_END)
    except BaseException as error:  # the consumer's to handle, whatever it is
        made.put(_Failure(error))
    finally:
        if isinstance(items, Generator):
            items.close()
        room.lend(1)


@atexit.register
def _end_all() -> None:
    """Let native code return before the interpreter goes: it must not be cut off within."""
    deadline = time.monotonic() + _LAST_ITEMS
    running = list(_RUNNING.items())
    for _, room in running:
        room.end()
    for worker, _ in running:
        if worker.ident:
            worker.join(max(0.0, deadline - time.monotonic()))
