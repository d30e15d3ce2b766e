"""Splits the examples into a training part, a validation part and a test part.

A seeded hash of the customer number, ranked within leavers and stayers, decides the part of a customer. So the shares
are exact and stratified, the order of the rows does not matter, and the splits of two days agree: a champion is almost
never tested on a customer that it was trained on. From two matured windows on, the split is by time instead.
"""

import hashlib
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

VALIDATION_SHARE = 0.1
TEST_SHARE = 0.2


@dataclass(frozen=True)
class Split:
    """Three disjoint parts of the examples. Together they are all examples, each part in the order of the input."""

    train: pl.DataFrame
    validation: pl.DataFrame
    test: pl.DataFrame


def split_examples(examples: pl.DataFrame, seed: int) -> Split:
    """Splits 70/10/20 by customer, stratified by the label. All dates of a customer are in the same part.

    Args:
        examples: one row per customer (and date, if there are several dates), with customer_id and has_churned.
        seed: another seed gives another split.

    Example: the 7,043 customers of the public sample give 4,929 / 705 / 1,409.
    """
    # maintain_order: groups come in another order at each call otherwise, and the same seed would give another split.
    customers = examples.group_by("customer_id", maintain_order=True).agg(pl.col("has_churned").any())
    order = hash_order(customers["customer_id"].to_list(), seed)
    has_churned = customers["has_churned"].to_numpy()
    # Rounded up, so that a small base has a customer in each part.
    test_size, validation_size = (
        int(np.ceil(TEST_SHARE * customers.height)),
        int(np.ceil(VALIDATION_SHARE * customers.height)),
    )
    part = np.full(customers.height, "train", dtype=object)
    for label, share in _stratum_shares(has_churned).items():
        members = order[has_churned[order] == label]
        test_count, validation_count = _counts(label, share, test_size, validation_size)
        part[members[:test_count]] = "test"
        part[members[test_count : test_count + validation_count]] = "validation"
    parts = (customers["customer_id"].filter(pl.Series(part == name)) for name in ("train", "validation", "test"))
    return Split(*(examples.filter(pl.col("customer_id").is_in(who.implode())) for who in parts))


def split_windows(examples: pl.DataFrame, newest: date, seed: int) -> Split:
    """Splits by time: the newest window is the test part, the older ones are the training and the validation part.

    The labels of the older windows had matured before the newest one began, so the test is what the model will meet:
    customers of a later day. Within the older windows the customers are split as in `split_examples`.

    Args:
        examples: one row per customer and as_of_date.
        newest: the as-of date of the newest window.
        seed: another seed gives another validation part.
    """
    is_newest = pl.col("as_of_date") == newest
    older = examples.filter(~is_newest)
    # maintain_order, as in `split_examples`: the same seed must give the same validation part.
    customers = older["customer_id"].unique(maintain_order=True)
    order = hash_order(customers.to_list(), seed)
    chosen = customers.gather(order[: int(np.ceil(VALIDATION_SHARE * len(customers)))])
    is_validation = pl.col("customer_id").is_in(chosen.implode())
    return Split(older.filter(~is_validation), older.filter(is_validation), examples.filter(is_newest))


def hash_order(customer_ids: list[str], seed: int) -> np.ndarray:
    """Returns the positions of the customers, sorted by a seeded hash of the customer number."""
    # Python's own hash() has another seed in each process, and the split would change with it.
    hashes = [hashlib.blake2b(f"{seed}:{customer}".encode(), digest_size=8).digest() for customer in customer_ids]
    return np.array(sorted(range(len(hashes)), key=hashes.__getitem__), dtype=np.int64)


def _stratum_shares(has_churned: np.ndarray) -> dict[bool, float]:
    leavers = float(has_churned.mean())
    return {True: leavers, False: 1 - leavers}


def _counts(label: bool, share: float, test_size: int, validation_size: int) -> tuple[int, int]:
    """Returns the test and validation counts of a label. Leavers are rounded; stayers fill each part to its size."""
    leavers = [round(size * (share if label else 1 - share)) for size in (test_size, validation_size)]
    # Both labels rounded by themselves could make a part one customer larger or smaller than its size.
    counts = leavers if label else [test_size - leavers[0], validation_size - leavers[1]]
    return counts[0], counts[1]
