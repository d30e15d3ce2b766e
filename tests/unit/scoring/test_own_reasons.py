"""Reasons from a company's own columns say what it has, in its words."""

import numpy as np
import polars as pl
import pytest

from churn.contracts.declaration import Declaration, DeclaredColumn
from churn.scoring.own_reasons import word_reasons, write_values
from churn.scoring.reasons import gather_subjects, tell_reasons

COLUMNS = (
    DeclaredColumn("care_calls", "Calls", "count"),
    DeclaredColumn("outages", "Outages", "count", group="service"),
    DeclaredColumn("waits", "Waits", "number", group="service", says="waited {value} minutes"),
    DeclaredColumn("roaming", "Roaming", "flag"),
    DeclaredColumn("edition", "Edition", "word"),
)
NAMES = tuple(column.name for column in COLUMNS)
WORDING = word_reasons(NAMES, (), Declaration(columns=COLUMNS), {"care_calls": 1.0, "outages": 0.0, "roaming": 0.0})
CUSTOMERS = pl.DataFrame(
    {
        "care_calls": [7.0, 0.0],
        "outages": [3.0, None],
        "waits": [2.5, 40.0],
        "roaming": [1.0, 0.0],
        "edition": ["Team", "(blank)"],
    }
)


def test_a_reason_says_name_value_and_usual_value() -> None:
    parts = np.array([[2.0, 0.1, 0.0, -1.0, 0.5], [0.0, 0.1, 0.9, 0.2, -0.3]])
    assert tell_reasons(CUSTOMERS, parts, WORDING).to_list() == [
        ["+ care calls 7, usually 1", "- roaming yes", "+ edition Team"],
        ["+ waited 40 minutes", "- edition (blank)", "+ roaming no"],
    ]


def test_a_group_is_one_subject_and_its_strongest_member_speaks() -> None:
    parts = np.array([[0.0, 0.6, 0.5, 0.0, 0.0], [0.0, 0.4, -0.9, 0.0, 0.0]])
    assert gather_subjects(CUSTOMERS, parts, WORDING)[:, 1].tolist() == pytest.approx([1.1, -0.5])
    told = tell_reasons(CUSTOMERS, parts, WORDING).to_list()
    assert [reasons[0] for reasons in told] == ["+ outages 3, usually 0", "- waited 40 minutes"]


def test_a_customer_alone_has_the_reasons_of_the_batch() -> None:
    parts = np.array([[2.0, 0.1, 0.0, -1.0, 0.5], [0.0, 0.1, 0.9, 0.2, -0.3]])
    alone = [tell_reasons(CUSTOMERS[row], parts[[row]], WORDING)[0].to_list() for row in range(2)]
    assert alone == tell_reasons(CUSTOMERS, parts, WORDING).to_list()


@pytest.mark.parametrize(
    ("kind", "value", "written"),
    [
        ("count", 7.0, "7"),
        ("number", 7.25, "7.25"),
        ("money", 45.9, "45.90"),
        ("money", -10.5, "-10.50"),
        ("share", 0.25, "25%"),
        ("date", 14.0, "14 days ago"),
        ("flag", 1.0, "yes"),
        ("count", None, "(blank)"),
    ],
)
def test_values_are_written_as_people_write_them(kind: str, value: float | None, written: str) -> None:
    assert write_values(pl.Series([value], dtype=pl.Float64), kind)[0] == written  # type: ignore[arg-type]


def test_a_new_word_of_the_public_sample_is_told_as_itself() -> None:
    from churn.contracts.features import FEATURES

    row = pl.DataFrame({name: [0.0] for name in FEATURES}).with_columns(
        word_contract=pl.lit("Prepaid"),
        word_internet_service=pl.lit("Cable"),
        word_payment_method=pl.lit("SEPA"),
        has_internet_service=pl.lit(1.0),
    )
    parts = np.zeros((1, len(FEATURES)))
    for name, weight in (("is_month_to_month", 3.0), ("has_fiber_optic", 2.0), ("uses_electronic_check", -1.0)):
        parts[0, FEATURES.index(name)] = weight
    assert tell_reasons(row, parts)[0].to_list() == ["+ contract Prepaid", "+ internet Cable", "- payment by SEPA"]
