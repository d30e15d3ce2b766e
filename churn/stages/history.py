"""Scores and publishes past days: from their stored snapshots, or rewound from the first snapshot.

A day that was published live is never scored again, unless its extract was corrected. A day whose inputs have not
changed is left unchanged. So a backfill that was stopped continues where it stopped, and a repeated backfill does
nothing.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from itertools import groupby
from typing import TYPE_CHECKING

import polars as pl

from churn.contracts.models import MODEL_NAME
from churn.economics.policies import ValuePolicy, load_policies
from churn.economics.tiers import Tiers
from churn.errors import NotThere, WrongUsage
from churn.scoring.history import PastDay
from churn.scoring.reconstruction import rewind
from churn.scoring.scores import Scorer
from churn.stages import Outcome
from churn.stages.scoring import find_latest_day, make_scorer, plan_past, score_days
from churn.stages.tiering import resolve_days
from churn.stores import sql_models
from churn.stores.ledgers import loads, promotions, publications, revisions
from churn.stores.ledgers.loads import Load
from churn.stores.ledgers.promotions import require_champion
from churn.stores.ledgers.publications import Publication
from churn.stores.rows import history, label_windows, predictions
from churn.stores.sql_models import FEATURE_MODELS, RISK_MODELS
from churn.stores.workplace import Workplace
from churn.timeline import (
    EARLIEST_SNAPSHOT,
    days_until,
    now_utc,
    tell_dates,
    today,
    unbroken_ranges,
    whole_months_between,
)

if TYPE_CHECKING:
    from sqlalchemy import Engine

ROWS_AT_ONCE = 500_000
"""Days are scored in portions of about this many rows. The SQL models run once per portion, and a backfill that is
stopped loses one portion at most."""


@dataclass(frozen=True)
class Backfill:
    """The work of a backfill.

    Attributes:
        portions: the days to score, in ranges without a missing day.
        kept_count: the number of days that are already published, live or from the same inputs.
        gaps: the days after the first snapshot without a snapshot, and the days before the first customer joined.
    """

    portions: list[list[date]]
    kept_count: int
    gaps: list[date]


def plan_backfill(workplace: Workplace, days: int, until: date | None) -> Backfill:
    """Finds which days up to `until` (default: the latest snapshot date) must be scored.

    Raises:
        NotThere: there is no snapshot or no champion yet.
        WrongUsage: the range has a day in the future or before 2000.
    """
    engine = workplace.engine
    asked = days_until(until or find_latest_day(workplace), days)
    if asked[-1] > today() or asked[0] < EARLIEST_SNAPSHOT:
        raise WrongUsage(
            f"The days {asked[0]} to {asked[-1]} are not all between {EARLIEST_SNAPSHOT} and today ({today()} UTC).",
            "give other --days or another --until.",
        )
    require_champion(engine)
    return plan_days(workplace, asked)


def plan_days(workplace: Workplace, asked: Sequence[date]) -> Backfill:
    """Finds which of some days, given in order, must be scored; none if there is no champion yet."""
    engine = workplace.engine
    if not asked or promotions.find_champion(engine) is None:
        return Backfill([], 0, [])
    transforms_version = sql_models.read_features_version(workplace)
    planned = _leave_out_empty(engine, plan_past(engine, asked))
    known = publications.find_publications(engine, asked[0], asked[-1])
    open_days = [past for past in planned if not _is_current(past, known.get(past.day), transforms_version)]
    gaps = sorted(set(asked) - {past.day for past in planned})
    return Backfill(_portions(engine, open_days), len(planned) - len(open_days), gaps)


def _leave_out_empty(engine: "Engine", planned: list[PastDay]) -> list[PastDay]:
    """Leaves out days that are so early that no customer of the first snapshot had joined yet."""
    if not planned or planned[0].basis != "reconstructed":
        return planned
    first = loads.find_current_loads(engine)[0].snapshot_date
    longest = history.find_longest_tenure(engine, first)
    return [past for past in planned if past.day >= first or whole_months_between(past.day, first) <= longest]


def part_days(workplace: Workplace, days: Sequence[date]) -> tuple[list[list[date]], date | None]:
    """Splits days that were just loaded, in order, into past days and the newest day, on which a model is trained.

    The last day is the newest one, unless a later snapshot is stored: then it is a correction or an old day that came
    late, and counts as past. While there is no champion, the last day always counts as the newest, since a model is
    needed before anything can be scored.

    Returns:
        The past days that must be scored, in portions whose features are refreshed together; the newest day or None.
    """
    engine = workplace.engine
    if not days:
        return [], None
    has_champion = promotions.find_champion(engine) is not None
    is_newest = days[-1] == loads.find_latest_snapshot_date(engine) or not has_champion
    past = list(days[:-1] if is_newest else days)
    portions = plan_days(workplace, past).portions if has_champion else _cut(engine, past)
    return portions, days[-1] if is_newest else None


def _is_current(past: PastDay, known: Publication | None, transforms_version: str) -> bool:
    """Returns whether a day is published live from its current load, or with exactly the inputs it would have now."""
    if known is None or known.status != "published":
        return False
    inputs = (past.load_id, transforms_version, past.basis, MODEL_NAME, past.model_version)
    return (known.basis, known.load_id) == ("live", past.load_id) or known.inputs() == inputs


def _portions(engine: "Engine", open_days: Sequence[PastDay]) -> list[list[date]]:
    """Splits days into ranges of one basis and one model, each without a missing day and of about ROWS_AT_ONCE rows."""
    alike = groupby(open_days, key=lambda past: (past.basis, past.model_version))
    return [portion for _, group in alike for portion in _cut(engine, [past.day for past in group])]


def _cut(engine: "Engine", days: Sequence[date]) -> list[list[date]]:
    """Splits days into ranges without a missing day, each of about ROWS_AT_ONCE rows."""
    if not days:
        return []
    customers = max(load.rows_accepted for load in loads.find_current_loads(engine))
    length = max(1, ROWS_AT_ONCE // max(1, customers))
    ranges = unbroken_ranges(days)
    return [unbroken[start : start + length] for unbroken in ranges for start in range(0, len(unbroken), length)]


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
    label_windows.refresh_windows(engine)
    audits = sum(evaluation.audits_passed for evaluation in done)
    rewinding = f"{len(missing)} rewound from {first.snapshot_date}, " if missing else ""
    return Outcome(f"{tell_dates(days)}: {rewinding}{audits} audits passed")


def _rewind_days(engine: "Engine", first_snapshot: date, days: Sequence[date]) -> Iterator[pl.DataFrame]:
    """Yields the rewound rows of days. Days at the same distance in whole months share one rewound snapshot."""
    for batch in history.read_snapshot(engine, first_snapshot):
        for months, alike in groupby(days, key=lambda day: whole_months_between(day, first_snapshot)):
            rewound = rewind(batch, months)
            for day in alike:
                yield rewound.with_columns(pl.lit(day).alias("snapshot_date"))


def score_history(workplace: Workplace, days: Sequence[date], run_id: str) -> Outcome:
    """Scores days of one basis and one model. The scores are staged: readers do not see them yet.

    Raises:
        NotThere: the registry no longer has the model.
        AuditFailed: a customer was neither scored nor rejected. No score was stored.
    """
    engine = workplace.engine
    planned = plan_past(engine, days)
    planned_publications = _describe_publications(workplace, planned, run_id)
    version = planned[0].model_version
    scorer = make_scorer(workplace, version)
    tiers = resolve_days(workplace, scorer, version, [past.day for past in planned])
    scores = _score_past(engine, planned, scorer, tiers, load_policies(workplace.settings.policies).value)
    staged = predictions.stage_predictions(engine, planned_publications, scores, tiers)
    count = sum(publication.customers_count for publication in staged)
    summary = f"{count:,} scores by version {version} ({planned[0].basis})"
    changes = revisions.read_revisions(engine, days, run_id)
    return Outcome(
        "; ".join([summary, *(change.summarise() for change in changes)]),
        details=tuple(asdict(change) for change in changes),
    )


def _score_past(
    engine: "Engine", planned: Sequence[PastDay], scorer: Scorer, tiers: Mapping[date, Tiers], value: ValuePolicy
) -> Iterator[pl.DataFrame]:
    """Yields the scores of days. Rewound days with the same customers are scored once and repeated for each day."""
    if planned[0].basis != "reconstructed":
        yield from score_days(engine, scorer, tiers, value)
        return
    first_snapshot = loads.find_current_loads(engine)[0].snapshot_date
    for _, alike in groupby((past.day for past in planned), key=lambda day: whole_months_between(day, first_snapshot)):
        same = list(alike)
        for scores in score_days(engine, scorer, {same[0]: tiers[same[0]]}, value):
            for day in same:
                yield scores.with_columns(pl.lit(day).alias("prediction_date"))


def _describe_publications(workplace: Workplace, planned: Sequence[PastDay], run_id: str) -> list[Publication]:
    engine = workplace.engine
    current = {load.load_id: load for load in loads.find_current_loads(engine)}
    stored = history.find_reconstructed(engine, planned[0].day, planned[-1].day)
    pattern = Publication(
        prediction_date=planned[0].day,
        status="staged",
        basis=planned[0].basis,
        customers_count=0,
        eligible_count=0,
        refused_count=0,
        load_id=0,
        source_sha256="",
        transforms_version=sql_models.read_features_version(workplace),
        model_name=MODEL_NAME,
        model_version=planned[0].model_version,
        run_id=run_id,
        staged_at=now_utc(),
        published_at=None,
        policy_sha256=load_policies(workplace.settings.policies).sha256,
        horizon=promotions.find_horizon(engine, planned[0].model_version),
    )
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
    predictions.publish(engine, days, now_utc())
    audits = sum(evaluation.audits_passed for evaluation in done)
    return Outcome(f"{tell_dates(days)} published, {audits} audits passed")


def summarise(plan: Backfill) -> Outcome:
    """Returns a summary of what a backfill did; its details are the days that it published."""
    days = [day for portion in plan.portions for day in portion]
    done = "1 day" if len(days) == 1 else f"{len(days)} days"
    parts = [f"{done} scored and published, {plan.kept_count} unchanged"]
    if plan.gaps:
        parts.append(f"{len(plan.gaps)} left out, without an extract or without a customer (the first: {plan.gaps[0]})")
    return Outcome("; ".join(parts), not days, tuple({"day": str(day)} for day in days))
