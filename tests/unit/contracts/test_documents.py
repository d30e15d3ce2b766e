"""The data contract and the model card say what the declaration and the ledger hold."""

from datetime import UTC, date, datetime

import yaml

from churn.contracts.card import write_card
from churn.contracts.data_contract import LastDelivery, describe_contract
from churn.contracts.decisions import CandidateFigures, Evidence, Interval, Promotion, TrainedLabels
from churn.contracts.declaration import Core, Declaration, DeclaredColumn, LeftSource

DAY = date(2026, 1, 31)
EVIDENCE = Evidence(
    candidates={"logistic_regression": CandidateFigures({"pr_auc": Interval(0.687, 0.639, 0.728)})},
    rows={"train": 4930, "test": 1409},
    labels=TrainedLabels("matured", (DAY,), "30 days", 0.04),
    is_synthetic=True,
)


def read(declaration: Declaration, last: LastDelivery | None = None) -> dict[str, dict[str, object]]:
    document = describe_contract(declaration, last)
    assert yaml.safe_load(yaml.safe_dump(document)) == document
    (schema,) = document["schema"]  # type: ignore[misc]
    return {one["name"]: one for one in schema["properties"]}  # type: ignore[index]


def test_the_contract_has_every_column_of_the_extract_with_its_name_type_and_words() -> None:
    columns = read(Declaration())

    assert len(columns) == 21
    assert columns["customer_id"] == {
        "name": "customer_id", "physicalName": "customerID", "logicalType": "string", "required": True,
        "primaryKey": True, "unique": True,
    }  # fmt: skip
    assert (columns["total_charges"]["logicalType"], columns["total_charges"]["required"]) == ("number", False)
    assert columns["contract"]["quality"] == [
        {
            "type": "library", "metric": "invalidValues", "mustBe": 0,
            "arguments": {"validValues": ["Month-to-month", "One year", "Two year"]},
        }
    ]  # fmt: skip


def test_the_contract_of_another_company_has_its_own_columns_and_its_last_delivery() -> None:
    core = Core(("Kunde",), LeftSource("flag", "gekündigt", ("ja",)), value=("Preis",))
    own = DeclaredColumn("logins", "Anmeldungen", "count", blank="refuse")
    declaration = Declaration(core=core, shipped=(), columns=(own,), currency="CHF")
    columns = read(declaration, LastDelivery(DAY, 400, "real"))

    assert [one["physicalName"] for one in columns.values()] == ["Kunde", "Preis", "gekündigt", "Anmeldungen"]
    assert (columns["logins"]["logicalType"], columns["logins"]["required"]) == ("integer", True)
    document = describe_contract(declaration, LastDelivery(DAY, 400, "real"))
    assert {"property": "lastRowCount", "value": 400} in document["customProperties"]  # type: ignore[operator]
    assert document["apiVersion"] == "v3.1.0"


def test_the_card_says_what_a_model_is_for_what_it_learned_from_and_how_it_did() -> None:
    decided = datetime(2026, 2, 1, tzinfo=UTC)
    promotion = Promotion(
        decided, DAY, "telco", 3, "logistic_regression", "promote", "gate", ("better",), 2, "x", "y", EVIDENCE
    )
    card = write_card("telco", "logistic_regression", DAY, EVIDENCE, promotion)

    for said in (
        "# Model card: telco version 3",
        "leaves within 30 days",
        "It must not be used to set prices",
        "- Examples of 2026-01-31: train 4,930, test 1,409",
        "- Customers: synthetic",
        "- Share of leavers: 4.0%",
        "| PR-AUC | 0.687 | 0.639 to 0.728 |",
        "## Decision: promote",
        "- better",
    ):
        assert said in card
    assert "Decision" not in write_card("telco", "logistic_regression", DAY, EVIDENCE)
