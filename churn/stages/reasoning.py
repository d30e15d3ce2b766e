"""Learns why customers leave from the reasons that leavers stated, and registers what the columns tell of it."""

import hashlib
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import polars as pl

from churn.contracts.features import FeatureSet
from churn.contracts.leaving_reasons import ReasonTraining
from churn.intake.declaring import read_declared
from churn.stages import Outcome
from churn.stages.segmenting import KEPT_DAYS
from churn.stores.ledgers import reason_trainings
from churn.stores.model_registry.recording_reasons import record_reason_training
from churn.stores.rows.stated_reasons import read_stated
from churn.stores.workplace import Workplace
from churn.timeline import now_utc


def renew_reasons(workplace: Workplace, as_of_date: date, retrain: bool = False) -> Outcome:
    """Learns why customers leave from the reasons that are known on a date, and writes the verdict to the ledger.

    Unless `retrain` is set, a model or a verdict that is younger than `KEPT_DAYS` is kept; nothing is done if no leaver
    stated a reason. Words that the declaration calls involuntary are no reason to leave.

    Raises:
        RegistryDown: MLflow did not answer. Nothing was written.
    """
    engine, declaration = workplace.engine, read_declared(workplace.settings)
    column = declaration.reason_column
    newest = reason_trainings.find_newest(engine)
    if newest is not None and not retrain and newest.verdict != "too few" and _is_fresh(newest, as_of_date):
        return Outcome(f"the reasons of {newest.as_of_date} are kept: {newest.sentence()}", True)
    given = declaration.features.of_one_date()
    stated = read_stated(engine, as_of_date, given.names, column.name if column else None)
    if column is not None:
        stated = stated.filter(~pl.col("reason").is_in(column.involuntary))
    if stated.is_empty():
        return Outcome("no leaver stated a reason", True)
    if newest is not None and not retrain and newest.leavers_count == stated.height:
        return Outcome(newest.sentence(), True)
    made = _learn(workplace, stated, dict(column.reason_groups) if column else {}, given, as_of_date)
    reason_trainings.record_reasons(engine, made, now_utc())
    return Outcome(made.sentence())


def _learn(
    workplace: Workplace, stated: pl.DataFrame, groups: dict[str, str], given: FeatureSet, as_of_date: date
) -> ReasonTraining:
    # Imports scikit-learn, which a day that keeps its model does not need.
    from churn.learning.leaving_reasons import (
        FEWEST_LEAVERS,
        count_reasons,
        fit_reasons,
        group_reasons,
        measure_reasons,
    )

    counts = count_reasons(stated["reason"], groups)
    few = ReasonTraining(as_of_date, "too few", stated.height, counts, _fingerprint(stated))
    grouped = group_reasons(stated["reason"], groups).to_numpy().astype(str)
    if stated.height < FEWEST_LEAVERS or len(np.unique(grouped)) < 2:
        return few
    figures = measure_reasons(stated, grouped, given)
    made = replace(few, verdict="told" if figures.gain_low > 0 else "not told", figures=figures)
    model = fit_reasons(stated, grouped, given)
    last_version = reason_trainings.find_last_version(workplace.engine)
    registered = record_reason_training(workplace.settings, made, model, _invent(stated, given), last_version)
    return replace(made, model=registered)


def _invent(stated: pl.DataFrame, given: FeatureSet) -> pl.DataFrame:
    """Returns one customer who does not exist: the median of each number, the most frequent word."""
    return stated.select(
        pl.col(name).mode().first() if name in given.words else pl.col(name).median() for name in given.names
    )


def _fingerprint(stated: pl.DataFrame) -> str:
    return hashlib.sha256(stated.write_csv().encode()).hexdigest()


def _is_fresh(newest: ReasonTraining, as_of_date: date) -> bool:
    return newest.as_of_date > as_of_date - timedelta(days=KEPT_DAYS)
