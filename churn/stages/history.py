"""Days before the newest: what can be made from stored snapshots and the first one is made, audited and published.

A day published live is never touched, unless its extract was corrected since. A day whose inputs did not change since
it was made is left as it is, so that a backfill that was stopped goes on where it was, and one that is repeated does
nothing.
"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from itertools import groupby
from typing import TYPE_CHECKING

import polars as pl

from churn.economics.policies import load_policies
from churn.errors import NotThere, WrongUsage
from churn.scoring.history import PastDay
from churn.scoring.reconstruction import rewind
from churn.scoring.scores import Scorer
from churn.settings import Settings
from churn.stages import Outcome
from churn.stages.scoring import find_latest_day, make_scorer, plan_past, score_days
from churn.stores import sql_models
from churn.stores.ledgers import loads, promotions, publications, revisions
from churn.stores.ledgers.loads import Load
from churn.stores.ledgers.promotions import require_champion
from churn.stores.ledgers.publications import Publication
from churn.stores.model_registry import registry
from churn.stores.postgres.database import open_engine
from churn.stores.rows import history, predictions
from churn.stores.sql_models import FEATURE_MODELS, RISK_MODELS
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
"""Days are made in portions of about so many rows: the models run once for all of one, and a stop loses one at most."""


@dataclass(frozen=True)
class Backfill:
    """What there is to do.

    Attributes:
        portions: days to make, in unbroken ranges.
        kept_count: days published already, live or with the same inputs.
        gaps: days after the first snapshot that have none, and days before anybody had joined.
    """

    portions: list[list[date]]
    kept_count: int
    gaps: list[date]


def plan_backfill(settings: Settings, days: int, until: date | None) -> Backfill:
    """Finds which of the days up to `until` have to be made.

    Raises:
        NotThere: there is no snapshot, or no champion yet.
        WrongUsage: the range reaches into the future or before 2000.
    """
    engine = open_engine(settings)
    wanted = days_until(until or find_latest_day(settings), days)
    if wanted[-1] > today() or wanted[0] < EARLIEST_SNAPSHOT:
        raise WrongUsage(
            f"{wanted[0]} to {wanted[-1]} is not all between {EARLIEST_SNAPSHOT} and today.", "give other --days."
        )
    require_champion(engine)
    return plan_days(settings, wanted)


def plan_days(settings: Settings, wanted: Sequence[date]) -> Backfill:
    """Finds which of some days, in order, have to be made; none of them while no model can score them."""
    engine = open_engine(settings)
    if not wanted or promotions.find_champion(engine) is None:
        return Backfill([], 0, [])
    transforms_version = sql_models.read_features_version(settings)
    planned = _leave_out_empty(engine, plan_past(engine, wanted))
    made = publications.find_publications(engine, wanted[0], wanted[-1])
    open_days = [past for past in planned if not _is_made(past, made.get(past.day), transforms_version)]
    gaps = sorted(set(wanted) - {past.day for past in planned})
    return Backfill(_portions(engine, open_days), len(planned) - len(open_days), gaps)


def _leave_out_empty(engine: "Engine", planned: list[PastDay]) -> list[PastDay]:
    """Leaves out days so long before the first snapshot that nobody in it had joined: there is nobody to score."""
    if not planned or planned[0].basis != "reconstructed":
        return planned
    first = loads.find_current_loads(engine)[0].snapshot_date
    longest = history.find_longest_tenure(engine, first)
    return [past for past in planned if past.day >= first or whole_months_between(past.day, first) <= longest]


def part_days(settings: Settings, days: Sequence[date]) -> tuple[list[list[date]], date | None]:
    """Parts days that were just taken in, in order, into past ones and the newest, from which is learned.

    The last one is the newest unless a later snapshot is stored: a correction of an old day, or an old day found late,
    is history. Before the first model it is learned from all the same.

    Returns:
        The past days that have to be made, in portions whose features are evaluated at once; and the newest, or None.
    """
    engine = open_engine(settings)
    if not days:
        return [], None
    has_champion = promotions.find_champion(engine) is not None
    is_newest = days[-1] == loads.find_latest_snapshot_date(engine) or not has_champion
    past = list(days[:-1] if is_newest else days)
    portions = plan_days(settings, past).portions if has_champion else _cut(engine, past)
    return portions, days[-1] if is_newest else None


def _is_made(past: PastDay, made: Publication | None, transforms_version: str) -> bool:
    if made is None or made.status != "published":
        return False
    inputs = (past.load_id, transforms_version, past.basis, registry.MODEL_NAME, past.model_version)
    return (made.basis, made.load_id) == ("live", past.load_id) or made.inputs() == inputs


def _portions(engine: "Engine", open_days: Sequence[PastDay]) -> list[list[date]]:
    """Cuts days into unbroken ranges of one basis and model, of about ROWS_AT_ONCE rows each."""
    alike = groupby(open_days, key=lambda past: (past.basis, past.model_version))
    return [portion for _, group in alike for portion in _cut(engine, [past.day for past in group])]


def _cut(engine: "Engine", days: Sequence[date]) -> list[list[date]]:
    """Cuts days into unbroken ranges of about ROWS_AT_ONCE rows each."""
    if not days:
        return []
    customers = max(load.rows_accepted for load in loads.find_current_loads(engine))
    length = max(1, ROWS_AT_ONCE // max(1, customers))
    ranges = unbroken_ranges(days)
    return [unbroken[start : start + length] for unbroken in ranges for start in range(0, len(unbroken), length)]


def make_ready(settings: Settings) -> None:
    """Deploys the SQL models as they stand; before many days are loaded, or it evaluates them all, and again later."""
    sql_models.deploy(settings, today())


def rebuild_features(settings: Settings, days: Sequence[date]) -> Outcome:
    """Rewinds the days that lie before the first snapshot, and evaluates staging and features of all of them.

    Raises:
        AuditFailed: rows failed an audit; the days are not published.
    """
    make_ready(settings)
    engine = open_engine(settings)
    first = loads.find_current_loads(engine)[0]
    rewound = [day for day in days if day < first.snapshot_date]
    held = history.find_reconstructed(engine, days[0], days[-1])
    missing = [day for day in rewound if held.get(day, (None, 0))[0] != first.load_id]
    if missing:
        rows = _rewind_days(engine, first.snapshot_date, missing)
        history.replace_reconstructed(engine, missing, first.load_id, rows)
    done = sql_models.refresh(settings, "raw_data.telco_churn_raw", FEATURE_MODELS, days)
    audits = sum(one.audits_passed for one in done)
    made = f"{len(missing)} rewound from {first.snapshot_date}, " if missing else ""
    return Outcome(f"{tell_dates(days)}: {made}{audits} audits passed")


def _rewind_days(engine: "Engine", first_snapshot: date, days: Sequence[date]) -> Iterator[pl.DataFrame]:
    """Yields the rewound rows of days; days that are as many whole months away hold the same customers."""
    for batch in history.read_snapshot(engine, first_snapshot):
        for months, alike in groupby(days, key=lambda day: whole_months_between(day, first_snapshot)):
            rewound = rewind(batch, months)
            for day in alike:
                yield rewound.with_columns(pl.lit(day).alias("snapshot_date"))


def score_history(settings: Settings, days: Sequence[date], run_id: str) -> Outcome:
    """Scores days of one basis and model, staged: readers do not see them yet.

    Raises:
        NotThere: the registry lost the model.
        AuditFailed: a customer was neither scored nor refused; nothing was written.
    """
    engine = open_engine(settings)
    planned = plan_past(engine, days)
    wanted = _describe_publications(settings, engine, planned, run_id)
    scores = _score_past(engine, planned, make_scorer(settings, planned[0].model_version))
    staged = predictions.stage_predictions(engine, wanted, scores)
    count = sum(one.customers_count for one in staged)
    told = [f"{count:,} scores, {planned[0].basis}, version {planned[0].model_version}"]
    changed = revisions.read_revisions(engine, days, run_id)
    return Outcome("; ".join([*told, *(one.told() for one in changed)]), details=tuple(asdict(one) for one in changed))


def _score_past(engine: "Engine", planned: Sequence[PastDay], scorer: Scorer) -> Iterator[pl.DataFrame]:
    """Yields the scores of days; rewound ones that hold the same customers are scored once, and told for each."""
    first, last = planned[0].day, planned[-1].day
    if planned[0].basis != "reconstructed":
        yield from score_days(engine, scorer, first, last)
        return
    first_snapshot = loads.find_current_loads(engine)[0].snapshot_date
    for _, alike in groupby((past.day for past in planned), key=lambda day: whole_months_between(day, first_snapshot)):
        same = list(alike)
        for scores in score_days(engine, scorer, same[0], same[0]):
            for day in same:
                yield scores.with_columns(pl.lit(day).alias("prediction_date"))


def _describe_publications(
    settings: Settings, engine: "Engine", planned: Sequence[PastDay], run_id: str
) -> list[Publication]:
    current = {load.load_id: load for load in loads.find_current_loads(engine)}
    held = history.find_reconstructed(engine, planned[0].day, planned[-1].day)
    pattern = Publication(
        prediction_date=planned[0].day,
        status="staged",
        basis=planned[0].basis,
        customers_count=0,
        eligible_count=0,
        refused_count=0,
        load_id=0,
        source_sha256="",
        transforms_version=sql_models.read_features_version(settings),
        model_name=registry.MODEL_NAME,
        model_version=planned[0].model_version,
        run_id=run_id,
        staged_at=now_utc(),
        published_at=None,
        policy_sha256=load_policies(settings.policies).sha256,
    )
    return [_describe(pattern, past, current[past.load_id], held) for past in planned]


def _describe(
    pattern: Publication, past: PastDay, load: Load, reconstructed: dict[date, tuple[int, int]]
) -> Publication:
    """Fills in what differs by day. Nobody was refused on a day that was rewound: it holds who was accepted."""
    is_rewound = past.basis == "reconstructed"
    refused = 0 if is_rewound else load.rows_rejected
    accepted = reconstructed[past.day][1] if is_rewound else load.rows_accepted
    return replace(
        pattern,
        prediction_date=past.day,
        eligible_count=accepted + refused,
        refused_count=refused,
        load_id=load.load_id,
        source_sha256=load.sha256,
    )


def publish_history(settings: Settings, days: Sequence[date]) -> Outcome:
    """Refreshes and audits what readers see of days, then shows them all at once.

    Raises:
        AuditFailed: the days stay hidden.
        NotThere: a day has no scores.
    """
    engine = open_engine(settings)
    staged = publications.find_publications(engine, days[0], days[-1])
    if missing := [day for day in days if day not in staged]:
        raise NotThere(f"There are no scores of {missing[0]}.", "run `churn backfill` again.")
    done = sql_models.refresh(settings, "analytics.predictions", RISK_MODELS, days)
    predictions.publish(engine, days, now_utc())
    audits = sum(one.audits_passed for one in done)
    return Outcome(f"{tell_dates(days)} published, {audits} audits passed")


def summarise(plan: Backfill) -> Outcome:
    """Returns what a backfill did, in one line."""
    made = sum(map(len, plan.portions))
    told = [f"{made} days made, {plan.kept_count} left as they were"]
    if plan.gaps:
        told.append(f"{len(plan.gaps)} left out, having no extract or nobody who had joined ({plan.gaps[0]} the first)")
    return Outcome("; ".join(told), not made)
