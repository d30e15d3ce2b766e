"""Made-up customers are for trying out: what was learned from them gives way to what was learned from real ones."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from churn.contracts.decisions import Evidence, GateEvidence, Promotion
from churn.learning.gate import Decision
from churn.stages.judging import hold_back, knows_synthetic_only

CHAMPION = Promotion(
    decided_at=datetime(2026, 1, 31, tzinfo=UTC),
    as_of_date=date(2026, 1, 31),
    model_name="telco_churn_best_model",
    model_version=1,
    family="xgboost",
    decision="promote",
    decided_by="gate",
    reasons=("first champion",),
    champion_version=None,
    training_fingerprint="abc",
    mlflow_run_id="run",
    evidence=Evidence(is_synthetic=True),
)


def test_a_champion_of_made_up_customers_is_known_as_such() -> None:
    assert knows_synthetic_only(CHAMPION)
    assert not knows_synthetic_only(replace(CHAMPION, evidence=Evidence()))


def test_a_promotion_on_made_up_customers_becomes_a_hold_that_says_why() -> None:
    held = hold_back(Decision("promote", ["better"], GateEvidence({})), "trained on synthetic data")

    assert held.verdict == "hold"
    assert held.reasons[0].startswith("trained on synthetic data")


@pytest.mark.parametrize("verdict", ["hold", "reject"])
def test_other_verdicts_stand(verdict: str) -> None:
    held = hold_back(Decision(verdict, ["no better"], GateEvidence({})), "synthetic")  # type: ignore[arg-type]

    assert held.reasons == ["no better"]
