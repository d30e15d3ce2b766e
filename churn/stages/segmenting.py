"""Divides the customers into segments, and finds what scores say of customers beside their probability."""

import logging
from datetime import date, timedelta
from typing import TYPE_CHECKING

import polars as pl

from churn.contracts.features import FeatureSet
from churn.contracts.scores import feature_names
from churn.contracts.segments import Segmentation
from churn.errors import ChurnError
from churn.intake.declaring import read_declared
from churn.scoring.portrait import Portrait, ReasonTeller
from churn.stages import Outcome
from churn.stores.ledgers import reason_trainings, segmentations
from churn.stores.model_registry.loading import load_predictor
from churn.stores.rows import features
from churn.stores.workplace import Workplace
from churn.timeline import now_utc

if TYPE_CHECKING:
    from sqlalchemy import Engine

_log = logging.getLogger("churn.models")
KEPT_DAYS = 30
"""A training makes new segments only if the newest ones are older: people get used to segments."""


def renew_segments(workplace: Workplace, as_of_date: date, refit: bool = False) -> Outcome:
    """Makes new segments from the active customers of a date; segments that stay about the same keep their numbers.

    Unless `refit` is set, segments that are younger than `KEPT_DAYS` are kept, if the declaration still has their
    features.

    Raises:
        NotThere: the date has no features.
    """
    engine, given = workplace.engine, read_declared(workplace.settings).features
    before = segmentations.find_newest(engine)
    if before is not None and not refit and _is_fresh(before, as_of_date) and is_known(before.columns, given):
        return Outcome(f"the {len(before.segments)} segments of {before.as_of_date} are kept", True)
    # Imports scikit-learn, which a day that keeps its segments does not need.
    from churn.learning.segmenting import FEWEST_CUSTOMERS, fit_segments, number_as_before

    made = fit_segments(_read_active(engine, as_of_date, given), given, as_of_date)
    if made is None:
        return Outcome(f"no segments: they need {FEWEST_CUSTOMERS} active customers who differ", True)
    numbered = number_as_before(made, before, segmentations.find_highest_number(engine))
    segmentations.record_segmentation(engine, numbered, now_utc())
    return Outcome(f"{len(made.segments)} customer segments (stability {made.stability:.2f})")


def make_portrait(workplace: Workplace) -> Portrait:
    """Returns what scores say of customers beside their probability; what the declaration lacks by now is left out."""
    given = read_declared(workplace.settings).features
    newest = segmentations.find_newest(workplace.engine)
    return Portrait(
        newest if newest is not None and is_known(newest.columns, given) else None, _load_reasons(workplace, given)
    )


def _load_reasons(workplace: Workplace, given: FeatureSet) -> ReasonTeller | None:
    """Returns the newest model of reasons; None if the newest attempt told nothing, or the model cannot be loaded."""
    newest = reason_trainings.find_newest(workplace.engine)
    if newest is None or newest.model is None:
        return None
    try:
        predictor = load_predictor(workplace.settings, newest.model)
    except ChurnError as error:
        # The list of the day is worth more than the reasons beside it.
        _log.warning("The scores say nothing of likely reasons. %s", error)
        return None
    groups = tuple(map(str, predictor.classes_))  # type: ignore[attr-defined]
    return ReasonTeller(predictor, groups, newest.model.version) if is_known(feature_names(predictor), given) else None


def is_known(columns: tuple[str, ...], given: FeatureSet) -> bool:
    """Returns whether the declaration in force has all of some features."""
    return set(columns) <= set(given.names)


def _is_fresh(before: Segmentation, as_of_date: date) -> bool:
    return before.as_of_date > as_of_date - timedelta(days=KEPT_DAYS)


def _read_active(engine: "Engine", as_of_date: date, given: FeatureSet) -> pl.DataFrame:
    rows = pl.concat(features.read_features(engine, as_of_date, given))
    return rows.filter(~pl.col("has_churned"))
