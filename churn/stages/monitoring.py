"""Judges published scores once their horizon has passed: what was expected beside what happened."""

from datetime import date
from typing import TYPE_CHECKING

from churn.economics.limits import load_limits
from churn.errors import LimitBroken
from churn.intake.declaring import read_declared
from churn.monitoring.causes import find_faults
from churn.monitoring.limits import CHECKS, Check, choose_newest, find_broken_limits
from churn.stages import Outcome, counted
from churn.stores.ledgers.publications import find_publication
from churn.stores.rows import outcomes
from churn.stores.shown.changes import read_change
from churn.stores.shown.performance import read_performance
from churn.stores.shown.spikes import read_spikes
from churn.stores.workplace import Workplace

if TYPE_CHECKING:
    from churn.stores.rows.outcomes import Matured


def judge_matured(workplace: Workplace) -> Outcome:
    """Compares the scores of every date whose labels have newly matured with who left. Nothing is compared twice.

    A date is compared again only if its labels changed: an extract was corrected, or a campaign enrolled customers.
    """
    engine = workplace.engine
    matured = outcomes.find_matured(engine)
    known = outcomes.find_judged(engine)
    if gone := sorted(known.keys() - {day.prediction_date for day in matured}):
        outcomes.forget_judgements(engine, gone)
    due = [day for day in matured if known.get(day.prediction_date) != day.inputs_sha256]
    if not due:
        return Outcome(_tell_nothing(matured), is_skipped=True)
    declared = tuple(column.name for column in read_declared(workplace.settings).stored if column.is_slice)
    for day in due:
        _judge(workplace, day, declared)
    dates = [day.prediction_date for day in due]
    return Outcome(f"{counted(len(due), 'date')} compared with who left: {_tell_range(dates)}")


def _judge(workplace: Workplace, day: "Matured", declared: tuple[str, ...]) -> None:
    from churn.monitoring.came_true import ALL, judge, outcome_rows  # NumPy: a run without matured labels spares it.

    sums = outcomes.read_sums(workplace.engine, day, declared)
    (whole,) = sums.filter(sums["dimension"] == ALL).iter_rows(named=True)
    has_horizon, has_money = day.horizon is not None, bool(whole["has_money"])
    judged = judge(sums, has_horizon, has_money)
    groups = outcome_rows(sums, has_horizon, has_money)
    outcomes.replace_judgement(workplace.engine, day, judged, int(whole["held_out"]), groups)


def judge_limits(workplace: Workplace) -> dict[Check, LimitBroken | None]:
    """Returns of each check what to alert; None if it holds."""
    limits, latest = load_limits(workplace.settings.policies), find_publication(workplace.engine)
    if latest is None:
        return dict.fromkeys(CHECKS)
    with workplace.engine.connect() as connection:
        newest = choose_newest(read_performance(connection))
        change = read_change(connection, latest.prediction_date)
        spikes = read_spikes(connection, latest.prediction_date)
    faults = find_faults(change.features, limits) if change else []
    found = find_broken_limits(latest.prediction_date, faults, newest, spikes, limits)
    return dict.fromkeys(CHECKS) | {one.check: LimitBroken(one.check, one.fact, one.next_step) for one in found}


def _tell_nothing(matured: "list[Matured]") -> str:
    if matured:
        return f"all {counted(len(matured), 'date')} whose labels have matured are compared with who left"
    return "no published date has matured labels yet"


def _tell_range(dates: list[date]) -> str:
    return str(dates[0]) if len(dates) == 1 else f"{dates[0]} to {dates[-1]}"
