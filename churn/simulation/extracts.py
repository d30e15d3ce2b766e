"""Made-up customers as a file: an extract with the public sample's columns, words and quirks, batch by batch."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl

from churn.simulation.customers import simulate_customers

DEFAULT_CUSTOMERS = 7043
DEFAULT_SEED = 20
_BATCH_ROWS = 100_000


def write_synthetic_extract(path: Path, customers: int, seed: int) -> Path:
    """Writes an extract of made-up customers; the same arguments give the same bytes. Memory does not grow with them.

    The sample's quirks are kept: TotalCharges is one blank at tenure 0, amounts carry no needless decimals.

    Returns:
        The path, whose file appears only when it is complete.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f"{path.name}.unfinished")
    with unfinished.open("wb") as stream:
        for number, batch in enumerate(simulate_batches(customers, seed)):
            batch.with_columns(_amount("MonthlyCharges"), _amount("TotalCharges")).write_csv(
                stream, include_header=number == 0, null_value=" "
            )
    return unfinished.rename(path)


def simulate_batches(customers: int, seed: int) -> Iterator[pl.DataFrame]:
    """Yields customers in batches, each from a random stream of its own."""
    starts = range(0, customers, _BATCH_ROWS)
    for start, stream in zip(starts, np.random.SeedSequence(seed).spawn(len(starts)), strict=True):
        count = min(_BATCH_ROWS, customers - start)
        yield simulate_customers(count, np.random.default_rng(stream), first_number=start)


def _amount(name: str) -> pl.Expr:
    return pl.col(name).cast(pl.String).str.strip_suffix(".0")
