"""The candidate models: complete pipelines from the feature frame to a probability.

Preprocessing is part of the fitted pipeline, so that scoring fits nothing. The default is no class weights: they do not
change the ranking, but make the probabilities wrong (mean 0.41, base rate 0.27 on the public sample).
"""

import json
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

from churn.contracts.scores import Predictor, feature_names
from churn.learning.averaging import LogOddsAverage, LogOddsStack
from churn.learning.bounded import BoundedModel, unwrap
from churn.learning.directed import DirectedLogistic
from churn.learning.encoding import encode_directions, find_sources, fit_encoder
from churn.learning.params import Family, ModelParams
from churn.learning.weighting import find_weights, leaver_share

HORIZON_LEAF_WEIGHT = 5.0
"""The least weight of a leaf of deep trees in a model with a horizon: p x (1 - p), added up over its customers."""

Model: TypeAlias = Pipeline | LogOddsAverage | LogOddsStack | BoundedModel


def build_candidate(family: Family, params: ModelParams, train: pl.DataFrame) -> Pipeline:
    """Returns the unfitted pipeline of a family.

    Args:
        train: the training part, to which the encoding of words and the weight of leavers are fitted.
    """
    encoder, directions = _choose_columns(params, train, fills_blanks=not family.startswith("xgboost"))
    match family:
        case "logistic_regression":
            steps = [("scale", StandardScaler()), ("model", _logistic(params, directions))]
        case "random_forest":
            steps = [("model", _forest(params, directions))]
        case "xgboost":
            steps = [("model", _boosting(params, directions, train, params.boosting_rounds, params.boosting_depth))]
        case "xgboost_deep":
            model = _boosting(params, directions, train, params.deep_rounds, params.deep_depth)
            steps = [("model", _hold_still(model, params, encoder))]
    return Pipeline([*encoder, *steps])


def _hold_still(
    model: XGBClassifier, params: ModelParams, encoder: list[tuple[str, ColumnTransformer]]
) -> XGBClassifier:
    """Returns the deep trees; in a model with a horizon few customers never decide for all where prices move.

    Prices move for everybody at once, to the edge of what was seen. There, trees that combine a price with other
    features follow single customers: in 3 of 20 simulated telecoms, a tariff above every price raised the mean risk by
    25% to 51%, although it changes nothing. So no tree combines a price, and a leaf needs about a hundred customers.
    """
    if params.directions is None:
        return model
    apart = _keep_prices_apart(params, encoder)
    held: XGBClassifier = model.set_params(interaction_constraints=apart, min_child_weight=HORIZON_LEAF_WEIGHT)
    return held


def _keep_prices_apart(params: ModelParams, encoder: list[tuple[str, ColumnTransformer]]) -> str:
    """Returns which columns a tree may combine, in XGBoost's notation: every price stands alone."""
    names = params.features()
    if encoder and encoder[0][0] == "encode":
        names = tuple(params.given.names[source] for source in find_sources(encoder[0][1]))
    prices = [place for place, name in enumerate(names) if name in params.given.prices]
    others = [place for place in range(len(names)) if place not in prices]
    # As text: XGBoost takes numbers in a list for names if the rows have names.
    groups = [others, *([price] for price in prices)]
    return json.dumps([group for group in groups if group])


def _choose_columns(
    params: ModelParams, train: pl.DataFrame, fills_blanks: bool
) -> tuple[list[tuple[str, ColumnTransformer]], tuple[int, ...]]:
    """Returns the first step of a pipeline, if it needs one, and the direction of each column behind it."""
    if not params.given.is_plain:
        encoder = fit_encoder(params, train, fills_blanks)
        return [("encode", encoder)], encode_directions(encoder, params.given_directions())
    kept = [params.given.names.index(name) for name in params.features()]
    keep = [("keep", ColumnTransformer([("kept", "passthrough", kept)]))] if params.left_out else []
    return keep, params.kept_directions()


def _logistic(params: ModelParams, directions: tuple[int, ...]) -> LogisticRegression:
    if params.directions is not None:
        return DirectedLogistic(directions, C=params.logistic_c, class_weight=params.class_weight)
    return LogisticRegression(C=params.logistic_c, max_iter=1000, class_weight=params.class_weight)


def _forest(params: ModelParams, directions: tuple[int, ...]) -> RandomForestClassifier:
    return RandomForestClassifier(
        n_estimators=params.forest_trees,
        min_samples_leaf=params.forest_leaf_rows,
        class_weight=params.class_weight,
        monotonic_cst=None if params.directions is None else list(directions),
        random_state=params.seed,
        n_jobs=2,
    )


def _boosting(
    params: ModelParams, directions: tuple[int, ...], train: pl.DataFrame, rounds: int, depth: int
) -> XGBClassifier:
    leavers = leaver_share(train)
    return XGBClassifier(
        n_estimators=rounds,
        max_depth=depth,
        learning_rate=params.boosting_rate,
        subsample=0.8,
        colsample_bytree=params.boosting_columns,
        monotone_constraints=directions,
        scale_pos_weight=(1 - leavers) / leavers if params.class_weight else 1.0,
        random_state=params.seed,
        n_jobs=1,  # With 2 threads on 2 busy cores the same fit took between 0.07 and 10.8 s.
    )


def fit_candidate(family: Family, train: pl.DataFrame, params: ModelParams) -> Pipeline:
    """Fits the pipeline of a family."""
    pipeline = build_candidate(family, params, train)
    weights = find_weights(train)
    weighted = {} if weights is None else {"model__sample_weight": weights}
    fitted: Pipeline = pipeline.fit(train.select(params.given.names), train["has_churned"].to_numpy(), **weighted)
    if isinstance(fitted.named_steps["model"], RandomForestClassifier):
        # Threads add up the trees' votes in any order, and a sum of floats depends on the order. With one thread a
        # prediction has the same bits every time.
        fitted.named_steps["model"].set_params(n_jobs=1)
    return fitted


def predict_leaving(predictor: Predictor, examples: pl.DataFrame) -> NDArray[np.float64]:
    """Returns (n,) probabilities of leaving for rows with the features."""
    return np.asarray(predictor.predict_proba(examples.select(feature_names(predictor)))[:, 1], dtype=np.float64)


def _name_columns(model: Pipeline, params: ModelParams) -> list[str]:
    """Returns a name for each column that the last step gets: its feature, and for the flag of a word the word too."""
    if "encode" not in model.named_steps:
        return list(params.features())
    return [name.split("__", 1)[1] for name in model.named_steps["encode"].get_feature_names_out()]


def importances(model: Model, params: ModelParams) -> pl.DataFrame:
    """Returns feature and importance, the largest first.

    The importance is the standardised coefficient (signed log-odds per standard deviation) for the logistic regression,
    and the share of impurity or gain for trees. The average and the stack have none; their members have their own.
    """
    model = unwrap(model)
    if isinstance(model, LogOddsStack) and len(model.members) == 1:
        model = model.members[0]
    if isinstance(model, LogOddsAverage | LogOddsStack):
        return pl.DataFrame(schema={"feature": pl.String, "importance": pl.Float64})
    fitted = model.named_steps["model"]
    values = fitted.coef_[0] if isinstance(fitted, LogisticRegression) else fitted.feature_importances_
    table = pl.DataFrame({"feature": _name_columns(model, params), "importance": np.asarray(values, dtype=np.float64)})
    return table.sort(pl.col("importance").abs(), descending=True)
