"""What the score would be with other levers; a price rise is never good news."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from churn.settings import Settings
from tests.support.declared import ask_rows
from tests.support.online import serving


@pytest.fixture(scope="module")
def client(published: Settings) -> Any:
    with serving(published) as client:
        yield client


@pytest.fixture(scope="module")
def stored(published: Settings) -> dict[str, Any]:
    """A month-to-month customer with internet and without support."""
    return ask_rows(
        published,
        """SELECT raw.customer_id, monthly_charges::float8 AS charge, churn_probability, tech_support, contract
           FROM raw_data.telco_churn_raw AS raw JOIN analytics.predictions AS scores
             ON scores.customer_id = raw.customer_id AND scores.prediction_date = raw.snapshot_date
           WHERE contract = 'Month-to-month' AND tech_support = 'No' AND churn = 'No' ORDER BY 1 LIMIT 1""",
    )[0]


def ask(client: TestClient, stored: dict[str, Any], **levers: Any) -> Any:
    return client.post(f"/v1/customers/{stored['customer_id']}/what-if", json=levers)


def test_another_contract_changes_the_score_from_the_stored_one(client: TestClient, stored: dict[str, Any]) -> None:
    answer = ask(client, stored, contract="Two year", tech_support="Yes").json()

    assert answer["before"]["churn_probability"] == stored["churn_probability"]
    assert answer["after"]["churn_probability"] < stored["churn_probability"]
    moved = answer["after"]["churn_probability"] - answer["before"]["churn_probability"]
    assert answer["probability_change"] == pytest.approx(moved)
    assert answer["changes"] == {"contract": "Two year", "tech_support": "Yes"}
    assert "not a promised effect" in answer["note"]


@pytest.mark.parametrize("factor", [0.5, 0.9, 1.1, 1.5, 3.0])
def test_no_price_moves_the_risk_against_all_sense(client: TestClient, stored: dict[str, Any], factor: float) -> None:
    answer = ask(client, stored, monthly_charges=round(stored["charge"] * factor, 2)).json()

    assert answer["probability_change"] * (factor - 1) >= 0
    assert answer["unsettled"] in ([], ["monthly_charges"])
    assert bool(answer["unsettled"]) == (answer["probability_change"] == 0)


@pytest.mark.parametrize(
    ("levers", "field", "rule"),
    [
        ({}, None, None),
        ({"tenure": 3}, "tenure", "extra_forbidden"),
        ({"contract": "Ten year"}, "contract", "contract_known"),
        ({"monthly_charges": "60"}, "monthly_charges", "float_type"),
        ({"monthly_charges": -3}, "monthly_charges", "monthly_charges_above_0"),
        ({"tech_support": "No internet service"}, "", "internet_add_ons_agree_with_internet_service"),
    ],
)
def test_what_is_no_lever_is_refused(
    client: TestClient, stored: dict[str, Any], levers: dict[str, Any], field: str | None, rule: str | None
) -> None:
    answer = ask(client, stored, **levers)

    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    found = [(error["field"], error["rule"]) for error in answer.json().get("errors", [])]
    assert found == ([(field, rule)] if rule else [])


def test_a_customer_whom_nobody_knows_has_no_what_if(client: TestClient) -> None:
    assert ask(client, {"customer_id": "nobody"}, contract="Two year").status_code == 404
