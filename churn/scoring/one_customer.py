"""Scores one customer at once: the numbers of `score_batch`, without the frame and the contract of a batch.

`CustomerScores` takes 10 milliseconds for a call, whatever its number of rows. A test holds every figure of this module
equal to that of `score_batch`, over every row of an extract.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from churn.contracts.declaration import BLANK_WORD
from churn.contracts.features import BESIDE_FEATURES, PRICE_CHANGE
from churn.contracts.statuses import RiskTier
from churn.economics.policies import ValuePolicy
from churn.economics.tiers import MONTHS_PER_YEAR, Tiers
from churn.economics.value import expected_profit_usd
from churn.scoring.one_reason import tell_one
from churn.scoring.reasons import WORD_COLUMNS
from churn.scoring.scores import PROBABILITY_DECIMALS, Scorer

Values = Mapping[str, Any]


@dataclass(frozen=True)
class CustomerScore:
    """The score of one customer. Money in USD; None if the extract has no value a month.

    Attributes:
        reasons: the reasons; None if nobody asked, or the model has none.
    """

    churn_probability: float
    at_risk_flag: bool
    risk_tier: RiskTier
    expected_annual_loss_usd: float | None
    expected_profit_usd: float | None
    has_unseen_plan: bool
    is_active: bool
    reasons: list[str] | None


@dataclass(frozen=True)
class OneScorer:
    """A scorer that is prepared for single customers.

    Attributes:
        scorer: the model version.
        folded: the probability from the numbers of one customer; None if the model cannot be folded.
        contribute: contributions to the log-odds from the same numbers; None for a model that is not linear.
        tiers: the tiers in force.
        value: the value of a customer and of an offer.
        words: the features that are words; a blank one is a word of its own.
    """

    scorer: Scorer
    folded: Callable[[Sequence[float]], float] | None
    contribute: Callable[[Sequence[float]], NDArray[np.float64]] | None
    tiers: Tiers
    value: ValuePolicy
    words: frozenset[str] = frozenset()

    def score(self, features: Values, with_reasons: bool = True) -> CustomerScore:
        """Returns the score of a customer.

        Args:
            features: the columns of `wanted_columns`, as analytics.fct_customer_features has them.
            with_reasons: whether the reasons are computed, which takes most of the time.
        """
        names = self.scorer.wording.features
        typed = {name: self._as_model_value(name, features[name]) for name in names}
        needs_frame = self.folded is None or (with_reasons and self.contribute is None)
        frame = self._as_frame(typed, features) if needs_frame else None
        probability = self._predict(typed, frame)
        is_active, charge = not features["has_churned"], features["monthly_charges"]
        return CustomerScore(
            probability,
            probability >= self.tiers.medium.probability_from,
            self._find_tier(probability),
            _expected_loss(probability, charge, is_active),
            self._expected_profit(probability, charge, is_active),
            self._has_unseen_plan(features),
            is_active,
            self._tell(typed, frame, features) if with_reasons else None,
        )

    def _as_model_value(self, name: str, value: Any) -> Any:
        """Returns a feature as `stores.rows.features` gives it to models: numbers and flags as float64."""
        if name in self.words:
            return BLANK_WORD if value is None else value
        return None if value is None else float(value)

    def _predict(self, typed: Values, frame: pl.DataFrame | None) -> float:
        if self.folded is not None:
            leaving = self.folded(list(typed.values()))
        else:
            assert frame is not None
            chosen = frame.select(self.scorer.wording.features)
            leaving = float(self.scorer.predictor.predict_proba(chosen)[0, 1])
        return round(leaving, PROBABILITY_DECIMALS)

    def _find_tier(self, probability: float) -> RiskTier:
        reached = (tier for tier in self.tiers.rows() if probability >= tier.probability_from)
        return next(reached).risk_tier

    def _expected_profit(self, probability: float, charge: float | None, is_active: bool) -> float | None:
        if charge is None:
            return None
        return (
            float(expected_profit_usd(np.array([probability]), np.array([charge]), self.value)[0]) if is_active else 0.0
        )

    def _has_unseen_plan(self, features: Values) -> bool:
        plan = ", ".join(word for word in (features["contract"], features["internet_service"]) if word is not None)
        return self.scorer.known_plans is not None and plan not in self.scorer.known_plans

    def _as_frame(self, typed: Values, features: Values) -> pl.DataFrame:
        words = {f"word_{name}": features[name] for name in WORD_COLUMNS}
        schema = {name: pl.String if name in self.words or name in words else pl.Float64 for name in (*words, *typed)}
        return pl.DataFrame({**words, **typed}, schema=schema)

    def _tell(self, typed: Values, frame: pl.DataFrame | None, features: Values) -> list[str] | None:
        if self.contribute is not None:
            shares = self.contribute(list(typed.values()))
        else:
            every = self.scorer.contribute(self.scorer.predictor, frame) if frame is not None else None
            if every is None:
                return None
            shares = every[0]
        words = {name: features[name] for name in WORD_COLUMNS}
        return tell_one({**words, **typed}, shares, self.scorer.wording)


def wanted_columns(scorer: Scorer) -> list[str]:
    """Returns the columns of analytics.fct_customer_features that a score needs."""
    more = ("price_above_list_usd",) if PRICE_CHANGE in scorer.wording.features else ()
    return list(dict.fromkeys([*scorer.wording.features, *BESIDE_FEATURES, *WORD_COLUMNS, "has_churned", *more]))


def _expected_loss(probability: float, charge: float | None, is_active: bool) -> float | None:
    if charge is None:
        return None
    return probability * (max(charge, 0.0) * MONTHS_PER_YEAR) if is_active else 0.0  # A credit counts as 0.
