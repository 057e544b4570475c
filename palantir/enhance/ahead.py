"""Stages of a pipeline: iterate in a thread of its own, a bounded number of items ahead."""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterable
from queue import SimpleQueue
from typing import NamedTuple, TypeVar

__all__ = ["ahead"]

Item = TypeVar("Item")

_PATIENCE = 0.5  # seconds between looks whether the interpreter is ending


class _Failure(NamedTuple):
    error: BaseException


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
    room = threading.Semaphore(depth)
    made: SimpleQueue[object] = SimpleQueue()
    stop = threading.Event()
    worker = threading.Thread(
        target=_work, args=(source, room, made, stop), name="palantir-ahead", daemon=True
    )
    worker.start()
    try:
        while (item := made.get()) is not _END:
            if isinstance(item, _Failure):
                raise item.error
            room.release()
            yield item  # type: ignore[misc]
    finally:
        stop.set()
        room.release()
        if worker is not threading.current_thread():  # garbage may be collected anywhere
            worker.join()


def _work(
    source: Iterable[object],
    room: threading.Semaphore,
    made: SimpleQueue[object],
    stop: threading.Event,
) -> None:
    items = iter(source)
    try:
        while _wait(room, stop):
            made.put(next(items))
    except StopIteration:
        made.put(_END)
    except BaseException as error:  # the consumer's to handle, whatever it is
        made.put(_Failure(error))
    finally:
        if isinstance(items, Generator):
            items.close()


def _wait(room: threading.Semaphore, stop: threading.Event) -> bool:
    """Whether there is room for one more item; False once nobody will take it."""
    while not room.acquire(timeout=_PATIENCE):
        if not threading.main_thread().is_alive():
            return False
    return not stop.is_set()
