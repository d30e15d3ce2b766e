"""The averaged candidate: the mean of the log-odds of its members.

It averages log-odds, not probabilities: so its contributions are the mean of its members' contributions, and add up
exactly.
"""

import numpy as np
import polars as pl
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.pipeline import Pipeline

_EPSILON = 1e-15


class LogOddsAverage(BaseEstimator):
    """The average of fitted members. It has no parameters of its own to fit.

    Attributes:
        members: fitted pipelines with the same features.
    """

    intercept = 0.0

    def __init__(self, members: list[Pipeline]) -> None:
        self.members = members

    @property
    def weights(self) -> list[float]:
        """The weight of each member, as a stack has it."""
        return [1 / len(self.members)] * len(self.members)

    @property
    def feature_names_in_(self) -> NDArray[np.object_]:
        """The features of the members, in order."""
        return self.members[0].feature_names_in_

    def predict_proba(self, features: pl.DataFrame) -> NDArray[np.float64]:
        """Returns (n, 2) probabilities of staying and leaving."""
        log_odds = np.zeros(len(features))
        for member in self.members:
            log_odds += to_log_odds(member.predict_proba(features)[:, 1])
        leaving = 1 / (1 + np.exp(-log_odds / len(self.members)))
        return np.column_stack([1 - leaving, leaving])


class LogOddsStack(BaseEstimator):
    """Fitted members whose log-odds are added up with weights. One member with its weight is a calibrated model.

    Attributes:
        members: fitted pipelines with the same features.
        weights: the weight of each member, none negative.
        intercept: what is added to the weighted log-odds.
    """

    def __init__(self, members: list[Pipeline], weights: list[float], intercept: float) -> None:
        self.members = members
        self.weights = weights
        self.intercept = intercept

    @property
    def feature_names_in_(self) -> NDArray[np.object_]:
        """The features of the members, in order."""
        return self.members[0].feature_names_in_

    def predict_proba(self, features: pl.DataFrame) -> NDArray[np.float64]:
        """Returns (n, 2) probabilities of staying and leaving."""
        log_odds = np.full(len(features), self.intercept)
        for weight, member in zip(self.weights, self.members, strict=True):
            log_odds += weight * to_log_odds(member.predict_proba(features)[:, 1])
        leaving = 1 / (1 + np.exp(-log_odds))
        return np.column_stack([1 - leaving, leaving])


def to_log_odds(probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
    """Returns ln(p / (1 - p)), which is finite at 0 and 1 too."""
    # A random forest can return exactly 0 or 1; one infinite member would decide the average alone.
    clipped = np.clip(np.asarray(probabilities, dtype=np.float64), _EPSILON, 1 - _EPSILON)
    return np.log(clipped) - np.log1p(-clipped)
