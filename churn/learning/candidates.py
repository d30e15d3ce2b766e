"""The candidate models: complete pipelines from the feature frame to a probability.

Preprocessing is part of the fitted pipeline, so that scoring fits nothing. The default is no class weights: they do not
change the ranking, but make the probabilities wrong (mean 0.41, base rate 0.27 on the public sample).
"""

from typing import TypeAlias

import numpy as np
import polars as pl
from numpy.typing import NDArray
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from xgboost import XGBClassifier

from churn.contracts.features import FEATURES
from churn.contracts.scores import Predictor
from churn.learning.averaging import LogOddsAverage
from churn.learning.bounded import BoundedModel, unwrap
from churn.learning.directed import DirectedLogistic
from churn.learning.params import Family, ModelParams

Model: TypeAlias = Pipeline | LogOddsAverage | BoundedModel


def build_candidates(params: ModelParams, leaver_weight: float) -> dict[Family, Pipeline]:
    """Returns an unfitted pipeline for each family.

    Args:
        leaver_weight: stayers per leaver in the training part; only balanced class weights use it.
    """
    return {
        "logistic_regression": _pipeline(params, StandardScaler(), _logistic(params)),
        "random_forest": _pipeline(params, None, _forest(params)),
        "xgboost": _pipeline(params, None, _boosting(params, leaver_weight if params.class_weight else 1.0)),
    }


def _logistic(params: ModelParams) -> LogisticRegression:
    if params.directions is not None:
        return DirectedLogistic(params.kept_directions(), C=params.logistic_c, class_weight=params.class_weight)
    return LogisticRegression(C=params.logistic_c, max_iter=1000, class_weight=params.class_weight)


def _forest(params: ModelParams) -> RandomForestClassifier:
    return RandomForestClassifier(
        n_estimators=params.forest_trees,
        min_samples_leaf=params.forest_leaf_rows,
        class_weight=params.class_weight,
        monotonic_cst=None if params.directions is None else list(params.kept_directions()),
        random_state=params.seed,
        n_jobs=2,
    )


def _boosting(params: ModelParams, leaver_weight: float) -> XGBClassifier:
    return XGBClassifier(
        n_estimators=params.boosting_rounds,
        max_depth=params.boosting_depth,
        learning_rate=params.boosting_rate,
        subsample=0.8,
        colsample_bytree=params.boosting_columns,
        monotone_constraints=params.kept_directions(),
        scale_pos_weight=leaver_weight,
        random_state=params.seed,
        n_jobs=1,  # With 2 threads on 2 busy cores the same fit took between 0.07 and 10.8 s.
    )


def _pipeline(params: ModelParams, scaler: StandardScaler | None, model: object) -> Pipeline:
    """Returns the steps: drop the features that are left out, scale (if a scaler is given), predict."""
    kept = [FEATURES.index(name) for name in params.features()]
    steps = [("keep", ColumnTransformer([("kept", "passthrough", kept)]))] if params.left_out else []
    steps += [("scale", scaler)] if scaler is not None else []
    return Pipeline([*steps, ("model", model)])


def fit_candidates(train: pl.DataFrame, params: ModelParams) -> dict[Family, Model]:
    """Fits every family on the training part, and averages the log-odds of the two families with smooth log-odds."""
    leavers = float(train["has_churned"].to_numpy().mean())
    fitted: dict[Family, Model] = {
        family: fit_candidate(pipeline, train)
        for family, pipeline in build_candidates(params, (1 - leavers) / leavers).items()
    }
    return {**fitted, "average": LogOddsAverage([fitted["logistic_regression"], fitted["xgboost"]])}


def fit_family(family: Family, train: pl.DataFrame, params: ModelParams) -> Model:
    """Fits one family."""
    leavers = float(train["has_churned"].to_numpy().mean())
    pipelines = build_candidates(params, (1 - leavers) / leavers)
    if family != "average":
        return fit_candidate(pipelines[family], train)
    return LogOddsAverage([fit_candidate(pipelines[member], train) for member in ("logistic_regression", "xgboost")])


def fit_candidate(pipeline: Pipeline, train: pl.DataFrame) -> Pipeline:
    """Fits a pipeline on the training part and returns it."""
    fitted: Pipeline = pipeline.fit(train.select(FEATURES), train["has_churned"].to_numpy())
    if isinstance(fitted.named_steps["model"], RandomForestClassifier):
        # Threads add up the trees' votes in any order, and a sum of floats depends on the order. With one thread a
        # prediction has the same bits every time.
        fitted.named_steps["model"].set_params(n_jobs=1)
    return fitted


def predict_leaving(predictor: Predictor, examples: pl.DataFrame) -> NDArray[np.float64]:
    """Returns (n,) probabilities of leaving for rows with the features."""
    return np.asarray(predictor.predict_proba(examples.select(FEATURES))[:, 1], dtype=np.float64)


def importances(model: Model, params: ModelParams) -> pl.DataFrame:
    """Returns feature and importance, the largest first.

    The importance is the standardised coefficient (signed log-odds per standard deviation) for the logistic regression,
    and the share of impurity or gain for trees. The average has none; its members have their own.
    """
    model = unwrap(model)
    if isinstance(model, LogOddsAverage):
        return pl.DataFrame(schema={"feature": pl.String, "importance": pl.Float64})
    fitted = model.named_steps["model"]
    values = fitted.coef_[0] if isinstance(fitted, LogisticRegression) else fitted.feature_importances_
    table = pl.DataFrame({"feature": params.features(), "importance": np.asarray(values, dtype=np.float64)})
    return table.sort(pl.col("importance").abs(), descending=True)
