"""Fits the candidates: every family, the average of two families, and a stack of three.

The average gives its two members the same weight. The stack learns the weights from probabilities of models that were
not fitted on the customer (out of fold), and its intercept and the sum of its weights calibrate them: an overconfident
family gets a weight below 1. With class weights every family is calibrated in the same way, since its probabilities are
far too high and money is never multiplied by such a score.
"""

from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from churn.learning.averaging import LogOddsAverage, LogOddsStack, to_log_odds
from churn.learning.candidates import Model, fit_candidate, predict_leaving
from churn.learning.directed import DirectedLogistic
from churn.learning.folds import split_folds
from churn.learning.params import FAMILIES, Family, ModelParams
from churn.learning.splitting import hash_order
from churn.learning.weighting import find_weights

AVERAGED: tuple[Family, ...] = ("logistic_regression", "xgboost")
"""The families with smooth log-odds."""
STACKED: tuple[Family, ...] = ("logistic_regression", "xgboost", "xgboost_deep")
"""The families that can say what each feature adds. A stack with a forest could give no reasons."""
MOST_STACKED = 20_000
"""A stack has four numbers to learn. More customers would cost five fits each and change none of them."""
_STRENGTH = 100.0


def fit_candidates(train: pl.DataFrame, params: ModelParams) -> dict[Family, Model]:
    """Fits every family on the training part, the average and the stack."""
    fitted: dict[Family, Model] = {family: fit_candidate(family, train, params) for family in FAMILIES}
    needed = FAMILIES if params.class_weight else STACKED
    unseen, odds = _predict_unseen(train, params, needed)
    if params.class_weight:
        fitted = {family: _combine([fitted[family]], unseen, odds[[place]]) for place, family in enumerate(FAMILIES)}
    average = LogOddsAverage([fitted[family] for family in AVERAGED])
    return {**fitted, "average": average, "stack": _stack(fitted, unseen, odds[[needed.index(one) for one in STACKED]])}


def fit_family(family: Family, train: pl.DataFrame, params: ModelParams) -> Model:
    """Fits one family, the average or the stack."""
    if family == "average":
        return LogOddsAverage([fit_family(member, train, params) for member in AVERAGED])
    if family == "stack":
        members = [fit_candidate(one, train, params) for one in STACKED]
        return _combine(members, *_predict_unseen(train, params, STACKED))
    fitted = fit_candidate(family, train, params)
    return _combine([fitted], *_predict_unseen(train, params, [family])) if params.class_weight else fitted


def _stack(fitted: dict[Family, Model], unseen: pl.DataFrame, odds: NDArray[np.float64]) -> LogOddsStack:
    # The members of a calibrated family: a stack calibrates by itself.
    plain = [fitted[family] for family in STACKED]
    return _combine([one.members[0] if isinstance(one, LogOddsStack) else one for one in plain], unseen, odds)


def _combine(members: Sequence[Model], unseen: pl.DataFrame, odds: NDArray[np.float64]) -> LogOddsStack:
    """Returns the stack of fitted members whose weights make the log-odds of unseen customers most likely."""
    # No weight is negative: it would turn round the direction of a price, and bad news into good news.
    weighing = DirectedLogistic([1] * len(members), C=_STRENGTH)
    weighing.fit(odds.T, unseen["has_churned"].to_numpy(), find_weights(unseen))
    weights = [float(weight) for weight in weighing.coef_[0]]
    return LogOddsStack(list(members), weights, float(weighing.intercept_[0]))


def _predict_unseen(
    train: pl.DataFrame, params: ModelParams, families: Sequence[Family]
) -> tuple[pl.DataFrame, NDArray[np.float64]]:
    """Returns customers of the training part, and (families, n) log-odds by models that were not fitted on them."""
    folds = split_folds(_choose(train, params.seed), params.seed)
    odds = [
        [to_log_odds(predict_leaving(fit_candidate(family, learned, params), tried)) for learned, tried in folds]
        for family in families
    ]
    return pl.concat([tried for _, tried in folds]), np.array([np.concatenate(parts) for parts in odds])


def _choose(train: pl.DataFrame, seed: int) -> pl.DataFrame:
    """Returns the training part, or as many of its rows as a stack needs, chosen by a hash of the customer."""
    if train.height <= MOST_STACKED:
        return train
    customers = train["customer_id"].unique(maintain_order=True)
    share = MOST_STACKED / train.height
    kept = customers.gather(hash_order(customers.to_list(), seed)[: int(share * len(customers))])
    return train.filter(pl.col("customer_id").is_in(kept.implode()))
