"""Computes what each feature adds to a customer's log-odds of leaving. Exact: baseline plus contributions = log-odds.

- Linear model: the coefficient times the distance from the training mean, through the scaler.
- Boosted trees: TreeSHAP. For trees of depth 1, which use one feature each, XGBoost's cheaper approximation is exact.
- Average and stack: the weighted sum of their members; a stack has an intercept too.
- Random forest: it averages probabilities, not log-odds, so it has no contributions and gives no reasons.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from xgboost import DMatrix, XGBClassifier

from churn.contracts.scores import Predictor, feature_names
from churn.learning.averaging import LogOddsAverage, LogOddsStack
from churn.learning.bounded import BoundedModel
from churn.learning.encoding import find_sources

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Contributions:
    """The parts of the log-odds.

    Attributes:
        baseline: the log-odds without any information about the customer.
        by_feature: (n, features) contributions in the order of the features; 0 for a feature that is left out.
    """

    baseline: float
    by_feature: Floats


def contribute(model: Predictor, features: pl.DataFrame) -> Contributions | None:
    """Returns the contributions for rows with the features; None for a random forest, which has none.

    For a bounded model they add up to the log-odds of leaving within the window that its level is of.
    """
    if isinstance(model, BoundedModel):
        inner = contribute(model.model, model.clip(features))
        return None if inner is None else Contributions(inner.baseline + model.shift, inner.by_feature)
    if isinstance(model, LogOddsAverage | LogOddsStack):
        return _add_up(model, [contribute(member, features) for member in model.members])
    if not isinstance(model, Pipeline):
        return None
    last = model.named_steps["model"]
    names = feature_names(model)
    values, sources = _encode(model, features.select(names))
    if isinstance(last, LogisticRegression):
        scaler = model.named_steps["scale"]
        shares = (values - scaler.mean_) * (last.coef_[0] / scaler.scale_)
        return Contributions(float(last.intercept_[0]), _gather(shares, sources, len(names)))
    if isinstance(last, XGBClassifier):
        # The last column is the baseline, which is the same in every row.
        shares = _of_trees(last, values)
        return Contributions(float(shares[0, -1]), _gather(shares[:, :-1], sources, len(names)))
    return None


def contribute_by_feature(model: Predictor, features: pl.DataFrame) -> Floats | None:
    """Returns (n, features) contributions to the log-odds; None for a random forest, which has none."""
    contributions = contribute(model, features)
    return None if contributions is None else contributions.by_feature


def _encode(pipeline: Pipeline, features: pl.DataFrame) -> tuple[Floats, NDArray[np.int64]]:
    """Returns the columns that the steps behind the first one get, and for each the position of its feature."""
    if "encode" in pipeline.named_steps:
        encoder = pipeline.named_steps["encode"]
        return np.asarray(encoder.transform(features), dtype=np.float64), find_sources(encoder)
    every = list(range(features.width))
    kept = list(pipeline.named_steps["keep"].transformers[0][2]) if "keep" in pipeline.named_steps else every
    return features.select(features.columns[position] for position in kept).to_numpy(), np.array(kept)


def _of_trees(model: XGBClassifier, values: Floats) -> Floats:
    """Returns (n, features + 1) contributions to the log-odds; the last column is the baseline."""
    booster = model.get_booster()
    # One thread, for the reason at `n_jobs` in candidates._boosting.
    rows = DMatrix(values, feature_names=booster.feature_names, nthread=1)
    is_additive = model.max_depth == 1
    return np.asarray(booster.predict(rows, pred_contribs=True, approx_contribs=is_additive), dtype=np.float64)


def _gather(shares: Floats, sources: NDArray[np.int64], features: int) -> Floats:
    """Returns (n, features) contributions: the sums over the columns that come from each feature."""
    if np.array_equal(sources, np.arange(features)):
        return shares
    gathered = np.zeros((len(shares), features))
    for column, source in enumerate(sources):
        gathered[:, source] += shares[:, column]
    return gathered


def _add_up(model: LogOddsAverage | LogOddsStack, parts: list[Contributions | None]) -> Contributions | None:
    pairs = [(weight, part) for weight, part in zip(model.weights, parts, strict=True) if part is not None]
    if len(pairs) < len(parts):
        return None
    baseline = model.intercept + sum(weight * part.baseline for weight, part in pairs)
    return Contributions(baseline, np.sum([weight * part.by_feature for weight, part in pairs], axis=0))
