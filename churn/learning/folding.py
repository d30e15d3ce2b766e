"""Folds a fitted model into a function of one customer's numbers.

A pipeline checks, copies and wraps its rows in frames: for one customer that takes 400 microseconds and the arithmetic
7. The folded function gives the probability of `predict_proba` to nine decimals, and a test holds every family to that.
A model with words or blanks to encode, or a random forest, is not folded.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from xgboost import XGBClassifier

from churn.contracts.scores import Predictor
from churn.learning.averaging import LogOddsAverage, to_log_odds
from churn.learning.bounded import BoundedModel, raise_to, shift_log_odds

Folded = Callable[[Sequence[float]], float]
"""The probability of leaving, from the numbers of one customer in the order of the model's features."""


def fold(model: Predictor) -> Folded | None:
    """Returns the model as a function of one customer's numbers; None for a model that cannot be folded."""
    if isinstance(model, BoundedModel):
        return _fold_bounded(model)
    if isinstance(model, LogOddsAverage):
        members = [fold(member) for member in model.members]
        return _average([one for one in members if one is not None]) if None not in members else None
    if not isinstance(model, Pipeline) or "encode" in model.named_steps:
        return None
    last = model.named_steps["model"]
    kept = list(model.named_steps["keep"].transformers[0][2]) if "keep" in model.named_steps else None
    if isinstance(last, LogisticRegression):
        return _fold_linear(last, model.named_steps["scale"], kept)
    return _fold_trees(last, kept) if isinstance(last, XGBClassifier) else None


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
    inner = fold(model.model)
    if inner is None or None in model.lows or None in model.highs:
        return None
    bounds = [(float(low), float(high)) for low, high in zip(model.lows, model.highs, strict=True)]  # type: ignore[arg-type]

    def predict(values: Sequence[float]) -> float:
        clipped = [min(max(value, low), high) for value, (low, high) in zip(values, bounds, strict=True)]
        leaving = shift_log_odds(np.array([inner(clipped)]), model.shift)
        return float(raise_to(leaving, model.power)[0])

    return predict


def _average(members: list[Folded]) -> Folded:
    def predict(values: Sequence[float]) -> float:
        log_odds = sum(float(to_log_odds(np.array([member(values)]))[0]) for member in members)
        return _to_probability(log_odds / len(members))

    return predict
