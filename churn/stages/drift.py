"""Watches the newest published date: why it differs from the date before, and how it will do if its scores are true."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

from churn.contracts.features import PRICE_CHANGE
from churn.errors import ModelRefused, NotThere, RegistryDown
from churn.intake.declaring import read_declared
from churn.monitoring.drift import FeatureDay, Movement, measure_psi
from churn.monitoring.estimates import estimate
from churn.stages import Outcome
from churn.stages.moves import store_moves
from churn.stages.scoring import make_scorer
from churn.stages.segments import watch_segments
from churn.stages.tiering import stream_days
from churn.stores.ledgers import promotions, publications
from churn.stores.rows import changes
from churn.stores.rows.estimates import read_cells, replace_estimate
from churn.stores.rows.spreads import count_spreads
from churn.stores.workplace import Workplace

if TYPE_CHECKING:
    import polars as pl
    from sqlalchemy import Connection

    from churn.contracts.profiles import FeatureProfile
    from churn.stores.ledgers.publications import Publication
    from churn.stores.rows.spreads import Spread


def watch_newest(workplace: Workplace) -> Outcome:
    """Stores why the newest published date differs from the date before it, and how its scores will do.

    The stage is skipped if that is stored for the scores of both dates. Earlier dates are left alone: a base that is
    loaded with its history has no morning on which anybody asked about them.
    """
    engine = workplace.engine
    day = publications.find_publication(engine)
    if day is None:
        return Outcome("no date is published yet", is_skipped=True)
    previous = changes.find_previous(engine, day.prediction_date)
    inputs = (day.staged_at, previous.staged_at if previous else None)
    if changes.find_inputs(engine, day.prediction_date) == inputs:
        return Outcome(f"the changes of {day.prediction_date} are stored", is_skipped=True)
    decision = promotions.find_decision(engine, day.model_version)
    profiles = dict(decision.evidence.profiles) if decision else {}
    earlier = _score_with_first(workplace, day, previous) if previous else None
    cells = read_cells(engine, day.prediction_date) if day.horizon else None
    with engine.begin() as connection:
        features = compare_features(workplace, connection, day, previous, profiles)
        movement = _take_apart(connection, day, previous, earlier) if previous else None
        changes.replace_change(connection, day, previous, features, movement, bool(profiles))
        if cells is not None and not cells.is_empty():
            replace_estimate(connection, day, estimate(cells), int(cells["customers"].sum()))
    risen = watch_segments(workplace, day)
    store_moves(workplace, day)
    since = f"with {previous.prediction_date}" if previous else "with its training only: no earlier date is published"
    return Outcome(f"{day.prediction_date} compared {since}{risen}")


def _score_with_first(
    workplace: Workplace, day: "Publication", previous: "Publication"
) -> "Iterator[pl.DataFrame] | None":
    """Yields the scores of the date by the model of the date before; None if both have the same model."""
    if previous.model_version == day.model_version:
        return None
    try:
        scorer = make_scorer(workplace, previous.model_version)
    except (NotThere, ModelRefused, RegistryDown):  # Without it, behaviour and model are one part.
        return None
    date_ = day.prediction_date
    return stream_days(workplace.engine, date_, date_, scorer.wording.features, scorer.predict)


def _take_apart(
    connection: "Connection", day: "Publication", previous: "Publication", earlier: "Iterator[pl.DataFrame] | None"
) -> Movement | None:
    movement = changes.take_apart(connection, previous.prediction_date, day.prediction_date, earlier)
    is_split = earlier is not None or previous.model_version == day.model_version
    return movement if movement is None or is_split else replace(movement, by_model=None)


def compare_features(
    workplace: Workplace,
    connection: "Connection",
    day: "Publication",
    previous: "Publication | None",
    profiles: "dict[str, FeatureProfile]",
) -> list[FeatureDay]:
    """Returns how each feature of the model is spread on a scored date, and on the published date before it."""
    given = read_declared(workplace.settings).features
    known = given.with_price_change() if PRICE_CHANGE in profiles else given
    names = [name for name in known.names if name in profiles] or list(given.names)

    def count(as_of_date: date) -> "dict[str, Spread]":
        return count_spreads(connection, as_of_date, names, given.words, profiles)

    now = count(day.prediction_date)
    before = _find_before(connection, day, previous, set(names)) or (
        count(previous.prediction_date) if previous else {}
    )
    return [_compare(name, now[name], before.get(name), profiles.get(name)) for name in names]


def _find_before(
    connection: "Connection", day: "Publication", previous: "Publication | None", names: set[str]
) -> "dict[str, Spread]":
    """Returns what is stored of the date before, if it is of the same model: its bins are then the same ones."""
    if previous is None or previous.model_version != day.model_version:
        return {}
    stored = changes.read_spreads(connection, previous)
    return stored if names <= stored.keys() else {}


def _compare(name: str, now: "Spread", before: "Spread | None", profile: "FeatureProfile | None") -> FeatureDay:
    return FeatureDay(
        feature=name,
        missing_share=now.missing_share,
        mean=now.mean,
        bins=now.bins,
        psi=measure_psi(now.bins, profile.shares) if profile else None,
        trained_missing_share=profile.missing if profile else None,
        psi_previous=measure_psi(now.bins, before.bins) if before else None,
        previous_missing_share=before.missing_share if before else None,
        previous_mean=before.mean if before else None,
        previous_bins=before.bins if before else (),
    )
