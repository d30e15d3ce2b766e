"""The screens, from facts to what a person reads."""

from dataclasses import replace
from datetime import UTC, date, datetime
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from churn.contracts.decisions import CandidateFigures, Evidence, Interval, Promotion
from churn.local_stack.stack import Line
from churn.reporting.status import CallList, ScoringModel, Status
from churn.stack_note import Standing
from churn.stages import Outcome
from churn.stores.ledgers.loads import Load
from churn.stores.shown.figures import FirstCall
from churn.terminal.display.evidence import decision_sentence, show_history, show_models
from churn.terminal.display.findings import outcome_sentence
from churn.terminal.display.ledger import show_loads
from churn.terminal.display.services import as_document, show_stack
from churn.terminal.display.status import show_status

TEST = {"pr_auc": 0.687, "pr_auc_low": 0.639, "pr_auc_high": 0.728, "roc_auc": 0.85, "log_loss": 0.4}
STATUS = Status(
    as_of_date=date(2026, 1, 30),
    customers=7043,
    active_customers=5174,
    at_risk_customers=463,
    tiers={"high": 99, "medium": 364, "low": 4711},
    tiers_from={"high": 0.7, "medium": 0.5},
    average_churn_probability=0.1834,
    revenue_at_risk_usd=429956.0,
    expected_annual_loss_usd=814150.0,
    currency="USD",
    horizon=None,
    expected_leavers=949.0,
    expected_loss_12m_usd=None,
    future_value_usd=None,
    list=CallList(1282, 30_000.0, 28_532.0),
    annual_revenue_usd=3803829.0,
    basis="live",
    source="extract.csv",
    is_synthetic=True,
    model=ScoringModel(
        "telco_churn_best_model",
        1,
        "logistic_regression",
        date(2026, 1, 30),
        ("first champion",),
        TEST,
        {"logistic_regression": {**TEST, "recall_at_10": 0.294}},
    ),
    first_calls=(
        FirstCall(
            "5150-ITWWB",
            0.8704,
            "High",
            991.0,
            87.0,
            94.85,
            2,
            "Month-to-month",
            "Fiber optic",
            "Electronic check",
            ("+ in the first 6 months", "- pays automatically"),
        ),
    ),
    unseen_plans=0,
    published_at=datetime(2026, 1, 31, 5, 6, 7, tzinfo=UTC),
    withdrawn=(),
    stack=None,
)
LOAD = Load(
    load_id=5,
    snapshot_date=date(2026, 1, 30),
    source="/landing/[new] extract.csv",
    sha256="",
    reading_sha256="",
    rows_read=7043,
    rows_accepted=7042,
    rows_rejected=1,
    monthly_charges_total=316_985.75,
    status="loaded",
    reason=None,
    notes=[],
    started_at=datetime(2026, 1, 31, 5, 6, 7, tzinfo=UTC),
    ended_at=None,
    origin="real",
    left_by="mark",
    horizon="",
    tolerance_days=0,
    rows_fingerprint=None,
)
DECISION = Promotion(
    datetime(2026, 1, 31, 5, 6, tzinfo=UTC),
    date(2026, 1, 30),
    "telco_churn_best_model",
    2,
    "random_forest",
    "hold",
    "gate",
    ("not beyond chance",),
    1,
    "",
    "",
    Evidence({"random_forest": CandidateFigures({"pr_auc": Interval(0.678, 0.631, 0.72)})}),
)


def _page(show: Any, *facts: Any, width: int = 80) -> str:
    page = StringIO()
    show(*facts, Console(file=page, width=width, highlight=False))
    return page.getvalue()


@pytest.mark.parametrize("width", [40, 60, 80, 200])
def test_the_status_keeps_its_figures_at_any_width(width: int) -> None:
    page = _page(show_status, STATUS, width=width)
    words = " ".join(page.split())

    for figure in ("7,043", "5,174", "463", "99 / 364 / 4,711", "$3,803,829", "$429,956", "$814,150", "18.3%"):
        assert figure in words
    assert "At risk (50.0% or more)" in words
    assert "published 2026-01-31 05:06 UTC" in words
    assert "These customers are synthetic" in words
    assert "5150-ITWWB 87.0% High $87" in words
    assert ("in the first 6 months" in words) == (width >= 60)
    assert "pays automatically" not in words
    assert max(map(len, page.splitlines())) <= width


def test_the_status_names_a_withdrawn_day_with_its_reason() -> None:
    held = "2026-01-31 was withdrawn by ada at 2026-02-01 08:00 UTC: [old] prices."
    page = _page(show_status, replace(STATUS, withdrawn=(held,)), width=200)

    assert f"{held} These are the figures of the last good day before it." in page


def test_a_probability_and_a_loss_are_shown_with_their_horizon() -> None:
    whole = " ".join(_page(show_status, STATUS).split())
    ahead = " ".join(_page(show_status, replace(STATUS, horizon="30 days", expected_loss_12m_usd=961000.0)).split())

    assert "A score is the probability of leaving within the month the extract covers." in whole
    assert "$814,150 of a year's revenue is expected to leave within the month the extract covers." in whole
    assert "12 months" not in whole
    assert "A score is the probability of leaving within 30 days." in ahead
    headline, after = "Within 12 months, $961,000 of bills is expected to be lost.", "expected to leave within 30 days."
    assert ahead.index(headline) < ahead.index(after)


def test_the_status_says_what_the_list_is_worth_within_the_seats() -> None:
    seated = replace(STATUS.list, seats=60, within_seats=60, within_seats_profit_usd=4010.4)
    measured = replace(seated, is_save_rate_measured=True)
    lists = (STATUS.list, seated, measured)
    pages = [" ".join(_page(show_status, replace(STATUS, list=one)).split()) for one in lists]

    assert "A contact pays for 1,282 customers and earns $28,532 (save rate assumed)." in pages[0]
    assert "earns $28,532, $4,010 of it within the 60 contacts a day (save rate assumed)." in pages[1]
    assert "(save rate measured)." in pages[2]


def test_the_status_without_calls_says_so() -> None:
    page = _page(show_status, replace(STATUS, first_calls=()))

    assert "No customer is worth a contact under the current policy" in page


@pytest.mark.parametrize("width", [40, 80])
def test_a_load_is_shown_with_its_rows_and_its_file(width: int) -> None:
    words = " ".join(_page(show_loads, [LOAD], width=width).split())

    assert words == "5 2026-01-30 loaded 7,042 rows, 1 rejected, 2026-01-31 05:06 UTC /landing/[new] extract.csv"


@pytest.mark.parametrize(
    ("verdict", "champion", "sentence"),
    [
        ("promote", None, "Version 2 (random forest, 2026-01-30) is the new champion: not beyond chance."),
        (
            "hold",
            1,
            "Version 2 (random forest, 2026-01-30) is held; version 1 stays the champion: not beyond chance.",
        ),
        (
            "reject",
            1,
            "Version 2 (random forest, 2026-01-30) is rejected; version 1 stays the champion: not beyond chance.",
        ),
    ],
)
def test_a_training_is_one_sentence(verdict: str, champion: int | None, sentence: str) -> None:
    assert decision_sentence(replace(DECISION, decision=verdict, champion_version=champion)) == sentence


def test_a_skipped_stage_is_one_sentence() -> None:
    assert outcome_sentence(Outcome("nothing is new.", is_skipped=True)) == "Skipped: nothing is new."


def test_versions_and_decisions_are_in_the_fields_words() -> None:
    versions, history = _page(show_models, [DECISION], 1), _page(show_history, [DECISION], width=100)

    assert "held by the gate" in versions
    assert "0.678 (0.631 to 0.720)" in versions
    assert "2026-01-31 05:06 UTC version 2 (random forest) held by the gate; champion before: 1" in history


MLFLOW = Line(
    Standing("mlflow", "MLflow", "http://127.0.0.1:5000", 77, is_well=True, starts=1, seconds=8.25), 310_000_000
)


def test_the_services_are_a_table_for_people_and_a_list_for_programs(tmp_path: Path) -> None:
    words = " ".join(
        _page(lambda lines, console: show_stack(lines, tmp_path, 9.5, console), [MLFLOW], width=120).split()
    )

    assert "MLflow yes 8.2 s 77 310 MB http://127.0.0.1:5000" in words
    assert "All services are well after 9.5 s." in words
    (document,) = as_document([MLFLOW])
    assert (document["name"], document["is_well"], document["memory_bytes"]) == ("mlflow", True, 310_000_000)
