"""Training a challenger on a date's examples and letting the gate decide."""

from dataclasses import asdict
from datetime import date
from typing import TYPE_CHECKING

import polars as pl

from churn.errors import NotThere
from churn.learning.gate import Decision, judge
from churn.learning.params import ModelParams, fingerprint_training
from churn.settings import Settings
from churn.stages import Outcome
from churn.stores import registry, warehouse
from churn.stores.database import open_engine
from churn.stores.warehouse import Promotion
from churn.timeline import now_utc

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from churn.learning.training import Candidate, Training


def train_models(settings: Settings, as_of_date: date, params: ModelParams, retrain: bool = False) -> Outcome:
    """Trains every candidate on the examples of a date, registers the best, and promotes it if the gate says so.

    Skipped when exactly these examples and settings were trained on before, unless `retrain`.

    Raises:
        NotThere: the date has no features, or too few leavers to learn from.
    """
    engine = open_engine(settings)
    examples = pl.concat(warehouse.read_features(engine, as_of_date))
    known = warehouse.find_training(engine, fingerprint_training(examples, params))
    if known is not None and not retrain:
        return Outcome(f"same examples and settings as version {known.model_version}: nothing to learn", True)
    from churn.learning.training import train  # scikit-learn and XGBoost: 3 s that a skipped training need not wait

    training = train(examples, params)
    champion = warehouse.find_champion(engine)
    decision = decide(settings, training, champion)
    registered = registry.record_training(settings, training, as_of_date)
    if decision.verdict == "promote":
        registry.name_champion(settings, registered.version)
    warehouse.record_promotion(
        engine,
        Promotion(
            decided_at=now_utc(),
            as_of_date=as_of_date,
            model_name=registered.name,
            model_version=registered.version,
            family=training.selected.family,
            decision=decision.verdict,
            reasons=[training.reason, *decision.reasons],
            champion_version=champion.model_version if champion else None,
            training_fingerprint=training.fingerprint,
            mlflow_run_id=registered.run_id,
            evidence=evidence(training),
        ),
    )
    return Outcome(
        f"version {registered.version} ({training.selected.family}): {decision.verdict}, {decision.reasons[0]}"
    )


def decide(settings: Settings, training: "Training", champion: Promotion | None) -> Decision:
    """Holds the selected candidate against the champion on the candidate's test part."""
    from churn.learning.candidates import predict_leaving

    test = training.split.test
    standing = None
    if champion is not None:
        standing = predict_leaving(registry.load_predictor(settings, champion.model_version), test)
    selected = training.selected
    labels = test["has_churned"].to_numpy()
    return judge(labels, selected.test_probabilities, standing, selected.test["pr_auc"], training.params.seed)


def evidence(training: "Training") -> dict[str, object]:
    """What the ledger keeps of a training: sizes, and every candidate's test figures with intervals."""
    return {
        "rows": {part: getattr(training.split, part).height for part in ("train", "validation", "test")},
        "params": asdict(training.params),
        "candidates": {one.family: _figures(one) for one in training.candidates},
    }


def _figures(candidate: "Candidate") -> dict[str, object]:
    return {
        "test": {name: asdict(interval) for name, interval in candidate.test.items()},
        "validation": {name: asdict(interval) for name, interval in candidate.validation.items()},
        "confusion": candidate.confusion,
    }


def require_champion(engine: "Engine") -> Promotion:
    """Returns the decision that made the champion.

    Raises:
        NotThere: no model was promoted yet.
    """
    champion = warehouse.find_champion(engine)
    if champion is None:
        raise NotThere("No model has been promoted yet.", "train one with `churn run --source FILE --retrain`.")
    return champion
