"""Scores and publishes past days: from their stored snapshots, or rewound from the first snapshot.

`past_days` plans which days these are.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import date, datetime
from itertools import groupby
from typing import TYPE_CHECKING

import polars as pl

from churn.contracts.over_days import longest_days
from churn.economics.policies import ValuePolicy, load_policies
from churn.economics.tiers import Tiers
from churn.errors import NotThere
from churn.intake.declaring import read_declared
from churn.scoring.history import PastDay
from churn.scoring.portrait import Portrait
from churn.scoring.reconstruction import rewind
from churn.scoring.scores import Scorer
from churn.stages import Outcome
from churn.stages.describing import describe_from_load
from churn.stages.scoring import make_scorer, plan_past, score_days
from churn.stages.segmenting import make_portrait
from churn.stages.tiering import resolve_days
from churn.stores import sql_models
from churn.stores.ledgers import loads, publications, revisions
from churn.stores.ledgers.loads import Load
from churn.stores.ledgers.publications import Publication
from churn.stores.rows import change_windows, history, label_windows, predictions
from churn.stores.sql_models import FEATURE_MODELS, RISK_MODELS
from churn.stores.workplace import Workplace
from churn.timeline import (
    now_utc,
    tell_dates,
    today,
    whole_months_between,
)

if TYPE_CHECKING:
    from sqlalchemy import Engine


def make_ready(workplace: Workplace) -> None:
    """Deploys the SQL models.

    Called before many days are loaded: a first deployment evaluates every stored day, and the days would then be
    evaluated a second time by their own refresh.
    """
    sql_models.deploy(workplace, today())


def rebuild_features(workplace: Workplace, days: Sequence[date]) -> Outcome:
    """Rewinds the days before the first snapshot, and refreshes staging and features of all days.

    Raises:
        AuditFailed: rows failed an audit. The days are not published.
    """
    make_ready(workplace)
    engine = workplace.engine
    first = loads.find_current_loads(engine)[0]
    rewound = [day for day in days if day < first.snapshot_date]
    stored = history.find_reconstructed(engine, days[0], days[-1])
    # Rows that were rewound from an earlier load, or by the rule of an earlier release, are outdated.
    expected = {day: whole_months_between(day, first.snapshot_date) for day in rewound}
    counts = {months: history.count_rewound(engine, first.snapshot_date, months) for months in {*expected.values()}}
    missing = [day for day in rewound if stored.get(day) != (first.load_id, counts[expected[day]])]
    if missing:
        rows = _rewind_days(engine, first.snapshot_date, missing)
        history.replace_reconstructed(engine, missing, first.load_id, rows)
    done = sql_models.refresh(workplace, "raw_data.telco_churn_raw", FEATURE_MODELS, days)
    change_windows.refresh_changes(engine, longest_days(read_declared(workplace.settings).features.names))
    label_windows.refresh_windows(engine)
    audits = sum(evaluation.audits_passed for evaluation in done)
    rewinding = f"{len(missing)} rewound from {first.snapshot_date}, " if missing else ""
    return Outcome(f"{tell_dates(days)}: {rewinding}{audits} audits passed")


def _rewind_days(engine: "Engine", first_snapshot: date, days: Sequence[date]) -> Iterator[pl.DataFrame]:
    """Yields the rewound rows of days. Days at the same distance in whole months share one rewound snapshot."""
    for batch in history.read_snapshot(engine, first_snapshot):
        # groupby joins neighbours only: the days are in order, so that equal distances are neighbours.
        for months, alike in groupby(days, key=lambda day: whole_months_between(day, first_snapshot)):
            rewound = rewind(batch, months)
            for day in alike:
                yield rewound.with_columns(pl.lit(day).alias("snapshot_date"))


def score_history(workplace: Workplace, days: Sequence[date], run_id: str, known_at: datetime | None = None) -> Outcome:
    """Scores days of one basis and one model. The scores are staged: readers do not see them yet.

    Raises:
        NotThere: the registry no longer has the model.
        AuditFailed: a customer was neither scored nor rejected. No score was stored.
    """
    engine = workplace.engine
    planned = plan_past(engine, days, known_at)
    planned_publications = _describe_publications(workplace, planned, run_id)
    version = planned[0].model_version
    scorer = make_scorer(workplace, version)
    tiers = resolve_days(workplace, scorer, version, [past.day for past in planned])
    scores = _score_past(
        engine, planned, scorer, tiers, load_policies(workplace.settings.policies).value, make_portrait(workplace)
    )
    staged = predictions.stage_predictions(engine, planned_publications, scores, tiers)
    count = sum(publication.customers_count for publication in staged)
    summary = f"{count:,} scores by version {version} ({planned[0].basis})"
    changes = revisions.read_revisions(engine, days, run_id)
    return Outcome(
        "; ".join([summary, *(change.summarise() for change in changes)]),
        details=tuple(asdict(change) for change in changes),
    )


def _score_past(
    engine: "Engine",
    planned: Sequence[PastDay],
    scorer: Scorer,
    tiers: Mapping[date, Tiers],
    value: ValuePolicy,
    portrait: Portrait,
) -> Iterator[pl.DataFrame]:
    """Yields the scores of days. Rewound days with the same customers are scored once and repeated for each day."""
    if planned[0].basis != "reconstructed":
        yield from score_days(engine, scorer, tiers, value, portrait)
        return
    first_snapshot = loads.find_current_loads(engine)[0].snapshot_date
    for _, alike in groupby((past.day for past in planned), key=lambda day: whole_months_between(day, first_snapshot)):
        same = list(alike)
        for scores in score_days(engine, scorer, {same[0]: tiers[same[0]]}, value, portrait):
            for day in same:
                yield scores.with_columns(pl.lit(day).alias("prediction_date"))


def _describe_publications(workplace: Workplace, planned: Sequence[PastDay], run_id: str) -> list[Publication]:
    """Returns the publication of each day. The days have one basis and one model, so the first one's holds for all."""
    engine = workplace.engine
    current = {load.load_id: load for load in loads.find_current_loads(engine)}
    stored = history.find_reconstructed(engine, planned[0].day, planned[-1].day)
    first = planned[0]
    pattern = describe_from_load(workplace, current[first.load_id], first.day, first.basis, first.model_version, run_id)
    return [_describe(pattern, past, current[past.load_id], stored) for past in planned]


def _describe(
    pattern: Publication, past: PastDay, load: Load, reconstructed: dict[date, tuple[int, int]]
) -> Publication:
    """Fills in the values of one day. A rewound day has no rejected rows: only accepted rows are rewound."""
    is_rewound = past.basis == "reconstructed"
    rejected = 0 if is_rewound else load.rows_rejected
    accepted = reconstructed[past.day][1] if is_rewound else load.rows_accepted
    return replace(
        pattern,
        prediction_date=past.day,
        eligible_count=accepted + rejected,
        refused_count=rejected,
        load_id=load.load_id,
        source_sha256=load.sha256,
    )


def publish_history(workplace: Workplace, days: Sequence[date]) -> Outcome:
    """Refreshes and audits the tables that readers see, then publishes all days at once.

    Raises:
        AuditFailed: an audit failed. The days are not published.
        NotThere: a day has no scores.
    """
    engine = workplace.engine
    staged = publications.find_publications(engine, days[0], days[-1])
    if missing := [day for day in days if day not in staged]:
        raise NotThere(f"{missing[0]} has no scores.", "run `churn backfill` again.")
    done = sql_models.refresh(workplace, "analytics.predictions", RISK_MODELS, days)
    # One transaction for all days: a comparison of two days never has one of before and one of after.
    predictions.publish(engine, days, now_utc())
    audits = sum(evaluation.audits_passed for evaluation in done)
    return Outcome(f"{tell_dates(days)} published, {audits} audits passed")
