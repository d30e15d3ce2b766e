"""Which candidate goes on: the best validation PR-AUC, then the best log loss, then the simplest.

A validation part of 705 customers cannot tell these candidates apart by one figure: picking the best log loss among
those level in PR-AUC chose the forest in 8 of 60 splits and cost 0.001 log loss and 0.003 PR-AUC on the test parts.
So differences inside the bootstrap's noise count as none, in either figure, and what is left goes to the model that is
easiest to explain. A composed candidate comes last in that order: it must be better beyond chance to be chosen at all.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from churn.learning.figures import bootstrap_weights, weighted_figures
from churn.learning.params import Family

SIMPLEST_FIRST: tuple[Family, ...] = ("logistic_regression", "xgboost", "random_forest", "average")


def select(
    labels: NDArray[np.bool_], probabilities: Mapping[Family, NDArray[np.float64]], seed: int
) -> tuple[Family, str]:
    """Picks a candidate by its probabilities on the validation part.

    Returns:
        The family and the reason in words.
    """
    weights = np.vstack([np.ones(len(labels)), bootstrap_weights(len(labels), seed)])
    figures = {family: weighted_figures(labels, own, weights) for family, own in probabilities.items()}
    level = _level_with_best({family: own["pr_auc"] for family, own in figures.items()})
    if len(level) == 1:
        return level[0], f"{level[0]} has the best validation PR-AUC, beyond chance"
    closest = _level_with_best({family: -figures[family]["log_loss"] for family in level})
    winner = min(closest, key=SIMPLEST_FIRST.index)
    if len(closest) == 1:
        return winner, f"{winner} has the best validation log loss, beyond chance, of those level in PR-AUC"
    others = ", ".join(sorted(set(closest) - {winner}))
    return winner, f"{winner} is the simplest of those level in validation PR-AUC and log loss ({others})"


def _level_with_best(replicates: Mapping[Family, NDArray[np.float64]]) -> list[Family]:
    """Families not below the best one in 97.5 % of the paired replicates (all values but the first).

    A replicate that drew no leaver has no PR-AUC, and tells nothing; of few leavers there are some.
    """
    best = replicates[max(replicates, key=lambda family: replicates[family][0])]
    return [family for family, own in replicates.items() if np.nanquantile((best - own)[1:], 0.025) <= 0]
