"""Folds a fitted model into a function of one customer's numbers.

A pipeline checks, copies and wraps its rows in frames: for one customer that takes 400 microseconds and the arithmetic
7. The folded function gives the probability of `predict_proba` to nine decimals, and a test holds every family to that.
A model with words or blanks to encode, or a random forest, is not folded.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from xgboost import XGBClassifier

from churn.contracts.scores import Predictor, feature_names
from churn.learning.averaging import LogOddsAverage, LogOddsStack, to_log_odds
from churn.learning.bounded import BoundedModel, raise_to, shift_log_odds

Folded = Callable[[Sequence[float]], float]
"""The probability of leaving, from the numbers of one customer in the order of the model's features."""


def fold(model: Predictor) -> Folded | None:
    """Returns the model as a function of one customer's numbers; None for a model that cannot be folded."""
    if isinstance(model, BoundedModel):
        return _fold_bounded(model)
    if isinstance(model, LogOddsAverage | LogOddsStack):
        members = [fold(member) for member in model.members]
        return _add_up(model, [one for one in members if one is not None]) if None not in members else None
    if not isinstance(model, Pipeline) or "encode" in model.named_steps:
        return None
    last = model.named_steps["model"]
    kept = list(model.named_steps["keep"].transformers[0][2]) if "keep" in model.named_steps else None
    if isinstance(last, LogisticRegression):
        return _fold_linear(last, model.named_steps["scale"], kept)
    return _fold_trees(last, kept) if isinstance(last, XGBClassifier) else None


def fold_contributions(model: Predictor) -> Callable[[Sequence[float]], NDArray[np.float64]] | None:
    """Returns (features,) contributions as a function of one customer's numbers; None for a model that is not linear.

    They have the very bits of `contributions.contribute`.
    """
    if isinstance(model, BoundedModel):
        inner, bounds = fold_contributions(model.model), _find_bounds(model)
        if inner is None or bounds is None:
            return None
        return lambda values: inner(_clip(values, bounds))
    if not isinstance(model, Pipeline) or "encode" in model.named_steps:
        return None
    last = model.named_steps["model"]
    if not isinstance(last, LogisticRegression):
        return None
    scaler, count = model.named_steps["scale"], len(feature_names(model))
    kept = list(model.named_steps["keep"].transformers[0][2]) if "keep" in model.named_steps else list(range(count))
    means, slopes = scaler.mean_, last.coef_[0] / scaler.scale_

    def contribute(values: Sequence[float]) -> NDArray[np.float64]:
        shares = np.zeros(count)
        shares[kept] = (np.array([values[place] for place in kept]) - means) * slopes
        return shares

    return contribute


Bounds = list[tuple[float, float]]


def _find_bounds(model: BoundedModel) -> Bounds | None:
    """Returns the range of each feature; None if one of them is a word, which has none."""
    pairs = list(zip(model.lows, model.highs, strict=True))
    known = [(float(low), float(high)) for low, high in pairs if low is not None and high is not None]
    return known if len(known) == len(pairs) else None


def _clip(values: Sequence[float], bounds: Bounds) -> list[float]:
    return [min(max(value, low), high) for value, (low, high) in zip(values, bounds, strict=True)]


def _fold_linear(model: LogisticRegression, scaler: Any, kept: list[int] | None) -> Folded:
    slopes = model.coef_[0] / scaler.scale_
    constant = float(model.intercept_[0] - slopes @ scaler.mean_)
    weights = slopes.tolist()
    places = kept or range(len(weights))

    def predict(values: Sequence[float]) -> float:
        total = constant + math.fsum(weight * values[place] for weight, place in zip(weights, places, strict=True))
        return _to_probability(total)

    return predict


def _to_probability(log_odds: float) -> float:
    # Of the two forms the one whose exponential is at most 1: a price of a million would overflow the other.
    if log_odds >= 0:
        return 1 / (1 + math.exp(-log_odds))
    odds = math.exp(log_odds)
    return odds / (1 + odds)


def _fold_trees(model: XGBClassifier, kept: list[int] | None) -> Folded:
    booster = model.get_booster()

    def predict(values: Sequence[float]) -> float:
        chosen = values if kept is None else [values[place] for place in kept]
        row = np.array([chosen], dtype=np.float32)
        # XGBoost gives the probability itself: from its margin, our own formula would differ in the ninth decimal.
        return float(booster.inplace_predict(row, validate_features=False)[0])

    return predict


def _fold_bounded(model: BoundedModel) -> Folded | None:
    inner, bounds = fold(model.model), _find_bounds(model)
    if inner is None or bounds is None:
        return None

    def predict(values: Sequence[float]) -> float:
        leaving = shift_log_odds(np.array([inner(_clip(values, bounds))]), model.shift)
        return float(raise_to(leaving, model.power)[0])

    return predict


def _add_up(model: LogOddsAverage | LogOddsStack, members: list[Folded]) -> Folded:
    def predict(values: Sequence[float]) -> float:
        log_odds = [float(to_log_odds(np.array([member(values)]))[0]) for member in members]
        return _to_probability(
            model.intercept + sum(weight * odds for weight, odds in zip(model.weights, log_odds, strict=True))
        )

    return predict
