"""Reads the next batch in a thread while the caller writes the current one.

Parsing and the contract take about as long as COPY into Postgres, so that doing both at once nearly halves a load.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from queue import Empty, Full, Queue
from typing import TypeVar

Batch = TypeVar("Batch")
_LOOK_SECONDS = 0.1


class _End:
    """The mark behind the last batch."""


@contextmanager
def read_ahead(batches: Iterator[Batch]) -> Iterator[Iterator[Batch]]:
    """Yields the same batches; a thread makes each batch while the caller uses the one before it.

    At most three batches exist at a time: one in use, one waiting and one in the making. An error in the thread is
    raised in the caller, at the place of the batch that failed. When the caller's block ends early, the thread stops.
    """
    # A queue of one is the whole limit on memory: the thread blocks in put() until the caller takes the waiting batch.
    waiting: Queue[Batch | _End | BaseException] = Queue(maxsize=1)
    is_over = threading.Event()
    # A generator must run in one thread only. From here on `batches` belongs to the thread; the caller must not touch
    # it before the block has ended.
    thread = threading.Thread(target=_make, args=(batches, waiting, is_over), name="read-ahead", daemon=True)
    thread.start()
    try:
        yield _take(waiting, thread)
    finally:
        # The thread holds the open file. Without join() the caller could close the file while the thread reads it.
        is_over.set()
        thread.join()


def _make(batches: Iterator[Batch], waiting: "Queue[Batch | _End | BaseException]", is_over: threading.Event) -> None:
    try:
        for batch in batches:
            _put(batch, waiting, is_over)
            if is_over.is_set():
                return
        _put(_End(), waiting, is_over)
    except BaseException as error:  # Any error, even SystemExit: an error that stays in the thread is seen by nobody.
        _put(error, waiting, is_over)


def _put(
    item: "Batch | _End | BaseException",
    waiting: "Queue[Batch | _End | BaseException]",
    is_over: threading.Event,
) -> None:
    # put() without a timeout would block for ever after the caller has stopped taking batches, and join() with it.
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
            # The thread may put its last item and end between get() and this check, hence the second condition.
            assert thread.is_alive() or not waiting.empty(), "the reading thread ended without an end mark or an error"
            continue
        if isinstance(item, _End):
            return
        if isinstance(item, BaseException):
            raise item
        yield item
