"""Decides whether a challenger may replace the champion, and collects the evidence that the ledger keeps."""

from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from typing import TYPE_CHECKING

import polars as pl

from churn.contracts.decisions import CandidateFigures, Curves, Evidence, Promotion, TierRates
from churn.contracts.horizons import Horizon
from churn.contracts.profiles import FeatureProfile
from churn.contracts.scores import feature_names
from churn.contracts.statuses import Verdict
from churn.contracts.tariffs import known_plans
from churn.economics.policies import Policies
from churn.economics.tiers import Tiers, choose_rule, count_tier_changes, resolve_tiers, tell_tiers
from churn.economics.value import find_charges
from churn.errors import ModelRefused, NotThere
from churn.intake.declaring import read_declared
from churn.learning.labels import Labels
from churn.monitoring.profiles import profile_features
from churn.stores.ledgers import loads, promotions
from churn.stores.model_registry import loading
from churn.stores.rows import features
from churn.stores.workplace import Workplace

if TYPE_CHECKING:
    from pandera.typing.polars import DataFrame
    from sqlalchemy import Engine

    from churn.contracts.features import CustomerFeatures
    from churn.contracts.scores import Predictor
    from churn.learning.gate import Decision
    from churn.learning.training import Candidate, Training


@dataclass(frozen=True)
class Judgement:
    """The decision of the gate on a training, with everything that the ledger keeps of it.

    Attributes:
        reasons: the reasons, the decisive reason first.
        evidence: the figures of every candidate, the curves of the selected candidate, and what the gate compared.
        champion_version: the champion in the comparison; None if there was none.
    """

    verdict: Verdict
    reasons: tuple[str, ...]
    evidence: Evidence
    champion_version: int | None


def judge_training(
    workplace: Workplace,
    training: "Training",
    examples: "DataFrame[CustomerFeatures]",
    labels: Labels,
    as_of_date: date,
    policies: Policies,
) -> Judgement:
    """Compares a training with the champion that it would replace.

    A champion that cannot be loaded is not compared: the challenger is judged like a first model. So a training is a
    way out when the champion's file is lost, refused, or from other library versions.

    Raises:
        RegistryDown: the registry does not answer, and there is no copy of the champion.
    """
    engine = workplace.engine
    is_synthetic = _is_synthetic(engine, as_of_date)
    champion = find_rival(promotions.find_champion(engine), is_synthetic, labels.horizon)
    standing, problem = _load_rival(workplace, champion, examples) if champion else (None, None)
    groups = features.read_groups(engine, labels.as_of_dates, _slice_columns(workplace))
    decision = decide(training, standing, groups, policies, _test_power(labels, champion))
    if champion is not None and (lack := _find_lack(champion, standing is not None, is_synthetic, labels)):
        decision = hold_back(decision, lack)
    reasons = [*decision.reasons, training.tested_on, training.reason, labels.told()]
    if problem is not None:
        # A promotion that could not be compared must say so first; of another verdict the reasons of the gate come
        # first.
        reasons.insert(0 if decision.verdict == "promote" else len(decision.reasons), problem)
    tiers = resolve_training_tiers(training, labels, policies)
    changes = None if standing is None else _tier_changes(training, standing, examples, tiers)
    if changes is not None:
        reasons.append(f"{changes:,} of {examples.height:,} customers would change tier")
    kept = replace(
        describe_training(training, decision, policies, tiers),
        labels=labels.evidence(),
        is_synthetic=is_synthetic,
        tier_changes=changes,
    )
    return Judgement(decision.verdict, tuple(reasons), kept, champion.model_version if champion else None)


def _is_synthetic(engine: "Engine", as_of_date: date) -> bool:
    load = loads.find_current_load(engine, as_of_date)
    return load is not None and load.origin == "synthetic"


def find_rival(champion: Promotion | None, is_synthetic: bool, horizon: str | None = None) -> Promotion | None:
    """Returns the champion that a challenger must beat.

    None for the first challenger trained on real customers, and for the first one of another horizon: its probabilities
    answer another question, so the two cannot be compared.
    """
    if champion is None or (knows_synthetic_only(champion) and not is_synthetic):
        return None
    if horizon is not None and champion.horizon != horizon and knows_synthetic_only(champion) == is_synthetic:
        return None
    return champion


def _test_power(labels: Labels, champion: Promotion | None) -> float:
    """Returns the length of the test's window as a multiple of the champion's horizon."""
    if not labels.windows or champion is None or champion.horizon is None:
        return 1.0
    return labels.windows[0].window.window_days / Horizon.read(champion.horizon).days


def knows_synthetic_only(champion: Promotion) -> bool:
    """Returns whether a champion was trained on synthetic data. A model trained on real data always replaces it."""
    return champion.evidence.is_synthetic


def _slice_columns(workplace: Workplace) -> list[str]:
    """Returns the declared columns by which a model is judged: segments, and columns kept to measure fairness."""
    return [column.name for column in read_declared(workplace.settings).stored if column.is_slice]


def _load_rival(
    workplace: Workplace, champion: Promotion, examples: pl.DataFrame
) -> tuple["Predictor | None", str | None]:
    """Returns the champion's model; without it, why it could not be loaded and compared."""
    who = f"champion version {champion.model_version}"
    try:
        standing = loading.load_predictor(workplace.settings, champion.model)
    except (NotThere, ModelRefused) as error:
        return None, f"{who} could not be loaded and was not compared ({error.fact.rstrip('.')})"
    if lost := [name for name in feature_names(standing) if name not in examples.columns]:
        return None, f"{who} was not compared: the extract has no {lost[0]} any more"
    return standing, None


def _find_lack(champion: Promotion, is_compared: bool, is_synthetic: bool, labels: Labels) -> str | None:
    """Returns what the challenger's data lack that the champion's have; None if nothing."""
    if is_synthetic and not knows_synthetic_only(champion):
        return "trained on synthetic data, which never replaces a champion trained on real data"
    if is_compared and champion.horizon and not labels.horizon:
        return "trained without a horizon, which never replaces a champion with one"
    return None


def hold_back(decision: "Decision", reason: str) -> "Decision":
    """Turns a promotion into a hold, for a reason that the figures do not show."""
    if decision.verdict != "promote":
        return decision
    return replace(decision, verdict="hold", reasons=[reason, *decision.reasons])


def decide(
    training: "Training",
    standing: "Predictor | None",
    groups: pl.DataFrame,
    policies: Policies,
    test_power: float = 1.0,
) -> "Decision":
    """Compares the selected candidate with the champion on the candidate's test part.

    Args:
        training: the training.
        standing: the champion's model; None if there is no champion.
        groups: as_of_date, customer_id and the columns that define the slices of the test part.
        policies: the thresholds of the gate, and the value of a customer.
        test_power: the length of the test's window as a multiple of the champion's horizon.
    """
    # Imported here, as in the functions below: scikit-learn and XGBoost take seconds, and most commands do not train.
    from churn.learning.bounded import raise_to
    from churn.learning.candidates import predict_leaving
    from churn.learning.gate import Contest, judge

    test = training.split.test
    contest = Contest(
        labels=test["has_churned"].to_numpy(),
        challenger=training.selected.test_probabilities,
        # The champion's probabilities are for its own horizon. They are brought to the window whose labels judge both.
        champion=raise_to(predict_leaving(standing, test), test_power) if standing is not None else None,
        monthly_charges=find_charges(test),
        groups=slice_by(test, groups),
    )
    return judge(contest, policies, training.params.seed)


def slice_by(test: pl.DataFrame, groups: pl.DataFrame) -> pl.DataFrame:
    """Returns the groups of the examples of the test part, in the order of the test part."""
    # Without as_of_date all examples are of one date, and customer_id alone identifies a row.
    keys = [name for name in ("as_of_date", "customer_id") if name in test.columns and name in groups.columns]
    return test.select(keys).join(groups, on=keys, how="left", maintain_order="left")


def resolve_training_tiers(training: "Training", labels: Labels, policies: Policies) -> Tiers:
    """Returns the tiers that the scores of a challenger would have under the policy."""
    own_base_rate = None if training.params.given.is_shipped else labels.leaver_share
    rule = choose_rule(policies.tiers, labels.horizon is not None, own_base_rate)
    return resolve_tiers(policies.tiers, rule, labels.leaver_share, training.selected.test_probabilities)


def _tier_changes(
    training: "Training", standing: "Predictor", examples: "DataFrame[CustomerFeatures]", tiers: Tiers
) -> int:
    from churn.learning.candidates import predict_leaving

    new, old = (predict_leaving(model, examples) for model in (training.selected.model, standing))
    return count_tier_changes(tiers, new, old)


def describe_training(training: "Training", decision: "Decision", policies: Policies, tiers: Tiers) -> Evidence:
    """Returns what the ledger keeps of a training: sizes, every candidate's figures, the selected one's curves.

    Args:
        training: the training.
        decision: the decision of the gate on it.
        policies: the value of a customer, for the profit curve.
        tiers: the tiers that the scores would have.
    """
    return Evidence(
        rows={part: getattr(training.split, part).height for part in ("train", "validation", "test")},
        params=training.params.settings(),
        plans=tuple(known_plans(training.split.train)),
        tiers_out_of_fold=_tiers_out_of_fold(training, tiers),
        candidates={candidate.family: _figures(candidate) for candidate in training.candidates},
        curves=_curves(training, decision, policies),
        gate=decision.evidence,
        tested_on=training.tested_on,
        ranges=training.ranges,
        usual=_find_usual(training),
        profiles=_profile(training),
    )


def _profile(training: "Training") -> dict[str, FeatureProfile]:
    """Returns how each feature is spread among the active customers of the training part."""
    # The label of an extract marks customers who are gone already: no published figure counts them.
    train = training.split.train if training.ranges is not None else training.split.train.filter(~pl.col("has_churned"))
    return profile_features(train, training.params.given.names)


def _find_usual(training: "Training") -> dict[str, float]:
    """Returns the median of each number of a declared extract, for reasons such as "care calls 7, usually 1"."""
    given = training.params.given
    if given.is_shipped:
        return {}
    # Of the training part: what the test part holds must not reach the model or its words.
    medians = training.split.train.select(pl.col(given.numbers).median()).row(0, named=True)
    return {name: float(median) for name, median in medians.items() if median is not None}


def _tiers_out_of_fold(training: "Training", tiers: Tiers) -> tuple[TierRates, ...]:
    """Compares predicted and actual leavers of each tier on the training part: the test part is used only once."""
    from churn.learning.fitting import fit_family
    from churn.learning.folds import predict_out_of_fold

    fit = partial(fit_family, training.selected.family, params=training.params)
    return tell_tiers(predict_out_of_fold(training.split.train, training.params.seed, fit), tiers)


def _curves(training: "Training", decision: "Decision", policies: Policies) -> Curves:
    """Returns calibration, gain, profit and slices of the selected candidate, as points for the pages to draw."""
    from churn.learning.curves import tell_curves

    test, probabilities = training.split.test, training.selected.test_probabilities
    return tell_curves(
        test["has_churned"].to_numpy(), probabilities, find_charges(test), decision.evidence.slices, policies.value
    )


def _figures(candidate: "Candidate") -> CandidateFigures:
    return CandidateFigures(candidate.test, candidate.validation, candidate.confusion)
