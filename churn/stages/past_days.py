"""Plans which past days have to be scored: those whose inputs have changed, and those that were never published.

A day that was published live is never scored again, unless its extract was corrected. A day whose inputs have not
changed is left unchanged. So a backfill that was stopped continues where it stopped, and a repeated backfill does
nothing. A day that a person withdrew is left out.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import groupby
from typing import TYPE_CHECKING

from churn.contracts.extract import EXTRACT_COLUMNS
from churn.contracts.models import MODEL_NAME
from churn.errors import WrongUsage
from churn.intake.declaring import read_declared
from churn.scoring.history import PastDay
from churn.stages import Outcome
from churn.stages.scoring import find_latest_day, plan_past
from churn.stores import sql_models
from churn.stores.ledgers import loads, promotions, publications, withdrawals
from churn.stores.ledgers.promotions import require_champion
from churn.stores.ledgers.publications import Publication
from churn.stores.rows import history
from churn.stores.workplace import Workplace
from churn.timeline import EARLIEST_SNAPSHOT, days_until, today, unbroken_ranges, whole_months_between

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
        gaps: the days after the first snapshot without a snapshot, and the days before the first customer joined; with
            a moment of knowledge also the days whose snapshot came later, or that had no model yet.
        held: the days that a person withdrew.
    """

    portions: list[list[date]]
    kept_count: int
    gaps: list[date]
    held: list[date] = field(default_factory=list)


def plan_backfill(workplace: Workplace, days: int, until: date | None, known_at: datetime | None = None) -> Backfill:
    """Finds which days up to `until` (default: the latest snapshot date) must be scored, from what `known_at` knew.

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
    return plan_days(workplace, asked, known_at)


def plan_days(workplace: Workplace, asked: Sequence[date], known_at: datetime | None = None) -> Backfill:
    """Finds which of some days, given in order, must be scored; none if there is no champion yet."""
    engine = workplace.engine
    if not asked or promotions.find_champion(engine) is None:
        return Backfill([], 0, [])
    transforms_version = sql_models.read_features_version(workplace)
    held = withdrawals.find_held(engine, asked)
    past_days = _leave_out_empty(workplace, plan_past(engine, asked, known_at))
    planned = [past for past in past_days if past.day not in held]
    known = publications.find_publications(engine, asked[0], asked[-1])
    open_days = [past for past in planned if not _is_current(past, known.get(past.day), transforms_version)]
    gaps = sorted(set(asked) - {past.day for past in planned} - {*held})
    return Backfill(_portions(engine, open_days), len(planned) - len(open_days), gaps, sorted(held))


def _leave_out_empty(workplace: Workplace, planned: list[PastDay]) -> list[PastDay]:
    """Leaves out days that are so early that no customer of the first snapshot had joined yet.

    Without the columns of the public sample, such as the tenure, no day before the first snapshot can be rewound.
    """
    if not planned or planned[0].basis != "reconstructed":
        return planned
    first = loads.find_current_loads(workplace.engine)[0].snapshot_date
    if read_declared(workplace.settings).extract_columns != EXTRACT_COLUMNS:
        return [past for past in planned if past.day >= first]
    longest = history.find_longest_tenure(workplace.engine, first)
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
    if known is not None and known.status == "pruned":
        return True  # [keep] of the policy file says that nobody needs the day any more.
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


def summarise(plan: Backfill) -> Outcome:
    """Returns a summary of what a backfill did; its details are the days that it published."""
    days = [day for portion in plan.portions for day in portion]
    done = "1 day" if len(days) == 1 else f"{len(days)} days"
    parts = [f"{done} scored and published, {plan.kept_count} unchanged"]
    if plan.gaps:
        parts.append(f"{len(plan.gaps)} left out, without an extract or without a customer (the first: {plan.gaps[0]})")
    if plan.held:
        parts.append(f"{len(plan.held)} left out, since a person withdrew them (the first: {plan.held[0]})")
    return Outcome("; ".join(parts), not days, tuple({"day": str(day)} for day in days))
