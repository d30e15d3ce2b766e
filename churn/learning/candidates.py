"""The candidate models: whole pipelines from the feature frame to a probability.

Preprocessing lives inside the fitted pipeline, so nothing is refitted at score time. No class weights by default: they
leave the ranking alone and wreck the probabilities (mean 0.41 against a base rate of 0.27 on the public sample).
"""

import numpy as np
import polars as pl
from numpy.typing import NDArray
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from xgboost import XGBClassifier

from churn.contracts import DIRECTIONS, FEATURES, Predictor
from churn.learning.params import Family, ModelParams


def build_candidates(params: ModelParams, leaver_weight: float) -> dict[Family, Pipeline]:
    """Returns an unfitted pipeline per family.

    Args:
        leaver_weight: stayers per leaver in the training part; used only with balanced class weights.
    """
    scale_leavers = leaver_weight if params.class_weight else 1.0
    logistic = LogisticRegression(C=params.logistic_c, max_iter=1000, class_weight=params.class_weight)
    forest = RandomForestClassifier(
        n_estimators=params.forest_trees,
        min_samples_leaf=params.forest_leaf_rows,
        class_weight=params.class_weight,
        random_state=params.seed,
        n_jobs=2,
    )
    boosting = XGBClassifier(
        n_estimators=params.boosting_rounds,
        max_depth=params.boosting_depth,
        learning_rate=params.boosting_rate,
        subsample=0.8,
        colsample_bytree=0.8,
        monotone_constraints=tuple(DIRECTIONS[name] for name in FEATURES),
        scale_pos_weight=scale_leavers,
        random_state=params.seed,
        n_jobs=1,  # With 2 threads on 2 busy cores the same fit took between 0.07 and 10.8 s.
    )
    return {
        "logistic_regression": Pipeline([("scale", StandardScaler()), ("model", logistic)]),
        "random_forest": Pipeline([("model", forest)]),
        "xgboost": Pipeline([("model", boosting)]),
    }


def fit_candidate(pipeline: Pipeline, train: pl.DataFrame) -> Pipeline:
    """Fits a pipeline on the training part and returns it."""
    fitted: Pipeline = pipeline.fit(train.select(FEATURES), train["has_churned"].to_numpy())
    return fitted


def predict_leaving(predictor: Predictor, examples: pl.DataFrame) -> NDArray[np.float64]:
    """Returns (n,) probabilities of leaving for rows that hold the features."""
    return np.asarray(predictor.predict_proba(examples.select(FEATURES))[:, 1], dtype=np.float64)


def importances(family: Family, pipeline: Pipeline) -> pl.DataFrame:
    """Returns feature and importance, largest first.

    Standardised coefficient (signed log-odds per standard deviation) for the logistic regression, share of impurity or
    gain for trees.
    """
    model = pipeline.named_steps["model"]
    values = model.coef_[0] if family == "logistic_regression" else model.feature_importances_
    table = pl.DataFrame({"feature": FEATURES, "importance": np.asarray(values, dtype=np.float64)})
    return table.sort(pl.col("importance").abs(), descending=True)
