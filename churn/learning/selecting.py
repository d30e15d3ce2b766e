"""Selects the candidate: the best validation PR-AUC, then the best log loss, then the simplest model.

A validation part of 705 customers cannot separate the candidates by one figure. A first version took the best log loss
among the candidates that are level in PR-AUC: it selected the forest in 8 of 60 splits, which cost 0.001 log loss and
0.003 PR-AUC on the test parts. So a difference within the noise of the bootstrap counts as no difference, in both
figures, and among level candidates the model that is easiest to explain wins. The average and the stack come last in
that order: each is selected only if it is better beyond chance, which is the gate's margin too.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from churn.learning.figures import bootstrap_weights, weighted_figures
from churn.learning.params import Family

SIMPLEST_FIRST: tuple[Family, ...] = (
    "logistic_regression",
    "xgboost",
    "random_forest",
    "xgboost_deep",
    "average",
    "stack",
)


def select(
    labels: NDArray[np.bool_], probabilities: Mapping[Family, NDArray[np.float64]], seed: int
) -> tuple[Family, str]:
    """Selects a candidate by the probabilities on the validation part.

    Returns:
        The family, and the reason in words.
    """
    weights = np.vstack([np.ones(len(labels)), bootstrap_weights(len(labels), seed)])
    figures = {family: weighted_figures(labels, own, weights) for family, own in probabilities.items()}
    level = _level_with_best({family: own["pr_auc"] for family, own in figures.items()})
    if len(level) == 1:
        return level[0], f"{level[0]} has the best validation PR-AUC beyond chance"
    closest = _level_with_best({family: -figures[family]["log_loss"] for family in level})
    winner = min(closest, key=SIMPLEST_FIRST.index)
    if len(closest) == 1:
        return winner, f"{winner} has the best validation log loss beyond chance; others are level with it in PR-AUC"
    others = ", ".join(sorted(set(closest) - {winner}))
    return winner, f"{winner} is simpler than {others}, and they are level in validation PR-AUC and log loss"


def _level_with_best(replicates: Mapping[Family, NDArray[np.float64]]) -> list[Family]:
    """Returns the families that are not below the best one in 97.5% of the paired replicates.

    The first value of each array is the figure itself; the others are the replicates. A replicate without a leaver has
    no PR-AUC (NaN) and is left out.
    """
    # The best by its own figure, and then paired replicate by replicate: the draws are the same for all families.
    best = replicates[max(replicates, key=lambda family: replicates[family][0])]
    return [family for family, own in replicates.items() if np.nanquantile((best - own)[1:], 0.025) <= 0]
