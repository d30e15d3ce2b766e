"""One customer at the door is held to the rules of a file, under the same names."""

from typing import Any

import polars as pl
import pytest

from churn.contracts.declaration import SHIPPED_DECLARATION
from churn.contracts.extract import EXTRACT_COLUMNS, PUBLIC_NAMES
from churn.intake.extract_form import ExtractForm
from churn.intake.one_row import find_broken
from churn.intake.rules import rules_of
from churn.intake.screening import find_broken_rules
from churn.intake.tidying import tidy_rows, type_rows
from tests.support.factories import make_customer

BREAKING: dict[str, dict[str, str]] = {
    "customer_id_present": {"customerID": ""},
    "customer_id_length": {"customerID": "x" * 65},
    "customer_id_printable": {"customerID": "a\u200bb"},
    **{f"{ours}_known": {theirs: "Perhaps"} for theirs, ours in PUBLIC_NAMES.items() if ours in (
        "gender", "partner", "dependents", "phone_service", "multiple_lines", "internet_service", "online_security",
        "online_backup", "device_protection", "tech_support", "streaming_tv", "streaming_movies", "contract",
        "paperless_billing", "payment_method", "churn")},
    **{f"{ours}_present": {theirs: ""} for theirs, ours in PUBLIC_NAMES.items()
       if ours not in ("total_charges", "customer_id")},
    "senior_citizen_known": {"SeniorCitizen": "2"},
    "tenure_at_least_0": {"tenure": "-1"},
    "tenure_at_most_1200": {"tenure": "1201", "TotalCharges": "99999"},
    "monthly_charges_above_0": {"MonthlyCharges": "0"},
    "monthly_charges_at_most_1000000": {"MonthlyCharges": "1000001", "TotalCharges": "2000000"},
    "total_charges_at_least_0": {"TotalCharges": "-1", "tenure": "0"},
    "total_charges_at_most_1000000000": {"TotalCharges": "1000000001"},
    "total_charges_present_once_billed": {"TotalCharges": ""},
    "total_charges_cover_one_month": {"TotalCharges": "44.99"},
    "internet_add_ons_agree_with_internet_service": {"TechSupport": "No internet service"},
    "multiple_lines_agree_with_phone_service": {"MultipleLines": "No phone service"},
}  # fmt: skip


def read(**changes: str) -> tuple[dict[str, Any], set[tuple[str | None, str]]]:
    """A customer as a row in its types, and the rules that the door for files finds broken."""
    given = {PUBLIC_NAMES[name]: value for name, value in make_customer(**changes).items()}
    text = pl.DataFrame([given]).select(EXTRACT_COLUMNS)
    tidy = tidy_rows(text, ExtractForm()).rows
    typed = type_rows(tidy, ExtractForm())
    broken = find_broken_rules(typed, tidy)
    return typed.to_dicts()[0], {(column, rule) for _, column, rule in broken.iter_rows()}


@pytest.mark.parametrize("rule", BREAKING)
def test_a_broken_rule_has_the_name_that_a_file_gives_it(rule: str) -> None:
    row, in_a_file = read(**BREAKING[rule])

    here = {(broken.column, broken.rule) for broken in find_broken(row, SHIPPED_DECLARATION)}
    assert rule in {name for _, name in here}
    assert here == in_a_file


def test_every_rule_of_the_contract_is_broken_by_an_example() -> None:
    about_text = {name for name, _ in rules_of(SHIPPED_DECLARATION).unreadable.values()} | {"row_has_every_cell"}

    assert set(rules_of(SHIPPED_DECLARATION).sentences) - about_text == set(BREAKING)


def test_a_good_customer_breaks_nothing_and_a_new_word_only_where_it_is_not_accepted() -> None:
    assert find_broken(read()[0], SHIPPED_DECLARATION) == []
    row = {**read()[0], "contract": "Three year"}
    assert [broken.rule for broken in find_broken(row, SHIPPED_DECLARATION)] == ["contract_known"]
    assert find_broken(row, SHIPPED_DECLARATION, accept_new_words=True) == []
