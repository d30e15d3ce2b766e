"""The weight of an example: how many customers it stands for.

Customers whom a campaign contacted are no examples, since nobody knows whether they would have left without the
contact. Those whom the same draw held out stand for them: with 20% held out, each counts five times. So the examples
have the mix of all customers again, and the probabilities are those of leaving if nobody calls. Fits, levels and base
rates use the weights; the figures of a test part count each of its examples once.
"""

import numpy as np
import polars as pl
from numpy.typing import NDArray


def find_weights(examples: pl.DataFrame) -> NDArray[np.float64] | None:
    """Returns (n,) the weights of the examples; None if each stands for itself alone."""
    if "weight" not in examples.columns or bool((examples["weight"] == 1).all()):
        return None  # Without weights a fit has the same bits as before there were campaigns.
    return examples["weight"].to_numpy()


def leaver_share(examples: pl.DataFrame) -> float:
    """Returns the share of the customers who left, each example counted with its weight."""
    return float(np.average(examples["has_churned"].to_numpy(), weights=find_weights(examples)))
