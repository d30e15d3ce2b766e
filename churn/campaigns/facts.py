"""The facts of a customer that a contact's effect may depend on, as numbers: what the uplift learner is given.

They are the facts that an offer may ask for, and the charge: a person understands a group that is described by them.
"""

from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from churn.economics.offers import ONLY_IF_COLUMNS

FACTS = (*(name for name in ONLY_IF_COLUMNS if name != "risk_tier"), "monthly_charges")
"""Without the tier: it is the score in another form, which the learner has already."""
_IS = "="


def name_facts(customers: pl.DataFrame) -> tuple[str, ...]:
    """Returns the names of the numbers: `contract=Two year` for a word, the column's own name for a number or a flag.

    Args:
        customers: FACTS. A column without any value gives none.
    """
    names: list[str] = []
    for name in FACTS:
        values = customers[name].drop_nulls()
        if values.dtype == pl.String:
            names += [f"{name}{_IS}{word}" for word in values.unique().sort()]
        elif len(values):
            names.append(name)
    return tuple(names)


def encode_facts(customers: pl.DataFrame, names: Sequence[str]) -> NDArray[np.float64]:
    """Returns (n, k) the numbers of the given names. An unknown value counts as 0, a new word as none of the words."""
    return customers.select(_encode(name) for name in names).to_numpy()


def _encode(name: str) -> pl.Expr:
    column, is_word, word = name.partition(_IS)
    value = pl.col(column) == word if is_word else pl.col(column)
    return value.cast(pl.Float64).fill_null(0.0).alias(name)
