"""The evidence of a decision survives the ledger, in the layout that the SQL models read."""

import json
from datetime import date

from churn.contracts.decisions import (
    CandidateFigures,
    Curves,
    Evidence,
    GateEvidence,
    Interval,
    Point,
    Slice,
    TierRates,
    TrainedLabels,
)

MEN = Slice("gender", "Male", 20, 5, 0.25, 0.25, 0.5, Interval(0.75, 0.5, 1.0))
EVIDENCE = Evidence(
    candidates={"xgboost": CandidateFigures({"pr_auc": Interval(0.6, 0.5, 0.7)}, {}, {"true_positive": 3})},
    curves=Curves(gain=tuple(Point(number / 20, 0.5, number) for number in range(1, 21)), slices=(MEN,)),
    rows={"train": 70, "validation": 10, "test": 20},
    params={"seed": 20, "left_out": ["has_partner"]},
    plans=("One year, DSL",),
    tiers_out_of_fold=(TierRates("High", 10, 8, 0.8, 0.8),),
    labels=TrainedLabels("matured", (date(2026, 3, 11),)),
    gate=GateEvidence({"gate": {"pr_auc_gain_floor": 0.0}}, (MEN,), {"pr_auc": Interval(0.1, 0.0, 0.2)}),
    is_synthetic=True,
    tier_changes=4,
)


def test_evidence_comes_back_from_the_ledger_as_it_was() -> None:
    assert Evidence.from_json(json.loads(json.dumps(EVIDENCE.to_json()))) == EVIDENCE


def test_sql_finds_points_and_slices_under_numbers_in_two_digits() -> None:
    curves = EVIDENCE.to_json()["curves"]

    assert list(curves["gain"]) == [f"{number:02d}" for number in range(1, 21)]
    assert curves["gain"]["03"] == {"x": 0.15, "y": 0.5, "customers": 3}
    assert curves["slices"]["01"]["roc_auc"] == {"value": 0.75, "low": 0.5, "high": 1.0}


def test_a_document_of_the_first_release_is_read_with_what_it_has() -> None:
    figure = {"value": 0.6, "low": 0.5, "high": 0.7}

    old = Evidence.from_json({"candidates": {"xgboost": {"test": {"pr_auc": figure}}}})

    assert old.candidates["xgboost"].test["pr_auc"] == Interval(0.6, 0.5, 0.7)
    assert (old.plans, old.labels, old.gate, old.curves, old.is_synthetic) == (None, None, None, Curves(), False)
