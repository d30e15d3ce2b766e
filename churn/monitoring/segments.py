"""Adds up the customers of a date by segment: by each column, and by each pair of columns."""

from collections.abc import Iterable, Sequence
from itertools import combinations

import polars as pl

from churn.monitoring.spikes import ALL, KEYS, SUMS


def add_up(batches: Iterable[pl.DataFrame], columns: Sequence[str]) -> pl.DataFrame:
    """Returns KEYS and SUMS of all segments of at most two columns, and of the whole.

    Args:
        batches: groups of customers or single customers: their words in `columns`, and SUMS. They are read one after
            the other, so that memory does not grow with the customers.
        columns: the columns; a segment of two has them in the order of their names.
    """
    ordered = sorted(columns)
    kinds = [(), *((one,) for one in ordered), *combinations(ordered, 2)]
    parts = [_group(batch, kind) for batch in batches for kind in kinds]
    return pl.concat(parts).group_by(KEYS, maintain_order=True).agg(_sums())


def _group(batch: pl.DataFrame, kind: Sequence[str]) -> pl.DataFrame:
    words = [pl.col(name).alias(key) for name, key in zip(kind, ("first_word", "second_word"), strict=False)]
    names = [pl.lit(name).alias(key) for name, key in zip(kind, ("first_column", "second_column"), strict=False)]
    summed = batch.group_by(words).agg(_sums()) if kind else batch.select(_sums())
    given = summed.with_columns(names)
    missing = [pl.lit(ALL).alias(key) for key in KEYS if key not in given.columns]
    return given.with_columns(missing).select(*KEYS, *SUMS)


def _sums() -> list[pl.Expr]:
    # A sum of nothing but NULL is NULL: an extract without a value a month has no money of 0.
    money = pl.when(pl.col(SUMS[2]).count() > 0).then(pl.col(SUMS[2]).cast(pl.Float64).sum()).alias(SUMS[2])
    return [pl.col(SUMS[0]).cast(pl.Int64).sum(), pl.col(SUMS[1]).cast(pl.Float64).sum(), money]
