"""Cross-validation inside the training part: five folds, assigned by a seeded hash of the customer number."""

from collections.abc import Callable

import numpy as np
import polars as pl
from numpy.typing import NDArray

from churn.contracts.scores import Predictor
from churn.learning.candidates import predict_leaving
from churn.learning.figures import log_losses
from churn.learning.splitting import hash_order

FOLDS = 5
Fit = Callable[[pl.DataFrame], Predictor]


def split_folds(train: pl.DataFrame, seed: int) -> list[tuple[pl.DataFrame, pl.DataFrame]]:
    """Returns (fitted on, measured on) for each fold. Each customer is measured on exactly once."""
    # maintain_order: the same seed must give the same folds, and `unique` promises no order otherwise.
    customers = train["customer_id"].unique(maintain_order=True)
    fold = np.empty(len(customers), dtype=np.int64)
    fold[hash_order(customers.to_list(), seed)] = np.arange(len(customers)) % FOLDS
    folds = train["customer_id"].replace_strict(customers, pl.Series(fold))
    return [(train.filter(folds != number), train.filter(folds == number)) for number in range(FOLDS)]


def predict_out_of_fold(train: pl.DataFrame, seed: int, fit: Fit) -> pl.DataFrame:
    """Returns has_churned, monthly_charges and churn_probability of each customer.

    The probability is from a model that was not fitted on the customer.
    """
    return pl.concat(
        tried.select(
            "has_churned", "monthly_charges", pl.Series("churn_probability", predict_leaving(fit(learned), tried))
        )
        for learned, tried in split_folds(train, seed)
    )


def losses_by_fold(folds: list[tuple[pl.DataFrame, pl.DataFrame]], fit: Fit) -> NDArray[np.float64]:
    """Returns (FOLDS,) mean log losses, each on the part of the fold that the model was not fitted on."""
    losses = [
        log_losses(tried["has_churned"].to_numpy(), predict_leaving(fit(learned), tried)).mean()
        for learned, tried in folds
    ]
    return np.array(losses)
