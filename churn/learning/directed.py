"""A logistic regression whose coefficients keep known signs, and the choice of these signs.

A model with a horizon is used after things changed: prices rise, networks fail. A coefficient with a sign by chance
would then turn bad news into good news. So each effect has a direction (declared, or settled by the data), in every
family, and a feature whose effect the data cannot settle is left out.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.optimize import minimize
from sklearn.linear_model import LogisticRegression

if TYPE_CHECKING:
    # MLflow stores this module beside the model, for programs without the rest of the product.
    from churn.contracts.features import Direction
    from churn.learning.params import ModelParams

_Z95 = 1.96


class DirectedLogistic(LogisticRegression):
    """A ridge logistic regression with one direction per feature: +1, -1, or 0 for no bound."""

    def __init__(self, directions: Sequence[int] = (), C: float = 1.0, class_weight: str | None = None) -> None:  # noqa: N803
        # Parameters keep their names: scikit-learn copies a model by reading each argument of __init__ from the
        # attribute of the same name.
        super().__init__(C=C, class_weight=class_weight)
        self.directions = directions

    def fit(
        self, values: NDArray[np.float64], labels: NDArray[np.bool_], sample_weight: NDArray[np.float64] | None = None
    ) -> "DirectedLogistic":
        """Finds the most likely coefficients within their bounds."""
        x, y = np.asarray(values, dtype=np.float64), np.asarray(labels, dtype=np.float64)
        weights = _weigh(y, self.class_weight)
        if sample_weight is not None:
            weights = weights * sample_weight

        def loss(parameters: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
            slopes, intercept = parameters[:-1], parameters[-1]
            log_odds = x @ slopes + intercept
            # logaddexp is ln(1 + exp(x)) without the overflow of exp for a large x.
            likelihood = weights @ (np.logaddexp(0, log_odds) - y * log_odds)
            errors = weights * (1 / (1 + np.exp(-log_odds)) - y)
            # The intercept has no penalty: the base rate is not pulled towards one half.
            gradient = np.append(self.C * (x.T @ errors) + slopes, self.C * errors.sum())
            return float(self.C * likelihood + slopes @ slopes / 2), gradient

        bounds = [*[_bounds_of(direction) for direction in self.directions], (None, None)]
        found = minimize(loss, np.zeros(x.shape[1] + 1), jac=True, method="L-BFGS-B", bounds=bounds)
        self.coef_, self.intercept_ = found.x[None, :-1], found.x[-1:]
        self.classes_, self.n_features_in_ = np.array([False, True]), x.shape[1]
        self.n_iter_ = np.array([found.nit], dtype=np.int32)
        return self


def _weigh(labels: NDArray[np.float64], class_weight: str | None) -> NDArray[np.float64]:
    """Returns the weight of each row; "balanced" gives leavers and stayers the same total weight."""
    if class_weight is None:
        return np.ones(len(labels))
    share = labels.mean()
    return np.where(labels == 1, 0.5 / share, 0.5 / (1 - share))


def _bounds_of(direction: int) -> tuple[float | None, float | None]:
    return (0.0 if direction > 0 else None, 0.0 if direction < 0 else None)


def settle_directions(train: pl.DataFrame, params: "ModelParams") -> "ModelParams":
    """Returns the settings with a direction for each feature; features without a settled effect are left out.

    A higher price never lowers the risk. A feature without a declared direction gets the sign of its coefficient, if
    the coefficient's 95% interval lies on one side of zero. Words have no direction: none lies beyond a range.

    Args:
        train: the training part.
    """
    declared: dict[str, Direction] = dict(params.given.directions) | dict.fromkeys(params.given.prices, 1)
    filled = train.select(pl.col(params.given.numbers).fill_null(pl.col(params.given.numbers).median()))
    names = [name for name in params.features() if name in filled.columns and filled[name].n_unique() > 1]
    estimates, halves = _estimate(filled.select(names).to_numpy(), train["has_churned"].to_numpy(), params.logistic_c)
    settled = dict(declared)
    for name, estimate, half in zip(names, estimates, halves, strict=True):
        if not declared[name] and abs(estimate) > half:
            settled[name] = 1 if estimate > 0 else -1
    unsettled = [name for name in params.given.numbers if not settled[name] or name not in names]
    return replace(params, directions=tuple(settled.values()), left_out=tuple(unsettled))


def _estimate(
    values: NDArray[np.float64], labels: NDArray[np.bool_], strength: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Returns the standardised coefficients of a ridge logistic regression, and half the width of their intervals."""
    x = (values - values.mean(axis=0)) / values.std(axis=0)
    fitted = LogisticRegression(C=strength, max_iter=1000).fit(x, labels)
    probabilities = fitted.predict_proba(x)[:, 1]
    with_intercept = np.column_stack([x, np.ones(len(x))])
    information = (with_intercept * (probabilities * (1 - probabilities))[:, None]).T @ with_intercept
    penalty = np.append(np.ones(x.shape[1]), 0.0) / strength
    variances = np.diag(np.linalg.inv(information + np.diag(penalty)))[:-1]
    return fitted.coef_[0], _Z95 * np.sqrt(variances)
