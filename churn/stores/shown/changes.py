"""Reads why a published date differs from the date before it."""

from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from sqlalchemy import Connection

from churn.monitoring.drift import FeatureDay, Movement


@dataclass(frozen=True)
class Change:
    """What is stored of a date.

    Attributes:
        previous_date: the published date before it; None if there was none.
        is_profiled: whether the model keeps a profile of its training part.
        movement: the parts of the change of the expected loss; None without an earlier date or without money.
        features: how each model feature is spread, the largest shift since the date before first.
    """

    prediction_date: date
    previous_date: date | None
    model_version: int
    is_profiled: bool
    movement: Movement | None
    features: tuple[FeatureDay, ...]


_CHANGE = "SELECT * FROM analytics.score_changes WHERE prediction_date = :day"
_FEATURES = """
    SELECT feature, missing_share, mean, bins, psi, trained_missing_share, psi_previous, previous_missing_share,
        previous_mean, previous_bins
    FROM analytics.feature_drift WHERE prediction_date = :day
    ORDER BY psi_previous DESC NULLS LAST, psi DESC NULLS LAST, feature
"""


def read_change(connection: Connection, day: date) -> Change | None:
    """Returns what is stored of a date; None if nothing is."""
    row = connection.execute(sa.text(_CHANGE), {"day": day}).mappings().one_or_none()
    if row is None:
        return None
    features = [
        FeatureDay(**{**one, "bins": tuple(one["bins"]), "previous_bins": tuple(one["previous_bins"])})
        for one in connection.execute(sa.text(_FEATURES), {"day": day}).mappings()
    ]
    names = ("correction", "joined", "gone", "price", "behaviour", "model")
    movement = None
    if row["loss_before_usd"] is not None:
        parts = {f"by_{name}": row[f"by_{name}_usd"] for name in names}
        counts = {name: row[name] for name in ("joined_count", "gone_count")}
        movement = Movement(before=row["loss_before_usd"], after=row["loss_after_usd"], **parts, **counts)
    return Change(day, row["previous_date"], row["model_version"], row["is_profiled"], movement, tuple(features))


@dataclass(frozen=True)
class Promise:
    """How the scores of a date will do if they are true; reporting.score_estimates explains each value."""

    horizon: str
    leavers: float
    leavers_low: float
    leavers_high: float
    pr_auc: float | None
    pr_auc_low: float | None
    pr_auc_high: float | None
    lift: float | None
    lift_low: float | None
    lift_high: float | None


_PROMISE = f"""
    SELECT {", ".join(Promise.__dataclass_fields__)} FROM analytics.score_estimates WHERE prediction_date = :day
"""


def read_promise(connection: Connection, day: date) -> Promise | None:
    """Returns the estimate of a date; None if none is stored."""
    row = connection.execute(sa.text(_PROMISE), {"day": day}).mappings().one_or_none()
    return None if row is None else Promise(**row)
