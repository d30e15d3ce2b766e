"""Finds where the risk tiers begin on the dates that a model scores, by the company's policy."""

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from numpy.typing import NDArray

from churn.contracts.decisions import Promotion
from churn.economics.policies import load_policies
from churn.economics.tiers import Tiers, choose_rule, resolve_tiers
from churn.errors import NotThere
from churn.intake.declaring import read_declared
from churn.scoring.scores import Scorer
from churn.stores.ledgers import promotions
from churn.stores.postgres.copying import run_ahead
from churn.stores.rows import features
from churn.stores.workplace import Workplace

if TYPE_CHECKING:
    from sqlalchemy import Engine


def resolve_days(workplace: Workplace, scorer: Scorer, model_version: int, days: Sequence[date]) -> dict[date, Tiers]:
    """Returns the tiers of each day, by the policy in force.

    Raises:
        NotThere: the rule is lift, and the ledger has no share of leavers of the model.
    """
    policy, engine = load_policies(workplace.settings.policies).tiers, workplace.engine
    decision = promotions.find_decision(engine, model_version)
    has_horizon = decision is not None and decision.horizon is not None
    base_rate = _find_base_rate(decision)
    is_shipped = read_declared(workplace.settings).is_shipped
    rule = choose_rule(policy, has_horizon, None if is_shipped else base_rate)
    if rule == "share":  # The bounds are quantiles of a day's own scores, so these are computed once more, up front.
        return {day: resolve_tiers(policy, rule, probabilities=_predict_active(engine, scorer, day)) for day in days}
    if rule == "lift" and base_rate is None:
        raise NotThere(
            f"The ledger of decisions has no share of leavers of model version {model_version}.",
            'train a new model with `churn train`, or set rule = "probability" in [tiers] of the policy file.',
        )
    return dict.fromkeys(days, resolve_tiers(policy, rule, base_rate))


def note_tiers(tiers: Tiers, active: int, at_risk: int) -> str:
    """Returns a remark if the tiers divide nobody: High and Medium are empty, or hold more than half of the base."""
    if not active or 0 < at_risk <= active / 2:
        return ""
    fact = f"{at_risk / active:.0%} of the active customers are" if at_risk else "no active customer is"
    setting = f"medium_{tiers.medium.rule} = {tiers.medium.rule_value:g}"
    return (
        f"; {fact} in tier High or Medium: change {setting} in [tiers] of the policy file, see `churn policy suggest`"
    )


def _find_base_rate(decision: Promotion | None) -> float | None:
    """Returns the share of leavers among the examples that a model was trained on; None if the ledger lacks it."""
    labels = decision.evidence.labels if decision else None
    if labels is not None and labels.leaver_share:
        return labels.leaver_share
    # An earlier release kept the leavers of the training part only.
    tiers = decision.evidence.tiers_out_of_fold if decision else ()
    return sum(tier.leavers for tier in tiers) / sum(tier.customers for tier in tiers) if tiers else None


def _predict_active(engine: "Engine", scorer: Scorer, day: date) -> NDArray[np.float64]:
    # All scores of the day are held here: a quantile needs them together. They are three columns.
    scores = pl.concat(stream_days(engine, day, day, scorer.wording.features, scorer.predict))
    return scores.filter("is_active")["churn_probability"].to_numpy()


def stream_days(
    engine: "Engine", first: date, last: date, names: Sequence[str], score: Callable[[pl.DataFrame], pl.DataFrame]
) -> Iterator[pl.DataFrame]:
    """Yields what `score` makes of each batch of the days' features, with prediction_date.

    Reading, scoring and what the caller does run at the same time, in three threads.
    """

    # A generator runs in one thread only: each `run_ahead` owns the generator it is given. The inner one reads batches
    # from Postgres, the outer one scores them, and the caller writes.
    def scored() -> Iterator[pl.DataFrame]:
        for batch in run_ahead(features.stream_features(engine, first, last, names)):
            yield score(batch).with_columns(batch["as_of_date"].alias("prediction_date"))

    return run_ahead(scored())
