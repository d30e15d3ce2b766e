"""Learns why customers leave, from the reasons that leavers stated: a probability for each group of reasons.

The model is a multinomial logistic regression, mixed with the shares of the groups. The weight of the mixture is
chosen out of fold, so that the probabilities are calibrated: where the features say little, the answer is the shares.
"""

from collections.abc import Mapping

import numpy as np
import polars as pl
from numpy.typing import NDArray
from sklearn.compose import ColumnTransformer
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import VotingClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.model_selection import StratifiedKFold, StratifiedShuffleSplit, cross_val_predict
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from churn.contracts.features import FeatureSet
from churn.contracts.leaving_reasons import ReasonCount, ReasonFigures

FEWEST_LEAVERS = 300
"""With fewer leavers the interval of the gain is wider than any gain of real data."""
FEWEST_OF_A_GROUP = 20
OTHER = "other reasons"
SPLITS, TEST_SHARE = 10, 0.3
_STRENGTHS = (0.01, 0.1)
_WEIGHTS = tuple(round(0.1 * tenth, 1) for tenth in range(11))
_FOLDS, _MOST_WORDS, _FEWEST_ROWS = 3, 20, 20


def count_reasons(reasons: pl.Series, groups: Mapping[str, str]) -> tuple[ReasonCount, ...]:
    """Returns how many leavers stated each reason, by group: the most frequent group and reason first."""
    rows = pl.DataFrame({"reason": reasons, "group": reasons.replace(groups)})
    counted = rows.group_by("group", "reason").agg(leavers=pl.len())
    ranked = counted.with_columns(of_group=pl.col("leavers").sum().over("group"))
    ordered = ranked.sort("of_group", "group", "leavers", "reason", descending=[True, False, True, False])
    return tuple(ReasonCount(*row) for row in ordered.select("group", "reason", "leavers").iter_rows())


def group_reasons(reasons: pl.Series, groups: Mapping[str, str]) -> pl.Series:
    """Returns the group of each reason; groups of fewer than `FEWEST_OF_A_GROUP` leavers are one."""
    grouped = reasons.replace(groups)
    counted = grouped.value_counts(name="leavers")
    rare = counted.filter(pl.col("leavers") < FEWEST_OF_A_GROUP)[grouped.name]
    return grouped.replace(dict.fromkeys(rare, OTHER))


def fit_reasons(leavers: pl.DataFrame, groups: NDArray[np.str_], given: FeatureSet, seed: int = 7) -> VotingClassifier:
    """Returns the model: (n, groups) probabilities by `predict_proba`, in the order of `classes_`.

    Args:
        leavers: rows with the features, before the customers left.
        groups: (n,) the group of each leaver's reason.
        given: the features.
        seed: of the folds.
    """
    rows = leavers.select(given.names)
    folds = StratifiedKFold(_FOLDS, shuffle=True, random_state=seed)
    known, counts = np.unique(groups, return_counts=True)
    shares = np.tile(counts / len(groups), (len(groups), 1))
    tried = []
    for strength in _STRENGTHS:
        learned = cross_val_predict(_build(given, strength), rows, groups, cv=folds, method="predict_proba")
        for weight in _WEIGHTS:
            mixed = weight * learned + (1 - weight) * shares
            tried.append((float(log_loss(groups, mixed, labels=known)), weight, strength))
    _, weight, strength = min(tried)
    members = [("learned", _build(given, strength)), ("shares", DummyClassifier(strategy="prior"))]
    fitted: VotingClassifier = VotingClassifier(members, voting="soft", weights=[weight, 1 - weight]).fit(rows, groups)
    return fitted


def measure_reasons(leavers: pl.DataFrame, groups: NDArray[np.str_], given: FeatureSet, seed: int = 7) -> ReasonFigures:
    """Returns how models of 70% of the leavers do on the other 30%, over repeated splits."""
    known = np.unique(groups)
    splits = StratifiedShuffleSplit(SPLITS, test_size=TEST_SHARE, random_state=seed)
    losses = []
    for train, test in splits.split(groups, groups):
        model = fit_reasons(leavers[train], groups[train], given, seed)
        shares = np.array([(groups[train] == group).mean() for group in known])
        own = log_loss(groups[test], model.predict_proba(leavers[test].select(given.names)), labels=known)
        losses.append((own, log_loss(groups[test], np.tile(shares, (len(test), 1)), labels=known)))
    own, by_shares = np.array(losses).T
    gains = by_shares - own
    # The splits share leavers, so the usual standard error is too small: Nadeau and Bengio (2003). 2.262: t, 9 degrees.
    half = 2.262 * float(gains.std(ddof=1)) * float(np.sqrt(1 / SPLITS + TEST_SHARE / (1 - TEST_SHARE)))
    gain = float(gains.mean())
    return ReasonFigures(SPLITS, float(own.mean()), float(by_shares.mean()), gain, gain - half, gain + half)


def _build(given: FeatureSet, strength: float) -> Pipeline:
    numbers = [given.names.index(name) for name in given.numbers]
    words = [given.names.index(name) for name in given.words]
    fill = SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True)
    flags = OneHotEncoder(
        handle_unknown="infrequent_if_exist",
        min_frequency=_FEWEST_ROWS,
        max_categories=_MOST_WORDS,
        sparse_output=False,
    )
    encoder = ColumnTransformer(
        [("numbers", Pipeline([("fill", fill), ("scale", StandardScaler())]), numbers), ("words", flags, words)]
    )
    return Pipeline([("encode", encoder), ("model", LogisticRegression(C=strength, max_iter=1000))])
