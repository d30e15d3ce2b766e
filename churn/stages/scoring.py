"""Scoring a date's customers with the champion, and showing the date to readers once it is audited."""

from collections.abc import Iterator
from dataclasses import asdict
from datetime import date
from typing import TYPE_CHECKING

import polars as pl

from churn.contracts import Predictor
from churn.errors import NotThere
from churn.scoring.scores import score_batch
from churn.settings import Settings
from churn.stages import Outcome
from churn.stages.learning import require_champion
from churn.stores import registry, snapshots, transformer, warehouse
from churn.stores.database import open_engine
from churn.stores.transformer import RISK_MODELS
from churn.stores.warehouse import Publication
from churn.timeline import now_utc, today

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from sqlalchemy import Engine


def score_customers(settings: Settings, as_of_date: date, run_id: str) -> Outcome:
    """Writes a score for every customer of a date, staged: readers do not see them yet.

    Skipped when the date is published with scores of the same load, SQL models and champion. Staged scores are made
    again: they may be half of an interrupted run, or what an audit refused.

    Raises:
        NotThere: no champion, no features of the date, or the registry lost the champion.
    """
    engine = open_engine(settings)
    champion = require_champion(engine)
    load = snapshots.find_current_load(engine, as_of_date)
    if load is None:
        raise NotThere(f"No extract of {as_of_date} is loaded.", "run `churn run --source FILE --as-of DATE`.")
    wanted = Publication(
        prediction_date=as_of_date,
        status="staged",
        basis="live",
        customers_count=0,
        load_id=load.load_id,
        source_sha256=load.sha256,
        transforms_version=transformer.deploy(settings, today()),
        model_name=champion.model_name,
        model_version=champion.model_version,
        run_id=run_id,
        staged_at=now_utc(),
        published_at=None,
    )
    made = warehouse.find_publication(engine, as_of_date)
    if made is not None and made.status == "published" and made.inputs() == wanted.inputs():
        return Outcome(f"{made.customers_count:,} scores of {as_of_date} are from this load and model", True)
    predictor = registry.load_predictor(settings, champion.model_version)
    scores = _scores(engine, as_of_date, predictor, champion.evidence.get("plans"))
    staged = warehouse.stage_predictions(engine, wanted, scores)
    return Outcome(
        f"{staged.customers_count:,} customers scored with version {champion.model_version}"
        f"{_tell_unseen(warehouse.count_unseen_plans(engine, as_of_date))}"
    )


def _scores(
    engine: "Engine", as_of_date: date, predictor: Predictor, plans: list[str] | None
) -> Iterator[pl.DataFrame]:
    from churn.learning.contributions import contribute  # its libraries are loaded with the predictor

    def by_feature(features: pl.DataFrame) -> "NDArray[np.float64] | None":
        contributions = contribute(predictor, features)
        return None if contributions is None else contributions.by_feature

    for batch in warehouse.read_features(engine, as_of_date):
        yield score_batch(batch, predictor, by_feature, plans)


def _tell_unseen(count: int) -> str:
    return f"; {count:,} hold a plan never seen in training" if count else ""


def publish(settings: Settings, as_of_date: date) -> Outcome:
    """Refreshes and audits what readers see of a date, then shows it: one status change.

    Raises:
        AuditFailed: the date stays hidden, readers keep the last good one.
        NotThere: the date has no scores.
    """
    engine = open_engine(settings)
    staged = warehouse.find_publication(engine, as_of_date)
    if staged is None:
        raise NotThere(f"There are no scores of {as_of_date}.", "run `churn run` for that date.")
    if staged.status == "published":
        return Outcome(f"{as_of_date} has been published since {staged.published_at:%Y-%m-%d %H:%M} UTC", True)
    done = transformer.refresh(settings, "analytics.predictions", RISK_MODELS, [as_of_date])
    warehouse.publish(engine, as_of_date, now_utc())
    audits = sum(one.audits_passed for one in done)
    told = f"{as_of_date} is published: {audits} audits passed, {staged.customers_count:,} customers"
    return Outcome(told, details=tuple(asdict(one) for one in done))
