"""Whether a training may replace the champion: the gate's decision, and the evidence that the ledger keeps of it."""

from dataclasses import asdict, dataclass, replace
from datetime import date
from functools import partial
from typing import TYPE_CHECKING, Any

import polars as pl

from churn.contracts.tariffs import known_plans
from churn.economics.policies import Policies
from churn.economics.tiers import count_tier_changes, tell_tiers
from churn.learning.labels import Labels
from churn.settings import Settings
from churn.stores.ledgers import loads, promotions
from churn.stores.ledgers.promotions import Promotion
from churn.stores.model_registry import loading
from churn.stores.postgres.database import open_engine
from churn.stores.rows import features

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from churn.contracts.scores import Predictor
    from churn.learning.gate import Decision
    from churn.learning.training import Candidate, Training


@dataclass(frozen=True)
class Judgement:
    """What the gate says of a training, with all that the ledger keeps of it.

    Attributes:
        verdict: promote, hold or refuse.
        reasons: why, the decisive one first.
        evidence: figures of every candidate, curves of the selected one, and what the gate compared.
        champion_version: the champion that it was compared with; None for the first.
    """

    verdict: str
    reasons: list[str]
    evidence: dict[str, Any]
    champion_version: int | None


def judge_training(
    settings: Settings,
    training: "Training",
    examples: pl.DataFrame,
    labels: Labels,
    as_of_date: date,
    policies: Policies,
) -> Judgement:
    """Holds a training against the champion that it would replace.

    Raises:
        NotThere: the registry lost the champion's model.
    """
    engine = open_engine(settings)
    is_synthetic = _is_synthetic(engine, as_of_date)
    champion = find_rival(promotions.find_champion(engine), is_synthetic)
    standing = loading.load_predictor(settings, champion.model_version) if champion else None
    groups = features.read_groups(engine, labels.as_of_dates)
    decision = decide(training, standing, groups, policies)
    if is_synthetic and champion is not None and not knows_synthetic_only(champion):
        decision = hold_synthetic(decision)
    reasons = [*decision.reasons, training.reason, labels.told()]
    kept = evidence(training, groups, policies) | labels.evidence()
    kept |= {"gate": decision.evidence, "is_synthetic": is_synthetic}
    if standing is not None:
        kept["tier_changes"] = _tier_changes(training, standing, examples)
        reasons.append(f"{kept['tier_changes']:,} of {examples.height:,} customers would change tier")
    return Judgement(decision.verdict, reasons, kept, champion.model_version if champion else None)


def _is_synthetic(engine: "Engine", as_of_date: date) -> bool:
    load = loads.find_current_load(engine, as_of_date)
    return load is not None and load.origin == "synthetic"


def find_rival(champion: Promotion | None, is_synthetic: bool) -> Promotion | None:
    """Returns the champion a challenger has to beat; None for the first one trained on real customers."""
    if champion is not None and knows_synthetic_only(champion) and not is_synthetic:
        return None
    return champion


def knows_synthetic_only(champion: Promotion) -> bool:
    """Whether a champion was trained on synthetic customers: a model trained on real ones always replaces it."""
    return bool(champion.evidence.get("is_synthetic"))


def hold_synthetic(decision: "Decision") -> "Decision":
    """Turns a promotion into a hold: a model trained on synthetic data never replaces one trained on real data."""
    if decision.verdict != "promote":
        return decision
    reason = "trained on synthetic customers, which never replace a champion trained on real ones"
    return replace(decision, verdict="hold", reasons=[reason, *decision.reasons])


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


def evidence(training: "Training", groups: pl.DataFrame, policies: Policies) -> dict[str, Any]:
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
        "curves": _curves(training, groups, policies),
    }


def _tiers_out_of_fold(training: "Training") -> list[dict[str, Any]]:
    """What each tier promised and met, on the training part: the test part is kept for its one use."""
    from churn.learning.candidates import fit_family
    from churn.learning.folds import predict_out_of_fold

    fit = partial(fit_family, training.selected.family, params=training.params)
    return tell_tiers(predict_out_of_fold(training.split.train, training.params.seed, fit))


def _curves(training: "Training", groups: pl.DataFrame, policies: Policies) -> dict[str, Any]:
    """Calibration, gain, profit and slices of the selected candidate, as points that pages draw."""
    from churn.learning.curves import tell_curves
    from churn.learning.slices import measure_slices

    test, told = training.split.test, training.selected.test_probabilities
    labels, charges = test["has_churned"].to_numpy(), test["monthly_charges"].to_numpy()
    slices = measure_slices(labels, told, slice_by(test, groups), training.params.seed)
    return tell_curves(labels, told, charges, slices, policies.value)


def _figures(candidate: "Candidate") -> dict[str, object]:
    return {
        "test": {name: asdict(interval) for name, interval in candidate.test.items()},
        "validation": {name: asdict(interval) for name, interval in candidate.validation.items()},
        "confusion": candidate.confusion,
    }
