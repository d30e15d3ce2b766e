"""Remembers the published scores that were asked for last: in this process, a bounded number, for a minute.

The time of the last publication is part of the key, so that a customer is read again as soon as anything is published
or withdrawn. A Redis would cost a round trip; an answer from here costs less than its own HTTP.
"""

import threading
from collections.abc import Callable

from cachetools import TTLCache

from churn.api import metrics

MOST_ANSWERS = 10_000
SECONDS = 60.0

Key = tuple[str, int | None, str]
"""The stamp of the publications, the model version and the customer."""


class Cache:
    """The answers of one process, as the bytes that are sent."""

    def __init__(self, most: int = MOST_ANSWERS, seconds: float = SECONDS) -> None:
        self._answers: TTLCache[Key, bytes] = TTLCache(most, seconds)
        self._lock = threading.Lock()

    def find(self, key: Key) -> bytes | None:
        """Returns a remembered answer, or None."""
        with self._lock:
            found: bytes | None = self._answers.get(key)
        (metrics.cache_misses if found is None else metrics.cache_hits).inc()
        return found

    def keep(self, key: Key, read: Callable[[], bytes]) -> bytes:
        """Reads an answer and remembers it."""
        answer = read()  # Outside the lock: other customers are answered meanwhile.
        with self._lock:
            self._answers[key] = answer
        return answer
