"""The settings of a training, and the fingerprint that identifies a training. Imports no machine learning library."""

import hashlib
import json
from dataclasses import asdict, dataclass, fields
from typing import Literal

import numpy as np
import polars as pl

from churn.contracts.features import SHIPPED_FEATURES, FeatureSet
from churn.learning.weighting import find_weights

Family = Literal["logistic_regression", "random_forest", "xgboost", "xgboost_deep", "average", "stack"]
FAMILIES: tuple[Family, ...] = ("logistic_regression", "random_forest", "xgboost", "xgboost_deep")
"""The families that are fitted. The average is made of two of them, the stack of three."""

_LATER = ("directions", "deep_rounds", "deep_depth")


@dataclass(frozen=True)
class ModelParams:
    """All settings of a training, frozen, hashed and logged.

    Attributes:
        seed: the seed of the split, the models and the bootstrap.
        class_weight: "balanced" gives leavers a larger weight. The probabilities, then too high, are calibrated.
        logistic_c: the inverse strength of the ridge penalty.
        boosting_depth: the depth of the trees of xgboost. 1 makes them additive: they lose nothing on the public
            sample, and their reasons are exact and cheap.
        deep_rounds, deep_depth: the same of xgboost_deep, whose trees find interactions. On other companies' files they
            win .01 to .28 of PR-AUC.
        boosting_columns: the share of the features that each tree may use.
        left_out: the features that the models do not get.
        directions: the direction of each given feature in every family; None for labels without a horizon: then the
            declared directions bind the boosted trees only.
        given: the features of the examples.
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
    deep_rounds: int = 150
    deep_depth: int = 3
    left_out: tuple[str, ...] = ()
    directions: tuple[int, ...] | None = None
    given: FeatureSet = SHIPPED_FEATURES

    def features(self) -> tuple[str, ...]:
        """Returns the features that the models get, in order."""
        return tuple(name for name in self.given.names if name not in self.left_out)

    def kept_directions(self) -> tuple[int, ...]:
        """Returns the direction of each feature that the models get."""
        pairs = zip(self.given.names, self.given_directions(), strict=True)
        return tuple(direction for name, direction in pairs if name not in self.left_out)

    def given_directions(self) -> tuple[int, ...]:
        """Returns the direction of each given feature."""
        return self.directions or tuple(direction for _, direction in self.given.directions)

    def settings(self) -> dict[str, object]:
        """Returns every setting but the given features, as a record of the training keeps them."""
        return {name: value for name, value in asdict(self).items() if name != "given"}

    def fingerprint(self) -> str:
        """Returns the SHA-256 of all settings and of the feature list."""
        # A setting of a later release counts only if it was changed: an upgrade trains nothing again.
        later = {field.name: field.default for field in fields(self) if field.name in _LATER}
        settings = {name: value for name, value in self.settings().items() if later.get(name, ...) != value}
        text = json.dumps({**settings, "features": dict(self.given.directions)}, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()


def fingerprint_training(examples: pl.DataFrame, params: ModelParams, horizon: str | None = None) -> str:
    """Returns the SHA-256 of the examples, all settings and the horizon. The order of the rows does not matter."""
    dated = ["as_of_date"] if "as_of_date" in examples.columns else []
    sorted_examples = examples.sort("customer_id", *dated)
    ordered = sorted_examples.select("customer_id", "has_churned", *params.given.names)
    digest = hashlib.sha256(f"{params.fingerprint()}{horizon or ''}".encode())
    digest.update("\n".join(ordered["customer_id"].to_list()).encode())
    digest.update(ordered["has_churned"].to_numpy().tobytes())
    if (weights := find_weights(sorted_examples)) is not None:
        digest.update(weights.tobytes())
    digest.update(np.ascontiguousarray(ordered.select(params.given.numbers).to_numpy()).tobytes())
    for name in params.given.words:
        digest.update("\n".join(ordered[name].to_list()).encode())
    return digest.hexdigest()
