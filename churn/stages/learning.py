"""Training a challenger on a date's examples and letting the gate decide."""

from datetime import date
from typing import TYPE_CHECKING

import polars as pl

from churn.economics.policies import load_policies
from churn.errors import RegistryDown, TooFewLeavers
from churn.learning.labels import FEWEST_MATURED_LEAVERS, Labels, find_matured_days
from churn.learning.params import ModelParams, fingerprint_training
from churn.settings import Settings
from churn.stages import Outcome
from churn.stages.judging import Judgement, judge_training
from churn.stores.ledgers import loads, promotions
from churn.stores.ledgers.promotions import Promotion
from churn.stores.model_registry import registry
from churn.stores.model_registry.registry import RegisteredModel
from churn.stores.postgres.database import open_engine
from churn.stores.rows import features
from churn.timeline import now_utc

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from churn.learning.training import Training


def train_models(settings: Settings, as_of_date: date, params: ModelParams, retrain: bool = False) -> Outcome:
    """Trains every candidate on the examples of a date, registers the best, and promotes it if the gate says so.

    Skipped when exactly these examples and settings were trained on before, unless `retrain`.

    Raises:
        NotThere: the date has no features, or (TooFewLeavers) too few leavers or stayers to learn from.
        ContractBroken: a feature gives the label away.
    """
    engine, policies = open_engine(settings), load_policies(settings.policies)
    examples, labels = read_examples(engine, as_of_date)
    known = promotions.find_training(engine, fingerprint_training(examples, params))
    if known is not None and not retrain:
        return Outcome(f"same examples and settings as version {known.model_version}: nothing to learn", True)
    from churn.learning.training import train  # scikit-learn and XGBoost: 3 s that a skipped training need not wait

    training = train(examples, params)
    judged = judge_training(settings, training, examples, labels, as_of_date, policies)
    registered = registry.record_training(settings, training, as_of_date, judged.evidence, policies.value)
    _decide(settings, engine, _describe(training, judged, registered, as_of_date))
    summary = f"version {registered.version} ({training.selected.family}): {judged.verdict}, {judged.reasons[0]}"
    return Outcome(summary)


def _describe(training: "Training", judged: Judgement, registered: RegisteredModel, as_of_date: date) -> Promotion:
    return Promotion(
        decided_at=now_utc(),
        as_of_date=as_of_date,
        model_name=registered.name,
        model_version=registered.version,
        family=training.selected.family,
        decision=judged.verdict,
        decided_by="gate",
        reasons=judged.reasons,
        champion_version=judged.champion_version,
        training_fingerprint=training.fingerprint,
        mlflow_run_id=registered.run_id,
        evidence=judged.evidence,
    )


def _decide(settings: Settings, engine: "Engine", promotion: Promotion) -> None:
    """Marks the version in the registry and then writes the ledger.

    The ledger is last: once the decision stands there, the next run finds nothing to learn and repairs nothing.
    """
    registry.tag_decision(settings, promotion.model_version, promotion.decision, promotion.reasons[0])
    if promotion.decision == "promote":
        registry.name_champion(settings, promotion.model_version)
    promotions.record_promotion(engine, promotion)


def read_examples(engine: "Engine", as_of_date: date) -> tuple[pl.DataFrame, Labels]:
    """Returns what is learned from on a date: matured examples where enough of them left, else the date's own labels.

    Raises:
        NotThere: the date has no features.
    """
    stored = {load.snapshot_date for load in loads.find_current_loads(engine)}
    days = find_matured_days(as_of_date, stored)
    matured = [batch for day in days for batch in features.read_matured(engine, day)]
    if matured and sum(int(batch["has_churned"].sum()) for batch in matured) >= FEWEST_MATURED_LEAVERS:
        return pl.concat(matured), Labels("matured", days)
    return pl.concat(features.read_features(engine, as_of_date)), Labels("snapshot", (as_of_date,))


def keep_champion(settings: Settings, why: RegistryDown | TooFewLeavers) -> Outcome:
    """Says that nothing was learned and who stays champion: the registry did not answer, or hardly anybody left.

    Raises:
        RegistryDown: there is no champion to go on with, or
        TooFewLeavers: likewise.
    """
    champion = promotions.find_champion(open_engine(settings))
    if champion is None:
        raise why
    return Outcome(f"not trained, version {champion.model_version} stays champion: {why.fact}", True)


def find_training_day(settings: Settings, as_of_date: date | None) -> date:
    """Returns the date whose examples are meant: the one asked for (default: the latest loaded one).

    Raises:
        NotLoaded: nothing is loaded.
    """
    return as_of_date or loads.require_latest_day(open_engine(settings))
