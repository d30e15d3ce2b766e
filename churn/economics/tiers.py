"""Every money formula, once. All amounts in USD.

Worked example: a customer has paid 70.00 a month for 10 months, probability 0.6, has not left: at risk (0.6 >= 0.5),
tier Medium, revenue at risk 70 x 12 = 840.00, expected yearly loss 0.6 x 840 = 504.00, lifetime value 70 x 10 = 700.00.
Had they left already, revenue at risk and expected loss would be 0: there is nothing left to lose.
"""

from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

AT_RISK_FROM = 0.5
HIGH_FROM = 0.7
MONTHS_PER_YEAR = 12

_probability = pl.col("churn_probability")
_yearly = pl.when("is_active").then(pl.col("monthly_charges") * MONTHS_PER_YEAR).otherwise(0.0)


def at_risk_flag() -> pl.Expr:
    """True from a probability of 0.5."""
    return _probability >= AT_RISK_FROM


def risk_tier() -> pl.Expr:
    """High from 0.7, Medium from 0.5, else Low."""
    return (
        pl.when(_probability >= HIGH_FROM)
        .then(pl.lit("High"))
        .when(_probability >= AT_RISK_FROM)
        .then(pl.lit("Medium"))
        .otherwise(pl.lit("Low"))
    )


def count_tier_changes(probabilities: NDArray[np.float64], others: NDArray[np.float64]) -> int:
    """Returns how many customers are in another tier by the one than by the other."""
    tiers = [
        pl.DataFrame({"churn_probability": one}).select(risk_tier()).to_series() for one in (probabilities, others)
    ]
    return int((tiers[0] != tiers[1]).sum())


def tell_tiers(scored: pl.DataFrame) -> list[dict[str, Any]]:
    """Returns each tier's customers, how many of them left, and the rates promised and met, High first.

    Args:
        scored: has_churned and churn_probability, by models that had not seen the customer.
    """
    table = scored.group_by(risk_tier().alias("risk_tier")).agg(
        pl.len().alias("customers"),
        pl.col("has_churned").sum().alias("leavers"),
        pl.col("churn_probability").mean().alias("promised_rate"),
        pl.col("has_churned").mean().alias("left_rate"),
    )
    return table.sort("promised_rate", descending=True).to_dicts()


def revenue_at_risk_usd() -> pl.Expr:
    """Twelve monthly charges of a customer who is active and at risk, else 0."""
    return pl.when(at_risk_flag()).then(_yearly).otherwise(0.0)


def expected_annual_loss_usd() -> pl.Expr:
    """Probability times twelve monthly charges of an active customer, else 0."""
    return _probability * _yearly


def lifetime_value_usd() -> pl.Expr:
    """Monthly charge times months of tenure: what the customer was worth so far, at today's price."""
    return pl.col("monthly_charges") * pl.col("tenure_months")
