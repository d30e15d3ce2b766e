"""Computes what each feature adds to a customer's log-odds of leaving. Exact: baseline plus contributions = log-odds.

- Linear model: the coefficient times the distance from the training mean, through the scaler.
- Boosted trees: TreeSHAP. For trees of depth 1, which use one feature each, XGBoost's cheaper approximation is exact.
- Average: the mean of its members.
- Random forest: it averages probabilities, not log-odds, so it has no contributions and gives no reasons.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from xgboost import DMatrix, XGBClassifier

from churn.contracts.features import FEATURES
from churn.contracts.scores import Predictor
from churn.learning.averaging import LogOddsAverage
from churn.learning.bounded import BoundedModel

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Contributions:
    """The parts of the log-odds.

    Attributes:
        baseline: the log-odds without any information about the customer.
        by_feature: (n, len(FEATURES)) contributions in the order of FEATURES; 0 for a feature that is left out.
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
    if isinstance(model, LogOddsAverage):
        return _averaged([contribute(member, features) for member in model.members])
    if not isinstance(model, Pipeline):
        return None
    last = model.named_steps["model"]
    kept = _kept(model)
    values = features.select(FEATURES[position] for position in kept).to_numpy()
    if isinstance(last, LogisticRegression):
        scaler = model.named_steps["scale"]
        shares = (values - scaler.mean_) * (last.coef_[0] / scaler.scale_)
        return Contributions(float(last.intercept_[0]), _spread(shares, kept))
    if isinstance(last, XGBClassifier):
        shares = _of_trees(last, values)
        return Contributions(float(shares[0, -1]), _spread(shares[:, :-1], kept))
    return None


def contribute_by_feature(model: Predictor, features: pl.DataFrame) -> Floats | None:
    """Returns (n, len(FEATURES)) contributions to the log-odds; None for a random forest, which has none."""
    contributions = contribute(model, features)
    return None if contributions is None else contributions.by_feature


def _kept(pipeline: Pipeline) -> list[int]:
    """Returns the positions in FEATURES of the features that the model gets."""
    if "keep" not in pipeline.named_steps:
        return list(range(len(FEATURES)))
    return list(pipeline.named_steps["keep"].transformers[0][2])


def _of_trees(model: XGBClassifier, values: Floats) -> Floats:
    """Returns (n, features + 1) contributions to the log-odds; the last column is the baseline."""
    booster = model.get_booster()
    # One thread, for the reason at `n_jobs` in candidates._boosting.
    rows = DMatrix(values, feature_names=booster.feature_names, nthread=1)
    is_additive = model.max_depth == 1
    return np.asarray(booster.predict(rows, pred_contribs=True, approx_contribs=is_additive), dtype=np.float64)


def _spread(shares: Floats, kept: list[int]) -> Floats:
    if len(kept) == len(FEATURES):
        return shares
    spread = np.zeros((len(shares), len(FEATURES)))
    spread[:, kept] = shares
    return spread


def _averaged(parts: list[Contributions | None]) -> Contributions | None:
    present = [part for part in parts if part is not None]
    if len(present) < len(parts):
        return None
    baseline = sum(part.baseline for part in present) / len(present)
    return Contributions(baseline, np.mean([part.by_feature for part in present], axis=0))
