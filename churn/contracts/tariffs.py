"""The tariff of a customer, in the words of the company: contract and internet service. Its column is `plan`.

A model knows only the tariffs of its training examples. A customer with another tariff gets a score too, but the score
is flagged and counted.
"""

import polars as pl


def known_plans(examples: pl.DataFrame) -> list[str]:
    """Returns all tariffs of the examples, sorted."""
    return examples.select(pl.col("plan").unique().sort()).to_series().to_list()


def is_unseen(known: list[str]) -> pl.Expr:
    """Returns whether the tariff of a row is not among the known tariffs."""
    return ~pl.col("plan").is_in(known)
