"""A request has the columns of the declaration in force, with their types, and those of second files."""

import pytest
from pydantic import ValidationError

from churn.api.forms import Form, build_form
from churn.contracts.declaration import Core, Declaration, DeclaredColumn, DeclaredSource, LeftSource
from churn.intake.extract_form import ExtractForm
from churn.intake.requests import take_in
from tests.conftest import DAY

DECLARATION = Declaration(
    core=Core(("id",), LeftSource("flag", "state", ("gone",), ("here",)), ("fee",), "age", "years"),
    shipped=(),
    columns=(
        DeclaredColumn("calls", "calls", "count"),
        DeclaredColumn("usage_calls", "calls", "count", blank="zero", origin="usage"),
        DeclaredColumn("seen_on", "seen", "date", date_format="%d.%m.%Y"),
    ),
    sources=(DeclaredSource("usage", "usage", ("id",)),),
    reviewed_by="Ann, 2026-11-14",
)
EXTRACT_FORM = ExtractForm(declaration=DECLARATION, tenure_unit="years")
CUSTOMER = {"id": "A1", "fee": 20, "age": 2, "calls": 7, "usage.calls": None, "seen": "30.01.2026"}


@pytest.fixture(scope="module")
def form() -> Form:
    return build_form(EXTRACT_FORM)


def test_a_column_of_a_second_file_has_the_name_of_its_source_in_front(form: Form) -> None:
    names = set(form.model.model_json_schema()["properties"])

    assert names == {*CUSTOMER, "state"}


def test_values_are_read_as_those_of_a_file(form: Form) -> None:
    given = form.values_of(form.model.model_validate(CUSTOMER))
    (taken,) = take_in([given], EXTRACT_FORM, DAY)

    assert taken.broken == []
    assert taken.row.items() >= {
        "customer_id": "A1", "monthly_charges": 20.0, "tenure": 24, "churn": "No", "calls": 7, "usage_calls": 0,
    }.items()  # fmt: skip
    assert str(taken.row["seen_on"]) == "2026-01-30"


@pytest.mark.parametrize(
    ("change", "column", "rule"),
    [
        ({"seen": "2026-01-30"}, "seen_on", "seen_on_date"),
        ({"fee": 2e9}, "monthly_charges", "monthly_charges_in_range"),
        ({"id": " "}, "customer_id", "customer_id_present"),
        ({"state": "perhaps"}, "churn", "churn_known"),
    ],
)
def test_a_rule_is_named_by_the_column_of_the_company(
    form: Form, change: dict[str, object], column: str, rule: str
) -> None:
    given = form.values_of(form.model.model_validate({**CUSTOMER, **change}))
    (taken,) = take_in([given], EXTRACT_FORM, DAY)

    assert [(broken.column, broken.rule) for broken in taken.broken] == [(column, rule)]
    assert form.name_of(column) == next(iter(change))


@pytest.mark.parametrize("change", [{"calls": 1.5}, {"fee": "20"}, {"fee": float("inf")}, {"age": "2"}, {"shoe": 44}])
def test_a_wrong_type_never_reaches_the_door(form: Form, change: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        form.model.model_validate({**CUSTOMER, **change})
