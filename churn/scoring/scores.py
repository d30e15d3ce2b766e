"""Scores one batch of features with a predictor. A pure function of its arguments.

The score of a row depends on that row only: a customer scored alone has the same score as in a batch of a million. A
linear algebra library sums the terms of a row in an order that depends on the neighbouring rows, so the last bits of a
probability are noise. Rounding to nine decimals removes that noise.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from numpy.typing import NDArray

from churn.contracts.scores import CustomerScores, Predictor, feature_names
from churn.contracts.tariffs import is_unseen
from churn.economics.policies import ValuePolicy
from churn.economics.tiers import (
    Tiers,
    at_risk_flag,
    expected_annual_loss_usd,
    lifetime_value_usd,
    revenue_at_risk_usd,
    risk_tier,
)
from churn.economics.value import expected_cost_usd, expected_profit_usd
from churn.scoring.own_reasons import SHIPPED_WORDING, Wording
from churn.scoring.reasons import tell_reasons
from churn.scoring.survival import LOOK_AHEAD, look_ahead

if TYPE_CHECKING:
    from pandera.typing.polars import DataFrame

    from churn.contracts.features import CustomerFeatures


Contribute = Callable[[pl.DataFrame], NDArray[np.float64] | None]

PROBABILITY_DECIMALS = 9

_is_active = (~pl.col("has_churned")).alias("is_active")


@dataclass(frozen=True)
class Scorer:
    """A model version that is ready to score. It is frozen and picklable, for a Spark executor or an API server.

    Attributes:
        predictor: the model.
        contribute: returns (n, features) contributions to the log-odds for a predictor and n rows, or None. It must be
            a function of a module, since a pickle contains only its name.
        known_plans: the tariffs of the training examples; None when they are not known.
        why_copy: why the model was loaded from its copy under CHURN_HOME; None if the registry delivered it.
        horizon_days: the days that the probabilities are for; None if the label has no horizon of its own.
        wording: the features of the model, and how reasons tell the company's own columns.
    """

    predictor: Predictor
    contribute: Callable[[Predictor, pl.DataFrame], NDArray[np.float64] | None]
    known_plans: tuple[str, ...] | None
    why_copy: str | None = None
    horizon_days: float | None = None
    wording: Wording = SHIPPED_WORDING

    def score(
        self, features: "DataFrame[CustomerFeatures]", tiers: Tiers, value: ValuePolicy
    ) -> "DataFrame[CustomerScores]":
        """Returns the scores of a batch; see `score_batch`."""
        known = None if self.known_plans is None else list(self.known_plans)
        contribute = partial(self.contribute, self.predictor)
        return score_batch(features, self.predictor, tiers, value, contribute, known, self.horizon_days, self.wording)

    def predict(self, features: "DataFrame[CustomerFeatures]") -> pl.DataFrame:
        """Returns customer_id, is_active and churn_probability of a batch, in its order."""
        return features.select("customer_id", _is_active, _predict(features, self.predictor))


def score_batch(
    features: "DataFrame[CustomerFeatures]",
    predictor: Predictor,
    tiers: Tiers,
    value: ValuePolicy,
    contribute: Contribute | None = None,
    known_plans: list[str] | None = None,
    horizon_days: float | None = None,
    wording: Wording = SHIPPED_WORDING,
) -> "DataFrame[CustomerScores]":
    """Scores customers.

    Args:
        features: customer_id, has_churned, plan and every model feature, as `stores.rows.features` yields them.
        predictor: an object with `predict_proba`.
        tiers: the tiers in force.
        value: the value of a customer and of an offer.
        contribute: returns (rows, features) contributions to the log-odds, or None. Without it the reasons are null.
        known_plans: the tariffs of the training examples; None when they are not known: then no tariff is unseen.
        horizon_days: the days that the probabilities are for; without it the columns of the coming months are null.
        wording: how reasons tell the company's own columns.

    Returns:
        One row for each row of `features`, in the same order, satisfying `CustomerScores`.
    """
    scores = features.select(
        "customer_id",
        _predict(features, predictor),
        _is_active,
        _has_unseen_plan(known_plans).alias("has_unseen_plan"),
        "monthly_charges",
        "tenure_months",
        _reasons(features, contribute, wording),
        *look_ahead(features, predictor, horizon_days, value),
    ).select(
        "customer_id",
        "churn_probability",
        at_risk_flag(tiers).alias("at_risk_flag"),
        risk_tier(tiers).alias("risk_tier"),
        revenue_at_risk_usd(tiers).alias("revenue_at_risk_usd"),
        expected_annual_loss_usd().alias("expected_annual_loss_usd"),
        lifetime_value_usd().alias("lifetime_value_usd"),
        _of_a_contact(expected_profit_usd, value).alias("expected_profit_usd"),
        _of_a_contact(expected_cost_usd, value).alias("expected_cost_usd"),
        *LOOK_AHEAD,
        "is_active",
        "has_unseen_plan",
        "reasons",
    )
    return CustomerScores.validate(scores)


def _of_a_contact(formula: Callable[[pl.Expr, pl.Expr, ValuePolicy], pl.Expr], value: ValuePolicy) -> pl.Expr:
    """Returns an amount of contacting an active customer; 0 for a customer who has left, whom no contact reaches.

    NULL for every customer of an extract without a value a month.
    """
    amount = formula(pl.col("churn_probability"), pl.col("monthly_charges"), value)
    return pl.when("is_active").then(amount).when(pl.col("monthly_charges").is_not_null()).then(0.0)


def _predict(features: pl.DataFrame, predictor: Predictor) -> pl.Series:
    probabilities = predictor.predict_proba(features.select(feature_names(predictor)))[:, 1]
    # float64 before rounding: XGBoost returns float32, whose nearest value to nine decimals is another number.
    return pl.Series("churn_probability", probabilities, dtype=pl.Float64).round(PROBABILITY_DECIMALS)


def _has_unseen_plan(known_plans: list[str] | None) -> pl.Expr:
    return pl.lit(False) if known_plans is None else is_unseen(known_plans)


def _reasons(features: pl.DataFrame, contribute: Contribute | None, wording: Wording) -> pl.Series:
    contributions = contribute(features) if contribute is not None else None
    if contributions is None:
        return pl.Series("reasons", [None] * features.height, dtype=pl.List(pl.String))
    return tell_reasons(features, contributions, wording)
