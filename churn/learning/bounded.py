"""The model of a label with a horizon: it never extrapolates, and its probabilities are for the horizon.

It wraps a fitted candidate. Each feature is clipped to the range of the training part, because the candidate has seen
nothing beyond it. A shift of the log-odds sets the level: the mean probability is the share of the newest window that
left, while the candidate's slopes come from older windows. A power brings the probability from the window to the
horizon.

Worked example: the candidate says 0.050, the shift is 0.2 and the newest window has 28 days. The log-odds are -2.944,
so with the shift -2.744, and the probability within 28 days is 0.0604. Within 30 days it is 1 - 0.9396 ** (30 / 28) =
0.0646.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from sklearn.base import BaseEstimator

from churn.learning.averaging import to_log_odds
from churn.learning.weighting import find_weights, leaver_share

if TYPE_CHECKING:
    # MLflow stores this module beside the model, for programs without the rest of the product.
    from churn.contracts.scores import Predictor

Ranges = dict[str, tuple[float, float]]
_STEPS = 60


class BoundedModel(BaseEstimator):
    """A fitted candidate with the range of its features, its level and its horizon. It has nothing of its own to fit.

    Attributes:
        model: the candidate.
        lows, highs: the smallest and largest value of each feature in the training part, in the order of the features;
            None for words.
        shift: what is added to the log-odds.
        power: the length of the horizon, as a multiple of the window that the level is of.
    """

    def __init__(
        self,
        model: Any,
        lows: Sequence[float | None],
        highs: Sequence[float | None],
        shift: float = 0.0,
        power: float = 1.0,
    ) -> None:
        self.model = model
        self.lows = lows
        self.highs = highs
        self.shift = shift
        self.power = power

    def clip(self, features: pl.DataFrame) -> pl.DataFrame:
        """Returns the model features, each within the range of the training part."""
        # MLflow's pyfunc calls a model with a pandas frame.
        rows = features if isinstance(features, pl.DataFrame) else pl.from_pandas(features)
        bounds = zip(_name_features(self.model), self.lows, self.highs, strict=True)
        return rows.select(
            pl.col(name) if low is None or high is None else pl.col(name).clip(low, high) for name, low, high in bounds
        )

    @property
    def feature_names_in_(self) -> tuple[str, ...]:
        """The features of the candidate, in order."""
        return _name_features(self.model)

    def predict_proba(self, features: pl.DataFrame) -> NDArray[np.float64]:
        """Returns (n, 2) probabilities of staying and leaving within the horizon."""
        leaving = self.model.predict_proba(self.clip(features))[:, 1]
        brought = raise_to(shift_log_odds(leaving, self.shift), self.power)
        return np.column_stack([1 - brought, brought])


def _name_features(model: Any) -> tuple[str, ...]:
    return tuple(map(str, model.feature_names_in_))


def find_ranges(train: pl.DataFrame, names: Sequence[str]) -> Ranges:
    """Returns the smallest and the largest value of each of the features, which are numbers."""
    lows, highs = train.select(pl.col(names).min()).row(0), train.select(pl.col(names).max()).row(0)
    ranges = zip(names, zip(lows, highs, strict=True), strict=True)
    return {name: (low, high) for name, (low, high) in ranges if low is not None}


def bound(model: "Predictor", ranges: Ranges, shift: float = 0.0, power: float = 1.0) -> BoundedModel:
    """Returns a fitted candidate that never extrapolates."""
    bounds = [ranges.get(name, (None, None)) for name in _name_features(model)]
    return BoundedModel(model, [low for low, _ in bounds], [high for _, high in bounds], shift, power)


def find_level(model: "Predictor", newest: pl.DataFrame) -> float:
    """Returns the shift of the log-odds that makes the mean probability the share of these customers who left."""
    probabilities = model.predict_proba(newest.select(_name_features(model)))[:, 1]
    share, weights = leaver_share(newest), find_weights(newest)
    low, high = -20.0, 20.0
    for _ in range(_STEPS):  # The mean rises with the shift, so bisection finds it.
        middle = (low + high) / 2
        mean = np.average(shift_log_odds(probabilities, middle), weights=weights)
        low, high = (middle, high) if mean < share else (low, middle)
    return (low + high) / 2


def shift_log_odds(probabilities: NDArray[np.float64], shift: float) -> NDArray[np.float64]:
    """Returns the probabilities after a shift of their log-odds; unchanged bits for a shift of 0."""
    if shift == 0:
        return np.asarray(probabilities, dtype=np.float64)
    return np.asarray(1 / (1 + np.exp(-(to_log_odds(probabilities) + shift))), dtype=np.float64)


def raise_to(probabilities: NDArray[np.float64], power: float) -> NDArray[np.float64]:
    """Returns the probabilities of leaving within a time that is `power` times as long; unchanged bits for 1."""
    # Not the formula for 1, which would change the last bits of every probability.
    return probabilities if power == 1 else np.asarray(1 - (1 - probabilities) ** power, dtype=np.float64)


def unwrap(model: Any) -> Any:
    """Returns the candidate inside a bounded model; any other model is returned unchanged."""
    return model.model if isinstance(model, BoundedModel) else model
