"""Risk tiers, and the money that a customer stands for. All amounts are in USD.

Worked example: a customer pays $70 per month, has been a customer for 10 months, has not left, and has a probability
of 0.6. The customer is at risk (0.6 >= 0.5) and in tier Medium. The revenue at risk is 70 x 12 = $840 per year, the
expected annual loss is 0.6 x 840 = $504, and the lifetime value is 70 x 10 = $700. For a customer who has left, revenue
at risk and expected loss are $0.
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
    """Returns True for a probability of 0.5 or more."""
    return _probability >= AT_RISK_FROM


def risk_tier() -> pl.Expr:
    """Returns High for a probability of 0.7 or more, Medium for 0.5 or more, and Low below 0.5."""
    return (
        pl.when(_probability >= HIGH_FROM)
        .then(pl.lit("High"))
        .when(_probability >= AT_RISK_FROM)
        .then(pl.lit("Medium"))
        .otherwise(pl.lit("Low"))
    )


def count_tier_changes(probabilities: NDArray[np.float64], others: NDArray[np.float64]) -> int:
    """Returns how many customers the two sets of probabilities put in different tiers."""
    tiers = [
        pl.DataFrame({"churn_probability": scores}).select(risk_tier()).to_series()
        for scores in (probabilities, others)
    ]
    return int((tiers[0] != tiers[1]).sum())


def tell_tiers(scored: pl.DataFrame) -> list[dict[str, Any]]:
    """Returns each tier's customers, its leavers, and its predicted and actual share of leavers; tier High comes first.

    Args:
        scored: has_churned and churn_probability. The probability comes from a model that was not trained on the row.
    """
    table = scored.group_by(risk_tier().alias("risk_tier")).agg(
        pl.len().alias("customers"),
        pl.col("has_churned").sum().alias("leavers"),
        pl.col("churn_probability").mean().alias("promised_rate"),
        pl.col("has_churned").mean().alias("left_rate"),
    )
    return table.sort("promised_rate", descending=True).to_dicts()


def revenue_at_risk_usd() -> pl.Expr:
    """Returns twelve monthly charges for an active customer at risk, and 0 for every other customer."""
    return pl.when(at_risk_flag()).then(_yearly).otherwise(0.0)


def expected_annual_loss_usd() -> pl.Expr:
    """Returns the probability times twelve monthly charges for an active customer, and 0 for one who has left."""
    return _probability * _yearly


def lifetime_value_usd() -> pl.Expr:
    """Returns the monthly charge times the months of tenure: the customer's revenue so far, at today's price."""
    return pl.col("monthly_charges") * pl.col("tenure_months")
