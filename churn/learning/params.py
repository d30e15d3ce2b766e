"""The settings of a training, and the fingerprint that identifies a training. Imports no machine learning library."""

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import Literal

import numpy as np
import polars as pl

from churn.contracts.features import DIRECTIONS, FEATURES

Family = Literal["logistic_regression", "random_forest", "xgboost", "average"]
FAMILIES: tuple[Family, ...] = ("logistic_regression", "random_forest", "xgboost")
"""The families that are fitted. The average is made of two of them."""


@dataclass(frozen=True)
class ModelParams:
    """All settings of a training, frozen, hashed and logged.

    Attributes:
        seed: the seed of the split, the models and the bootstrap.
        class_weight: "balanced" gives leavers a larger weight. Probabilities are then too high.
        logistic_c: the inverse strength of the ridge penalty.
        boosting_depth: 1 makes the trees additive: they lose nothing on the public sample, and their reasons are exact
            and cheap. Deeper trees may find interactions in other data.
        boosting_columns: the share of the features that each tree may use.
        left_out: the features that the models do not get.
        directions: the direction of each feature of FEATURES in every family; None for labels without a horizon: then
            the declared directions bind the boosted trees only.
    """

    seed: int = 20
    class_weight: Literal["balanced"] | None = None
    logistic_c: float = 0.1
    forest_trees: int = 300
    forest_leaf_rows: int = 15
    boosting_rounds: int = 600
    boosting_depth: int = 1
    boosting_rate: float = 0.05
    boosting_columns: float = 0.4
    left_out: tuple[str, ...] = ()
    directions: tuple[int, ...] | None = None

    def features(self) -> tuple[str, ...]:
        """Returns the features that the models get, in order."""
        return tuple(name for name in FEATURES if name not in self.left_out)

    def kept_directions(self) -> tuple[int, ...]:
        """Returns the direction of each feature that the models get."""
        directions = self.directions or tuple(DIRECTIONS.values())
        return tuple(one for name, one in zip(FEATURES, directions, strict=True) if name not in self.left_out)

    def fingerprint(self) -> str:
        """Returns the SHA-256 of all settings and of the feature list."""
        settings = {name: value for name, value in asdict(self).items() if name != "directions" or value is not None}
        text = json.dumps({**settings, "features": DIRECTIONS}, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()


def fingerprint_training(examples: pl.DataFrame, params: ModelParams, horizon: str | None = None) -> str:
    """Returns the SHA-256 of the examples, all settings and the horizon. The order of the rows does not matter."""
    dated = ["as_of_date"] if "as_of_date" in examples.columns else []
    ordered = examples.sort("customer_id", *dated).select("customer_id", "has_churned", *FEATURES)
    digest = hashlib.sha256(f"{params.fingerprint()}{horizon or ''}".encode())
    digest.update("\n".join(ordered["customer_id"].to_list()).encode())
    digest.update(ordered["has_churned"].to_numpy().tobytes())
    digest.update(np.ascontiguousarray(ordered.select(FEATURES).to_numpy()).tobytes())
    return digest.hexdigest()
