"""Trains a challenger on the examples of a date, and lets the gate decide."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import polars as pl

from churn.contracts.decisions import Promotion
from churn.contracts.features import PRICE_CHANGE, SHIPPED_FEATURES, FeatureSet
from churn.contracts.horizons import Horizon
from churn.contracts.models import RegisteredModel
from churn.contracts.over_days import longest_days
from churn.economics.policies import load_policies
from churn.economics.weights import load_class_weight
from churn.errors import RegistryDown, TooFewLeavers
from churn.intake.declaring import read_declared
from churn.learning.labels import LabelledWindow, Labels, choose_windows, to_window
from churn.learning.params import ModelParams, fingerprint_training
from churn.learning.weighting import leaver_share
from churn.settings import Settings
from churn.stages import Outcome, Unfinished
from churn.stages.judging import Judgement, judge_training
from churn.stages.reasoning import renew_reasons
from churn.stages.segmenting import renew_segments
from churn.stores.ledgers import loads, promotions
from churn.stores.model_registry import recording, registry
from churn.stores.rows import change_windows, features, label_windows
from churn.stores.workplace import Workplace
from churn.timeline import now_utc

if TYPE_CHECKING:
    from pandera.typing.polars import DataFrame
    from sqlalchemy import Engine

    from churn.contracts.features import CustomerFeatures
    from churn.learning.training import Training


def train_models(workplace: Workplace, as_of_date: date, params: ModelParams, retrain: bool = False) -> Outcome:
    """Trains every candidate on the examples of a date, registers the best, and promotes it if the gate allows that.

    Unless `retrain` is set, the stage is skipped if a model was trained on exactly these examples and settings before.

    Raises:
        NotThere: the date has no features, or (TooFewLeavers) too few leavers or stayers for a training.
        ContractBroken: a feature reveals the label.
    """
    engine, policies = workplace.engine, load_policies(workplace.settings.policies)
    params = with_declared(workplace.settings, params)
    examples, labels = read_examples(engine, as_of_date, params.given)
    params = with_changes(params, examples)
    known = promotions.find_training(engine, fingerprint_training(examples, params, labels.horizon))
    if known is not None and not retrain:
        return Outcome(
            f"not retrained: version {known.model_version} was trained on the same examples and settings", True
        )
    from churn.learning.training import train  # Imports scikit-learn and XGBoost: 3 s that a skipped training saves.

    training = train(examples, params, labels)
    judged = judge_training(workplace, training, examples, labels, as_of_date, policies)
    last_version = promotions.find_last_version(engine)
    registered = recording.record_training(
        workplace.settings, training, as_of_date, judged.evidence, policies.value, last_version
    )
    _decide(workplace, _describe(training, judged, registered, as_of_date))
    summary = f"version {registered.version} ({training.selected.family}): {judged.verdict}, {judged.reasons[0]}"
    return Outcome("; ".join([summary, *_renew_portrait(workplace, as_of_date)]))


def _renew_portrait(workplace: Workplace, as_of_date: date) -> list[str]:
    """Makes new segments, and learns the reasons of leavers, where they are due; returns what was made, in words."""
    try:
        renewed = [renew(workplace, as_of_date) for renew in (renew_segments, renew_reasons)]
    except RegistryDown as down:
        # The champion of this training is in the ledger already: the next training learns the reasons.
        return [f"the reasons of leavers were not learned: {down.fact}"]
    return [one.summary for one in renewed if not one.is_skipped]


def train_in_steps(
    tune: Callable[[ModelParams], ModelParams] | None,
    prune: Callable[[ModelParams], ModelParams] | None,
    train: Callable[[ModelParams], Outcome],
) -> Outcome:
    """Tunes, prunes and trains, each step with the settings of the one before it; None leaves a step out.

    The flow gives its tasks, with retries and time limits; the command gives the same stages behind progress bars.
    """
    params = ModelParams()
    params = tune(params) if tune else params
    params = prune(params) if prune else params  # After tuning: which features are needed depends on the settings.
    return train(params)


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
        model_sha256=registered.sha256,
    )


def _decide(workplace: Workplace, promotion: Promotion) -> None:
    """Records the decision in the registry and then in the ledger."""
    # The ledger comes last. Once it has the decision, the next run skips the training, and would not repeat a failed
    # call to the registry.
    registry.tag_decision(workplace.settings, promotion.model_version, promotion.decision, promotion.reasons[0])
    if promotion.decision == "promote":
        registry.name_champion(workplace.settings, promotion.model)
    promotions.record_promotion(workplace.engine, promotion)


def with_declared(settings: Settings, params: ModelParams) -> ModelParams:
    """Returns the settings with the features of the declaration and the class weight of the policy in force."""
    class_weight = load_class_weight(settings.policies)
    return replace(params, given=read_declared(settings).features, class_weight=class_weight)


def with_changes(params: ModelParams, examples: "DataFrame[CustomerFeatures]") -> ModelParams:
    """Returns the settings with the price change, if the examples have it."""
    given = params.given.with_price_change() if PRICE_CHANGE in examples.columns else params.given
    return replace(params, given=given)


def read_examples(
    engine: "Engine", as_of_date: date, given: FeatureSet = SHIPPED_FEATURES
) -> tuple["DataFrame[CustomerFeatures]", Labels]:
    """Returns the examples of a date: matured ones if enough of them left, otherwise those with the date's own labels.

    Of too few matured leavers and the extract's own, the more are used. An extract whose leavers vanish marks nobody.

    Raises:
        NotThere: the date has no features.
    """
    # An extract that arrived since the last refresh may have matured more windows.
    change_windows.refresh_changes(engine, longest_days(given.names))
    label_windows.refresh_windows(engine)
    matured = label_windows.read_windows(engine)
    if (windows := choose_windows(matured, as_of_date)) and (found := _read_windows(engine, windows, given)):
        return found
    examples = pl.concat(features.read_features(engine, as_of_date, given))
    few = choose_windows(matured, as_of_date, fewest_leavers=1)
    are_more = sum(one.leavers_count for one in few) > int(examples["has_churned"].sum())
    if are_more and (found := _read_windows(engine, few, given)):
        return found
    left_out = features.count_features(engine, as_of_date) - examples.height
    return examples, Labels("snapshot", (as_of_date,), leaver_share(examples), involuntary_count=left_out)


def _read_windows(
    engine: "Engine", windows: tuple[LabelledWindow, ...], given: FeatureSet
) -> tuple["DataFrame[CustomerFeatures]", Labels] | None:
    """Returns the examples of the windows that know every feature; None if none does.

    A window from before a column was declared does not know it, and a missing value never looks like zero.
    """
    known = [name for name in given.numbers if name not in given.blanks]
    asked = given.with_price_change() if "monthly_charges" in given.names else given
    read = [(one, pl.concat(features.read_matured(engine, one.window.as_of_date, asked))) for one in windows]
    kept = [(one, rows) for one, rows in read if not any(rows[name].null_count() for name in known)]
    if not kept:
        return None
    examples, chosen = _drop_idle_change(pl.concat([rows for _, rows in kept])), tuple(one for one, _ in kept)
    days = tuple(one.window.as_of_date for one in chosen)
    labels = Labels("matured", days, _find_leaver_share(examples, chosen[0]), chosen, len(read) - len(kept))
    return examples, labels


def _drop_idle_change(examples: "DataFrame[CustomerFeatures]") -> "DataFrame[CustomerFeatures]":
    """Leaves the price change out unless every window knows it, and somebody's price did change.

    A window that does not know it is worth more than the feature, and without a change nothing can be learned from it.
    """
    if PRICE_CHANGE not in examples.columns:
        return examples
    changes = examples[PRICE_CHANGE]
    return examples if not changes.null_count() and changes.abs().max() else examples.drop(PRICE_CHANGE)


def _find_leaver_share(examples: "DataFrame[CustomerFeatures]", newest: LabelledWindow) -> float:
    """Returns the share of the newest window's examples who left, brought to the horizon."""
    share = leaver_share(examples.filter(pl.col("as_of_date") == newest.window.as_of_date))
    return to_window(share, newest.window.window_days, Horizon.read(newest.horizon).days)


def keep_champion(workplace: Workplace, why: RegistryDown | TooFewLeavers) -> Outcome:
    """Returns the outcome of a training that could not take place; the current champion scores the date.

    Args:
        workplace: the settings and the database.
        why: the cause: the registry did not answer, or there are too few leavers or stayers.

    Raises:
        RegistryDown: the registry did not answer, and there is no champion yet.
        TooFewLeavers: there are too few leavers or stayers, and there is no champion yet.
    """
    champion = promotions.find_champion(workplace.engine)
    if champion is None:
        raise why
    summary = f"not retrained, version {champion.model_version} stays the champion: {why.fact}"
    return Unfinished(summary, is_skipped=True)


def find_training_day(workplace: Workplace, as_of_date: date | None) -> date:
    """Returns the date to train on (default: the latest loaded date).

    Raises:
        NotLoaded: no extract is loaded yet.
    """
    return as_of_date or loads.require_latest_day(workplace.engine)
