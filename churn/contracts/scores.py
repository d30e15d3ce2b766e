"""The contract of the scores: a probability for each customer, and the columns that are stored with it."""

from typing import Optional, Protocol, get_args

import pandera.polars as pa
import polars as pl
from numpy import float64
from numpy.typing import NDArray
from pandera.polars import PolarsData

from churn.contracts.features import FEATURES
from churn.contracts.statuses import RiskTier


class Predictor(Protocol):
    """The only part of a model that scoring can use. It has no method to train."""

    def predict_proba(self, features: pl.DataFrame) -> NDArray[float64]:
        """Returns (n, 2) probabilities of staying and leaving for rows with the features of `feature_names`."""


def feature_names(predictor: Predictor) -> tuple[str, ...]:
    """Returns the features that a model gets, in order. A model that does not name them gets the shipped ones."""
    names = getattr(predictor, "feature_names_in_", None)
    return FEATURES if names is None else tuple(map(str, names))


class CustomerScores(pa.DataFrameModel):
    """One row per customer of one prediction date, as written to analytics.predictions. Money in USD a year.

    Money is NULL if the extract has no value a month; the lifetime value also without a tenure.
    """

    customer_id: str
    churn_probability: pl.Float64 = pa.Field(ge=0, le=1)
    at_risk_flag: bool
    risk_tier: str = pa.Field(isin=list(get_args(RiskTier)))
    revenue_at_risk_usd: pl.Float64 = pa.Field(nullable=True, ge=0)
    expected_annual_loss_usd: pl.Float64 = pa.Field(nullable=True, ge=0)
    lifetime_value_usd: pl.Float64 = pa.Field(nullable=True, ge=0)
    expected_profit_usd: pl.Float64 = pa.Field(nullable=True)
    expected_cost_usd: pl.Float64 = pa.Field(nullable=True, ge=0)
    probability_12m: pl.Float64 = pa.Field(nullable=True, ge=0, le=1)
    expected_months_12m: pl.Float64 = pa.Field(nullable=True, ge=0, le=12)
    expected_loss_12m_usd: pl.Float64 = pa.Field(nullable=True, ge=0)
    future_value_usd: pl.Float64 = pa.Field(nullable=True, ge=0)
    best_call_month: pl.Int16 = pa.Field(nullable=True, ge=1, le=24)
    is_active: bool
    has_unseen_plan: bool
    reasons: pl.List(pl.String) = pa.Field(nullable=True)  # type: ignore[valid-type]
    segmentation_id: pl.Int64 | None = pa.Field(nullable=True)  # Of a portrait, as all below; they may be missing.
    segment_number: pl.Int16 | None = pa.Field(nullable=True, ge=1)
    likely_reason: pl.String | None = pa.Field(nullable=True)
    reason_groups: Optional[pl.List(pl.String)] = pa.Field(nullable=True)  # type: ignore[valid-type] # noqa: UP045
    reason_probabilities: Optional[pl.List(pl.Float64)] = pa.Field(nullable=True)  # type: ignore[valid-type] # noqa: UP045
    reason_version: pl.Int32 | None = pa.Field(nullable=True)

    class Config:
        strict = True

    @pa.dataframe_check(name="money_is_known_together")
    def money_is_known_together(cls, data: PolarsData) -> pl.LazyFrame:
        """A customer has all of the money of today, or none of it."""
        amounts = ("revenue_at_risk_usd", "expected_annual_loss_usd", "expected_profit_usd", "expected_cost_usd")
        unknown = [pl.col(name).is_null() for name in amounts]
        return data.lazyframe.select(pl.all_horizontal(unknown) | ~pl.any_horizontal(unknown))
