"""Batches made in another thread: the same ones, in order, and no more than are wanted."""

import threading
from collections.abc import Iterator

import pytest

from churn.intake.reading_ahead import read_ahead


def test_the_batches_are_the_same_in_the_same_order() -> None:
    with read_ahead(iter(range(100))) as batches:
        assert list(batches) == list(range(100))


def test_what_goes_wrong_in_the_making_is_raised_in_its_place() -> None:
    def broken() -> Iterator[int]:
        yield 1
        raise ValueError("the second batch")

    with read_ahead(broken()) as batches:
        assert next(batches) == 1
        with pytest.raises(ValueError, match="the second batch"):
            next(batches)


def test_nothing_more_is_made_when_the_block_ends_early() -> None:
    made = []

    def count() -> Iterator[int]:
        for number in range(1000):
            made.append(number)
            yield number

    with read_ahead(count()) as batches:
        next(batches)

    assert len(made) <= 4
    assert not [thread for thread in threading.enumerate() if thread.name == "read-ahead"]
