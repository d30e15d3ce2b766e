"""Scoring a date's customers, and showing the date to readers once it is audited."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import date
from typing import TYPE_CHECKING

import polars as pl

from churn.contracts.scores import Basis
from churn.economics.policies import load_policies
from churn.errors import NotThere
from churn.scoring.history import PastDay, plan_history
from churn.scoring.scores import Scorer
from churn.settings import Settings
from churn.stages import Outcome
from churn.stores import sql_models
from churn.stores.ledgers import loads, promotions, publications, revisions
from churn.stores.ledgers.promotions import require_champion
from churn.stores.ledgers.publications import Publication
from churn.stores.model_registry import loading, registry
from churn.stores.postgres.copying import run_ahead
from churn.stores.postgres.database import open_engine
from churn.stores.rows import features, history, predictions
from churn.stores.sql_models import RISK_MODELS
from churn.timeline import now_utc

if TYPE_CHECKING:
    from sqlalchemy import Engine


def score_customers(settings: Settings, as_of_date: date, run_id: str, model_version: int | None = None) -> Outcome:
    """Writes a score for every customer of a date, staged: readers do not see them yet.

    Skipped when the date is published with scores of the same load, SQL models and model, or, being an old date, was
    published live from the same load. Staged scores are made again: they may be half of an interrupted run, or what an
    audit refused.

    Args:
        settings: where the database and the registry are.
        as_of_date: the date, whose features are there.
        run_id: kept with each score.
        model_version: the model; when left out the champion, of an old date that of the day. Another scores `as_if`.

    Raises:
        NotThere: no champion, no features of the date, or the registry lost the model.
        AuditFailed: a customer was neither scored nor refused; nothing was written.
    """
    engine = open_engine(settings)
    version, basis = _choose_model(engine, as_of_date, model_version)
    wanted = describe_publication(settings, engine, as_of_date, basis, version, run_id)
    made = publications.find_publication(engine, as_of_date)
    is_done = made is not None and _is_done(made, wanted, is_free=model_version is None)
    if made is not None and is_done and predictions.count_predictions(engine, as_of_date) == made.customers_count:
        return Outcome(f"{made.customers_count:,} scores of {as_of_date} are from this load and model", True)
    scorer = make_scorer(settings, version)
    scores = score_days(engine, scorer, as_of_date, as_of_date)
    (staged,) = predictions.stage_predictions(engine, [wanted], scores)
    told = f"{staged.customers_count:,} customers scored with version {version}"
    told += _tell_copy(scorer)
    told += "".join(f"; {one.told()}" for one in revisions.read_revisions(engine, [as_of_date], run_id))
    return Outcome(told + _tell_refused(staged) + _tell_unseen(predictions.count_unseen_plans(engine, as_of_date)))


def plan_past(engine: "Engine", days: Sequence[date]) -> list[PastDay]:
    """Returns what each of some past days, in order, is to be made from. There must be a champion.

    Days after the first snapshot that have none are left out; without any snapshot all are.
    """
    current = {load.snapshot_date: load.load_id for load in loads.find_current_loads(engine)}
    return plan_history(days, current, history.read_reigns(engine)) if current else []


def _choose_model(engine: "Engine", as_of_date: date, asked: int | None) -> tuple[int, Basis]:
    """Returns the model of a date and what its scores may be called; an old date has the champion of that day."""
    champion = require_champion(engine)
    if as_of_date == loads.find_latest_snapshot_date(engine):
        return (champion.model_version, "live") if asked in (None, champion.model_version) else (asked, "as_if")
    for past in plan_past(engine, [as_of_date]):
        return (past.model_version, past.basis) if asked in (None, past.model_version) else (asked, "as_if")
    return champion.model_version, "live"


def _is_done(made: Publication, wanted: Publication, is_free: bool) -> bool:
    is_live_history = is_free and (made.basis, made.load_id) == ("live", wanted.load_id) and wanted.basis != "live"
    return made.status == "published" and (is_live_history or made.inputs() == wanted.inputs())


def _tell_copy(scorer: Scorer) -> str:
    return " from its copy under CHURN_HOME, because the registry does not answer" if scorer.is_from_copy else ""


def _tell_refused(staged: Publication) -> str:
    return f"; {staged.refused_count:,} refused (churn rejects)" if staged.refused_count else ""


def _tell_unseen(count: int) -> str:
    return f"; {count:,} hold a plan never seen in training" if count else ""


def find_latest_day(settings: Settings) -> date:
    """Returns the date of the latest stored snapshot.

    Raises:
        NotLoaded: there is none.
    """
    return loads.require_latest_day(open_engine(settings))


def describe_publication(
    settings: Settings, engine: "Engine", as_of_date: date, basis: Basis, model_version: int, run_id: str
) -> Publication:
    """Returns what a date's scores will have been made from.

    Raises:
        NotLoaded: no extract of the date is loaded.
    """
    load = loads.require_load(engine, as_of_date)
    return Publication(
        prediction_date=as_of_date,
        status="staged",
        basis=basis,
        customers_count=0,
        eligible_count=load.rows_accepted + load.rows_rejected,
        refused_count=load.rows_rejected,
        load_id=load.load_id,
        source_sha256=load.sha256,
        transforms_version=sql_models.read_features_version(settings),
        model_name=registry.MODEL_NAME,
        model_version=model_version,
        run_id=run_id,
        staged_at=now_utc(),
        published_at=None,
        policy_sha256=load_policies(settings.policies).sha256,
    )


def make_scorer(settings: Settings, model_version: int) -> Scorer:
    """Returns a model version ready to score: loaded, with the reasons it gives and the plans it knows.

    Raises:
        NotThere: the registry has no such version.
    """
    loaded = loading.load_model(settings, model_version)
    from churn.learning.contributions import contribute_by_feature  # its libraries are loaded with the predictor

    decision = promotions.find_decision(open_engine(settings), model_version)
    plans = decision.evidence.get("plans") if decision else None
    known = None if plans is None else tuple(plans)
    return Scorer(loaded.predictor, contribute_by_feature, known, loaded.is_from_copy)


def score_days(engine: "Engine", scorer: Scorer, first: date, last: date) -> Iterator[pl.DataFrame]:
    """Yields the scores of some days, batch by batch: while one is written, the next is scored, a third is read."""

    def score() -> Iterator[pl.DataFrame]:
        for batch in run_ahead(features.stream_features(engine, first, last)):
            yield scorer.score(batch).with_columns(batch["as_of_date"].alias("prediction_date"))

    return run_ahead(score())


def publish(settings: Settings, as_of_date: date) -> Outcome:
    """Refreshes and audits what readers see of a date, then shows it: one status change.

    Raises:
        AuditFailed: the date stays hidden, readers keep the last good one.
        NotThere: the date has no scores.
    """
    engine = open_engine(settings)
    staged = publications.find_publication(engine, as_of_date)
    if staged is None:
        raise NotThere(f"There are no scores of {as_of_date}.", "run `churn run` for that date.")
    if staged.status == "published":
        return Outcome(f"{as_of_date} has been published since {staged.published_at:%Y-%m-%d %H:%M} UTC", True)
    done = sql_models.refresh(settings, "analytics.predictions", RISK_MODELS, [as_of_date])
    predictions.publish(engine, [as_of_date], now_utc())
    audits = sum(one.audits_passed for one in done)
    told = f"{as_of_date} is published: {audits} audits passed, {staged.customers_count:,} customers"
    return Outcome(told, details=tuple(asdict(one) for one in done))
