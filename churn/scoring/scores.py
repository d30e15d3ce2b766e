"""One batch of features and a predictor in, one batch of scores out. A pure function of its two arguments.

A row's score depends on that row alone: scored by itself or among a million others, it is the same. A linear algebra
library adds up a row's terms in an order that depends on its neighbours, so the last bits of a probability are noise;
probabilities are kept to nine decimals, where that noise does not reach.
"""

import polars as pl

from churn.contracts import FEATURES, CustomerScores, Predictor
from churn.scoring import economics

PROBABILITY_DECIMALS = 9


def score_batch(features: pl.DataFrame, predictor: Predictor) -> pl.DataFrame:
    """Scores customers.

    Args:
        features: customer_id, has_churned and every model feature, as `warehouse.read_features` yields them.
        predictor: anything with `predict_proba`.

    Returns:
        One row per row of `features`, in its order, satisfying `CustomerScores`.
    """
    probabilities = predictor.predict_proba(features.select(FEATURES))[:, 1]
    scores = features.select(
        "customer_id",
        pl.Series("churn_probability", probabilities, dtype=pl.Float64).round(PROBABILITY_DECIMALS),
        (~pl.col("has_churned")).alias("is_active"),
        "monthly_charges",
        "tenure_months",
    ).select(
        "customer_id",
        "churn_probability",
        economics.at_risk_flag().alias("at_risk_flag"),
        economics.risk_tier().alias("risk_tier"),
        economics.revenue_at_risk_usd().alias("revenue_at_risk_usd"),
        economics.expected_annual_loss_usd().alias("expected_annual_loss_usd"),
        economics.lifetime_value_usd().alias("lifetime_value_usd"),
        "is_active",
    )
    return CustomerScores.validate(scores)
