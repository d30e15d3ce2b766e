"""While one batch is written, the next is read: parsing and the contract take about as long as Postgres' COPY."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from queue import Empty, Full, Queue
from typing import TypeVar

Batch = TypeVar("Batch")
_LOOK_SECONDS = 0.1


class _End:
    """What stands behind the last batch."""


@contextmanager
def read_ahead(batches: Iterator[Batch]) -> Iterator[Iterator[Batch]]:
    """Gives the same batches, each made in another thread while the one before it is used.

    At most three exist: in use, waiting, in the making. What goes wrong there is raised here, in its place; when the
    block ends early, nothing more is made.
    """
    waiting: Queue[Batch | _End | BaseException] = Queue(maxsize=1)
    is_over = threading.Event()
    thread = threading.Thread(target=_make, args=(batches, waiting, is_over), name="read-ahead", daemon=True)
    thread.start()
    try:
        yield _take(waiting, thread)
    finally:
        is_over.set()
        thread.join()


def _make(batches: Iterator[Batch], waiting: "Queue[Batch | _End | BaseException]", is_over: threading.Event) -> None:
    try:
        for batch in batches:
            _put(batch, waiting, is_over)
            if is_over.is_set():
                return
        _put(_End(), waiting, is_over)
    except BaseException as error:
        _put(error, waiting, is_over)


def _put(
    item: "Batch | _End | BaseException",
    waiting: "Queue[Batch | _End | BaseException]",
    is_over: threading.Event,
) -> None:
    while not is_over.is_set():
        try:
            return waiting.put(item, timeout=_LOOK_SECONDS)
        except Full:
            continue
    return None


def _take(waiting: "Queue[Batch | _End | BaseException]", thread: threading.Thread) -> Iterator[Batch]:
    while True:
        try:
            item = waiting.get(timeout=_LOOK_SECONDS)
        except Empty:
            assert thread.is_alive() or not waiting.empty(), "the reading thread ended without a word"
            continue
        if isinstance(item, _End):
            return
        if isinstance(item, BaseException):
            raise item
        yield item
