"""Stages of a pipeline: iterate in a thread of its own, a bounded number of items ahead."""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterable
from queue import Empty, SimpleQueue
from typing import NamedTuple, TypeVar

__all__ = ["ahead"]

Item = TypeVar("Item")

_PATIENCE = 0.5  # seconds between looks whether the interpreter is ending


class _Failure(NamedTuple):
    error: BaseException


class _Room:
    """Leave to make items. What ends it may be a finalizer anywhere: no lock that it could meet."""

    def __init__(self, items: int) -> None:
        self._leave: SimpleQueue[None] = SimpleQueue()
        self._over = False
        for _ in range(items):
            self.add()

    def add(self) -> None:
        self._leave.put(None)

    def end(self) -> None:
        self._over = True
        self.add()

    def wait(self) -> bool:
        """Whether there is room for one more item; False once nobody will take it."""
        while threading.main_thread().is_alive():
            try:
                self._leave.get(timeout=_PATIENCE)
            except Empty:
                continue
            return not self._over
        return False


_END = object()


def ahead(source: Iterable[Item], depth: int) -> Generator[Item, None, None]:
    """The items of `source`, made by a thread that begins at the first `next`.

    depth  items that may be waiting or in the making while the consumer has one; at least 1

    What `source` raises is raised here, after the items before it. Closing or dropping this
    generator ends the thread after the item in the making, and `source`, if a generator, is closed
    there. Stages can be nested.
    """
    if depth < 1:
        raise ValueError(f"depth must be at least 1, not {depth}")
    room = _Room(depth)
    made: SimpleQueue[object] = SimpleQueue()
    worker = threading.Thread(
        target=_work, args=(source, room, made), name="palantir-ahead", daemon=True
    )
    worker.start()
    try:
        while (item := made.get()) is not _END:
            if isinstance(item, _Failure):
                raise item.error
            room.add()
            yield item  # type: ignore[misc]
    finally:
        room.end()
        if worker is not threading.current_thread():  # garbage may be collected anywhere
            worker.join()


def _work(source: Iterable[object], room: _Room, made: SimpleQueue[object]) -> None:
    items = iter(source)
    try:
        while room.wait():
            made.put(next(items))
    except StopIteration:
        made.put(_END)
    except BaseException as error:  # the consumer's to handle, whatever it is
        made.put(_Failure(error))
    finally:
        if isinstance(items, Generator):
            items.close()
