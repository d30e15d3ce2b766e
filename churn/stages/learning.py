"""Training a challenger on a date's examples and letting the gate decide."""

from dataclasses import asdict, replace
from datetime import date
from functools import partial
from typing import TYPE_CHECKING, Any

import polars as pl

from churn.contracts.tariffs import known_plans
from churn.economics.policies import Policies, load_policies
from churn.economics.tiers import count_tier_changes, tell_tiers
from churn.errors import NotThere, RegistryDown, TooFewLeavers
from churn.learning.labels import FEWEST_MATURED_LEAVERS, Labels, find_matured_days
from churn.learning.params import ModelParams, fingerprint_training
from churn.settings import Settings
from churn.stages import Outcome
from churn.stores.ledgers import loads, promotions
from churn.stores.ledgers.promotions import Promotion
from churn.stores.model_registry import registry
from churn.stores.postgres.database import open_engine
from churn.stores.rows import features
from churn.timeline import now_utc

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from churn.contracts.scores import Predictor
    from churn.learning.gate import Decision
    from churn.learning.training import Candidate, Training


def train_models(settings: Settings, as_of_date: date, params: ModelParams, retrain: bool = False) -> Outcome:
    """Trains every candidate on the examples of a date, registers the best, and promotes it if the gate says so.

    Skipped when exactly these examples and settings were trained on before, unless `retrain`.

    Raises:
        NotThere: the date has no features, or (TooFewLeavers) too few leavers or stayers to learn from.
        ContractBroken: a feature gives the label away.
    """
    engine = open_engine(settings)
    examples, labels = read_examples(engine, as_of_date)
    known = promotions.find_training(engine, fingerprint_training(examples, params))
    if known is not None and not retrain:
        return Outcome(f"same examples and settings as version {known.model_version}: nothing to learn", True)
    from churn.learning.training import train  # scikit-learn and XGBoost: 3 s that a skipped training need not wait

    training = train(examples, params)
    is_made_up = _is_made_up(engine, as_of_date)
    champion = find_rival(promotions.find_champion(engine), is_made_up)
    standing = registry.load_predictor(settings, champion.model_version) if champion else None
    groups = features.read_groups(engine, labels.as_of_dates)
    decision = decide(training, standing, groups, load_policies())
    if is_made_up and champion is not None and not knows_made_up_only(champion):
        decision = hold_made_up(decision)
    reasons = [*decision.reasons, training.reason, labels.told()]
    found = evidence(training, groups) | {"gate": decision.evidence, "is_synthetic": is_made_up} | labels.evidence()
    registered = registry.record_training(settings, training, as_of_date, found)
    if standing is not None:
        found["tier_changes"] = _tier_changes(training, standing, examples)
        reasons.append(f"{found['tier_changes']:,} of {examples.height:,} customers would change tier")
    registry.tag_decision(settings, registered.version, decision.verdict, reasons[0])
    if decision.verdict == "promote":
        registry.name_champion(settings, registered.version)
    promotions.record_promotion(  # last: once it is written, the next run finds nothing to learn and mends nothing
        engine,
        Promotion(
            decided_at=now_utc(),
            as_of_date=as_of_date,
            model_name=registered.name,
            model_version=registered.version,
            family=training.selected.family,
            decision=decision.verdict,
            decided_by="gate",
            reasons=reasons,
            champion_version=champion.model_version if champion else None,
            training_fingerprint=training.fingerprint,
            mlflow_run_id=registered.run_id,
            evidence=found,
        ),
    )
    return Outcome(f"version {registered.version} ({training.selected.family}): {decision.verdict}, {reasons[0]}")


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


def _is_made_up(engine: "Engine", as_of_date: date) -> bool:
    load = loads.find_current_load(engine, as_of_date)
    return load is not None and load.origin == "synthetic"


def find_rival(champion: Promotion | None, is_made_up: bool) -> Promotion | None:
    """Returns the champion a challenger has to beat; None for the first one trained on real customers."""
    if champion is not None and knows_made_up_only(champion) and not is_made_up:
        return None
    return champion


def knows_made_up_only(champion: Promotion) -> bool:
    """Whether a champion was trained on the simulator's customers: it gives way to one trained on real ones."""
    return bool(champion.evidence.get("is_synthetic"))


def hold_made_up(decision: "Decision") -> "Decision":
    """Turns a promotion into a hold: made-up customers do not unseat a champion that knows real ones."""
    if decision.verdict != "promote":
        return decision
    reason = "trained on made-up customers, which do not replace a champion trained on real ones"
    return replace(decision, verdict="hold", reasons=[reason, *decision.reasons])


def find_training_day(settings: Settings, as_of_date: date | None) -> date:
    """Returns the date whose examples are meant: the one asked for, or the latest loaded one.

    Raises:
        NotThere: nothing is loaded.
    """
    day = as_of_date or loads.find_latest_snapshot_date(open_engine(settings))
    if day is None:
        raise NotThere("No extract is loaded yet.", "run `churn run --source FILE`.")
    return day


def decide(training: "Training", standing: "Predictor | None", groups: pl.DataFrame, policies: Policies) -> "Decision":
    """Holds the selected candidate against the champion on the candidate's test part.

    Args:
        standing: the champion; None before the first.
        groups: as_of_date, customer_id and the columns the test part is sliced by.
    """
    from churn.learning.candidates import predict_leaving
    from churn.learning.gate import Contest, judge

    test = training.split.test
    contest = Contest(
        labels=test["has_churned"].to_numpy(),
        challenger=training.selected.test_probabilities,
        champion=predict_leaving(standing, test) if standing is not None else None,
        monthly_charges=test["monthly_charges"].to_numpy(),
        groups=slice_by(test, groups),
    )
    return judge(contest, policies, training.params.seed)


def slice_by(test: pl.DataFrame, groups: pl.DataFrame) -> pl.DataFrame:
    """Returns the groups of the test part's examples, in its order."""
    keys = [name for name in ("as_of_date", "customer_id") if name in test.columns and name in groups.columns]
    return test.select(keys).join(groups, on=keys, how="left", maintain_order="left")


def _tier_changes(training: "Training", standing: "Predictor", examples: pl.DataFrame) -> int:
    from churn.learning.candidates import predict_leaving

    return count_tier_changes(predict_leaving(training.selected.model, examples), predict_leaving(standing, examples))


def evidence(training: "Training", groups: pl.DataFrame) -> dict[str, Any]:
    """What the ledger keeps of a training: sizes, every candidate's test figures with intervals, the chosen's curves.

    Args:
        groups: as_of_date, customer_id and the columns the test part is sliced by.
    """
    return {
        "rows": {part: getattr(training.split, part).height for part in ("train", "validation", "test")},
        "params": asdict(training.params),
        "plans": known_plans(training.split.train),
        "tiers_out_of_fold": _tiers_out_of_fold(training),
        "candidates": {one.family: _figures(one) for one in training.candidates},
        "curves": _curves(training, groups),
    }


def _tiers_out_of_fold(training: "Training") -> list[dict[str, Any]]:
    """What each tier promised and met, on the training part: the test part is kept for its one use."""
    from churn.learning.candidates import fit_family
    from churn.learning.folds import predict_out_of_fold

    fit = partial(fit_family, training.selected.family, params=training.params)
    return tell_tiers(predict_out_of_fold(training.split.train, training.params.seed, fit))


def _curves(training: "Training", groups: pl.DataFrame) -> dict[str, Any]:
    """Calibration, gain, profit and slices of the selected candidate, as points that pages draw."""
    from churn.learning.curves import tell_curves
    from churn.learning.slices import measure_slices

    test, told = training.split.test, training.selected.test_probabilities
    labels, charges = test["has_churned"].to_numpy(), test["monthly_charges"].to_numpy()
    slices = measure_slices(labels, told, slice_by(test, groups), training.params.seed)
    return tell_curves(labels, told, charges, slices, load_policies().retention)


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
    champion = promotions.find_champion(engine)
    if champion is None:
        raise NotThere("No model has been promoted yet.", "train one with `churn train`.")
    return champion
