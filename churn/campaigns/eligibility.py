"""Decides which active customers may be enrolled on a day, and counts everybody else with the first reason that holds.

Eligible and excluded customers together are the active customers: an audit compares the two.
"""

from dataclasses import dataclass

import polars as pl

from churn.contracts.campaigns import EXCLUSIONS


@dataclass(frozen=True)
class Eligibility:
    """The result for a day.

    Attributes:
        eligible: the rows of the customers who may be enrolled.
        excluded: reason and customers_count, one row for each reason with at least one customer.
    """

    eligible: pl.DataFrame
    excluded: pl.DataFrame


def find_eligible(customers: pl.DataFrame) -> Eligibility:
    """Splits the active customers of a day.

    Args:
        customers: customer_id, and the flags is_suppressed, has_consent, in_cooldown, in_other_campaign, is_enrolled
            and has_offer (an offer and a channel are allowed, and their expected profit is above zero).
    """
    # The first reason in this order counts, and only it: enrolled and excluded customers add up to the active ones.
    first = (
        pl.when("is_suppressed")
        .then(pl.lit("suppressed"))
        .when(~pl.col("has_consent"))
        .then(pl.lit("no consent"))
        .when("is_enrolled")
        .then(pl.lit("enrolled before"))
        .when("in_other_campaign")
        .then(pl.lit("in another campaign"))
        .when("in_cooldown")
        .then(pl.lit("cooldown"))
        .when(~pl.col("has_offer"))
        .then(pl.lit("no offer pays"))
    )
    marked = customers.with_columns(first.alias("reason"))
    excluded = count_reasons(marked.filter(pl.col("reason").is_not_null()))
    return Eligibility(marked.filter(pl.col("reason").is_null()).drop("reason"), excluded)


def count_reasons(excluded: pl.DataFrame) -> pl.DataFrame:
    """Returns reason and customers_count, in the order in which the reasons are looked at."""
    counts = excluded.group_by("reason").agg(pl.len().cast(pl.Int64).alias("customers_count"))
    order = {reason: rank for rank, reason in enumerate(EXCLUSIONS)}
    return counts.sort(pl.col("reason").replace_strict(order, return_dtype=pl.Int64))
