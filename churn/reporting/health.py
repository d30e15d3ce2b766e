"""Answers whether the scores can be trusted: what came true, which limits are broken, and what is not known yet."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

from churn.contracts.horizons import Horizon
from churn.contracts.performance import Performance
from churn.contracts.spikes import FEWEST_STEPS, Spike
from churn.economics.limits import LimitPolicy, load_limits
from churn.monitoring.causes import Cause, find_causes
from churn.monitoring.limits import Finding, choose_newest, find_broken_limits
from churn.stores.ledgers import loads, publications
from churn.stores.shown.changes import Change, Promise, read_change, read_promise
from churn.stores.shown.performance import read_performance
from churn.stores.shown.spikes import count_steps, read_spikes
from churn.stores.workplace import Workplace

Verdict = Literal["all well", "look at this", "not known yet"]


@dataclass(frozen=True)
class Health:
    """What monitoring knows.

    Attributes:
        verdict: all well, look at this (a limit is broken), or not known yet (no labels have matured).
        published: the latest published date.
        newest: the newest date that may be judged; None if there is none.
        matured_count: the published dates whose labels have matured.
        findings: the broken limits.
        change: why the published date differs from the date before; None if that is not stored.
        causes: the causes of the change, feed faults first, then by money.
        promise: how the published scores will do if they are true; None without a horizon.
        spikes: the segments whose expected loss rose, the largest money first.
        lacks: what is not known, why, and since when it will be; empty if everything is known.
    """

    verdict: Verdict
    published: date
    newest: Performance | None
    matured_count: int
    findings: tuple[Finding, ...]
    change: Change | None
    causes: tuple[Cause, ...]
    promise: Promise | None
    spikes: tuple[Spike, ...]
    lacks: tuple[str, ...]


def read_health(workplace: Workplace) -> Health:
    """Returns what monitoring knows.

    Raises:
        NotPublished: no date is published yet.
    """
    latest = publications.require_published(workplace.engine)
    rules = loads.find_current_loads(workplace.engine)[-1].label_rules
    with workplace.engine.connect() as connection:
        matured = read_performance(connection)
        change = read_change(connection, latest.prediction_date)
        promise = read_promise(connection, latest.prediction_date)
        spikes = read_spikes(connection, latest.prediction_date)
        steps = count_steps(connection, latest.prediction_date)
    limits = load_limits(workplace.settings.policies)
    health = assemble(
        latest.prediction_date, latest.horizon, rules.horizon, matured, change, Watched(spikes, steps), limits
    )
    return replace(health, promise=promise)


@dataclass(frozen=True)
class Watched:
    """What is known of segments: those that rose, and the steps between published dates of one model."""

    spikes: Sequence[Spike]
    steps: int


def assemble(
    published: date,
    horizon: str | None,
    label_horizon: Horizon | None,
    matured: Sequence[Performance],
    change: Change | None,
    watched: Watched,
    limits: LimitPolicy,
) -> Health:
    """Returns what monitoring knows, from what is stored.

    Args:
        published: the latest published date.
        horizon: the horizon of its scores; None for the month that the extract covers.
        label_horizon: the horizon of the labels; None if it is not known.
        matured: every published date whose labels have matured.
        change: why the latest date differs from the date before; None if that is not stored.
        watched: the segments of the latest date.
        limits: the limits of the policy in force.
    """
    newest = choose_newest(matured)
    causes = find_causes(change.features, change.movement, limits) if change else []
    faults = [cause for cause in causes if cause.kind == "feed fault"]
    findings = find_broken_limits(published, faults, newest, watched.spikes, limits)
    known: Verdict = "all well" if newest is not None else "not known yet"
    return Health(
        verdict="look at this" if findings else known,
        published=published,
        newest=newest,
        matured_count=len(matured),
        findings=tuple(findings),
        change=change,
        causes=tuple(causes),
        promise=None,
        spikes=tuple(watched.spikes),
        lacks=(
            *_find_lacks(published, horizon, label_horizon, matured, newest),
            *_find_unknown_changes(change),
            *_find_unwatched(watched.steps),
        ),
    )


def _find_lacks(
    published: date,
    horizon: str | None,
    label_horizon: Horizon | None,
    matured: Sequence[Performance],
    newest: Performance | None,
) -> list[str]:
    lacks = []
    if not matured:
        due = (
            f" of about {label_horizon.after(published)}, {label_horizon} later"
            if label_horizon
            else " a horizon later"
        )
        lacks.append(
            f"Whether the scores came true is not known yet: the labels of {published} mature with the extract{due}."
        )
    elif newest is None:
        lacks.append(
            f"The models of all {len(matured)} matured dates were trained on labels of that time, so their figures "
            "flatter them. The first date whose labels mature from now on can be judged."
        )
    if horizon is None:
        lacks.append(
            "The scores have no horizon: they are judged as ranks, and expected leavers stay unknown until a model is "
            "trained on matured labels."
        )
    return lacks


def _find_unknown_changes(change: Change | None) -> list[str]:
    if change is None:
        return ["What changed is not stored yet: the next `churn run` that publishes a date stores it."]
    lacks = []
    if not change.is_profiled:
        lacks.append(
            f"Model version {change.model_version} keeps no profile of its training part, because an earlier release "
            "trained it: drift against the training is unknown until the next training."
        )
    if change.previous_date is None:
        lacks.append("No earlier date is published: what changed is known from the second published date on.")
    return lacks


def _find_unwatched(steps: int) -> list[str]:
    if steps > FEWEST_STEPS:
        return []
    return [
        f"Which segment rose is not known yet: {FEWEST_STEPS + 2} published dates of one model are needed, there "
        f"{'is' if steps == 0 else 'are'} {steps + 1}."
    ]
