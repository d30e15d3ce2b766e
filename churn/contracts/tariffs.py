"""What a customer has bought, in the company's own words: contract and internet service.

A model has learned what it saw. A plan that no training example held is still scored, but flagged and counted.
"""

import polars as pl


def known_plans(examples: pl.DataFrame) -> list[str]:
    """Returns every plan among examples that hold a `plan`, sorted."""
    return examples.select(pl.col("plan").unique().sort()).to_series().to_list()


def is_unseen(known: list[str]) -> pl.Expr:
    """Whether a row's `plan` is not among the known ones."""
    return ~pl.col("plan").is_in(known)
