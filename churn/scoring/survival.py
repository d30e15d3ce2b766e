"""Computes how likely each customer is to be still there after 1 to 24 months, from the champion's monthly hazard.

The hazard of month m is the probability that the champion gives to the customer as he or she will be then: tenure has
grown by m - 1 months, every other feature is held. A month has 30 days. A probability for another horizon is brought to
a month by 1 - (1 - p) ** (30 / horizon_days). A customer of 10 months with hazards of 5%, 4.8% and 4.6% survives three
months with 0.95 x 0.952 x 0.954 = 86.3%.

Features held cost some accuracy: a contract that will end, or a service that will be cancelled, is not foreseen.
"""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from churn.contracts.horizons import MONTH_DAYS
from churn.contracts.scores import Predictor, feature_names
from churn.economics.future import (
    YEAR_MONTHS,
    expected_loss_usd,
    expected_months,
    future_value_usd,
    probability_of_leaving,
    steepest_month,
)
from churn.economics.policies import ValuePolicy

Floats = NDArray[np.float64]

MONTHS = 24
SURVIVAL_DECIMALS = 9
LOOK_AHEAD = {
    "probability_12m": pl.Float64,
    "expected_months_12m": pl.Float64,
    "expected_loss_12m_usd": pl.Float64,
    "future_value_usd": pl.Float64,
    "best_call_month": pl.Int16,
}
"""The columns that `look_ahead` returns."""
_CHECKED_ROWS = 16
_TOLERANCE = 1e-6


def look_ahead(
    features: pl.DataFrame, predictor: Predictor, horizon_days: float | None, value: ValuePolicy
) -> pl.DataFrame:
    """Returns what the coming months are expected to bring, one row per customer, in the order of the features.

    Args:
        features: has_churned and every model feature.
        predictor: the model.
        horizon_days: the days that the probabilities are for; None if the label of the model has no horizon of its own.
            All columns are NULL then: nobody knows what a month of such a probability is.
        value: margin and yearly discount.

    Returns:
        probability_12m, expected_months_12m, expected_loss_12m_usd, future_value_usd and best_call_month. Money is 0
        for customers who have left, and NULL without a value a month. Without a tenure every month has the same
        hazard, so that no month is the best to call in: best_call_month is NULL.
    """
    if horizon_days is None:
        return pl.DataFrame({name: [None] * features.height for name in LOOK_AHEAD}, schema=LOOK_AHEAD)
    # The last bits depend on the neighbouring rows, as those of a probability do: rounding removes them.
    survival = predict_survival(features, predictor, horizon_days).round(SURVIVAL_DECIMALS)
    charges = features["monthly_charges"].to_numpy()
    # NULL is NaN in NumPy, and stays it for customers who have left: a missing value must not look like 0.
    charges = np.where(features["has_churned"].to_numpy() & ~np.isnan(charges), 0.0, charges)
    ahead = pl.DataFrame(
        {
            "probability_12m": probability_of_leaving(survival, YEAR_MONTHS),
            "expected_months_12m": expected_months(survival),
            "expected_loss_12m_usd": expected_loss_usd(survival, charges),
            "future_value_usd": future_value_usd(survival, charges, value.margin_rate, value.yearly_discount),
            "best_call_month": steepest_month(survival).astype(np.int16),
        },
        schema=LOOK_AHEAD,
    )
    month = pl.when(features["tenure_months"].is_not_null()).then("best_call_month").alias("best_call_month")
    return ahead.with_columns(pl.col("expected_loss_12m_usd", "future_value_usd").fill_nan(None), month)


def predict_survival(features: pl.DataFrame, predictor: Predictor, horizon_days: float, months: int = MONTHS) -> Floats:
    """Returns (n, months) probabilities of being still a customer after 1, 2, ... months.

    Args:
        features: every model feature, one row per customer.
        predictor: the model, whose probabilities are for `horizon_days`.
        horizon_days: the days within which the predicted customers leave.
        months: how many months ahead.
    """
    log_odds = _additive_log_odds(features, predictor, months) if features.height else None
    if log_odds is None:
        log_odds = _log_odds_by_month(features, predictor, months)
    # ln(1 - p) of a month adds up over the months; logaddexp keeps it exact where p is close to 0 or 1.
    stays = -np.logaddexp(0.0, log_odds) * (MONTH_DAYS / horizon_days)
    return np.asarray(np.exp(np.cumsum(stays, axis=1)))


def age(features: pl.DataFrame, months: int) -> pl.DataFrame:
    """Returns the customers as they will be after some months: tenure has grown, every other feature is held."""
    tenure = pl.col("tenure_months") + months
    return features.with_columns(tenure, tenure_log=tenure.log1p(), tenure_inverse=1 / (1 + tenure))


def _log_odds_by_month(features: pl.DataFrame, predictor: Predictor, months: int) -> Floats:
    """Returns (n, months) log-odds, asking the model once for each month: right for every model, and slow."""
    return np.column_stack([_log_odds(age(features, month), predictor) for month in range(months)])


def _additive_log_odds(features: pl.DataFrame, predictor: Predictor, months: int) -> Floats | None:
    """Returns (n, months) log-odds from one prediction for each row, or None if the model is not additive in tenure.

    In an additive model tenure changes the log-odds of every customer alike, whatever the other features are. So one
    customer who is given every tenure tells the change. Whether the model is additive is tried on some rows, not
    asked: the answer then holds for models that this module has never heard of.
    """
    tenures, positions = np.unique(features["tenure_months"].to_numpy(), return_inverse=True)
    reference = features[0].select(feature_names(predictor))
    grid = pl.concat([reference] * len(tenures)).with_columns(pl.Series("tenure_months", tenures))
    by_tenure = _log_odds_by_month(age(grid, 0), predictor, months)
    change = by_tenure - by_tenure[:, :1]
    log_odds = _log_odds(features, predictor)[:, None] + change[positions]
    # Spread over the batch, and not the first rows: a batch may be sorted, and its first rows alike.
    rows = np.unique(np.linspace(0, len(features) - 1, _CHECKED_ROWS, dtype=np.int64))
    tried = _log_odds_by_month(features[rows], predictor, months)
    return log_odds if np.allclose(log_odds[rows], tried, rtol=0, atol=_TOLERANCE) else None


def _log_odds(features: pl.DataFrame, predictor: Predictor) -> Floats:
    # Neither 0 nor 1, whose log-odds are infinite: a forest can give both.
    leaving = np.clip(predictor.predict_proba(features.select(feature_names(predictor)))[:, 1], 1e-15, 1 - 1e-15)
    return np.asarray(np.log(leaving) - np.log1p(-leaving), dtype=np.float64)
