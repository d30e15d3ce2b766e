"""Customers rewound by hand: what 31 and 62 days before a snapshot of 2026-03-31 must look like."""

from datetime import date, timedelta

import polars as pl
import pytest

from churn.contracts.extract import CustomerExtract
from churn.scoring.reconstruction import rewind
from churn.timeline import months_before, whole_months_between

SNAPSHOT = date(2026, 3, 31)
PLAIN = {
    "gender": "Female",
    "senior_citizen": 0,
    "partner": "No",
    "dependents": "No",
    "phone_service": "Yes",
    "multiple_lines": "No",
    "internet_service": "DSL",
    **dict.fromkeys(
        (
            "online_security",
            "online_backup",
            "device_protection",
            "tech_support",
            "streaming_tv",
            "streaming_movies",
        ),
        "No",
    ),
    "contract": "Month-to-month",
    "paperless_billing": "Yes",
    "payment_method": "Electronic check",
}
CUSTOMERS = [
    ("JOINED-THIS-MONTH", 0, 40.0, None, "No"),
    ("ONE", 1, 70.0, 70.0, "No"),
    ("TWO", 2, 50.0, 110.0, "No"),
    ("SIXTY", 60, 100.0, 5800.0, "No"),
    ("LEFT", 10, 80.0, 790.0, "Yes"),
    ("CHEAPER-BEFORE", 3, 90.0, 200.0, "No"),
]


@pytest.fixture
def snapshot() -> pl.DataFrame:
    rows = [
        {
            "customer_id": customer,
            **PLAIN,
            "tenure": tenure,
            "monthly_charges": monthly,
            "total_charges": total,
            "churn": churn,
        }
        for customer, tenure, monthly, total, churn in CUSTOMERS
    ]
    frame = pl.DataFrame(rows, schema_overrides={"total_charges": pl.Float64})
    return CustomerExtract.validate(frame.select(CustomerExtract.to_schema().columns.keys()))


def days_back(snapshot: pl.DataFrame, days: int) -> dict[str, tuple[int, float | None, str]]:
    months = whole_months_between(SNAPSHOT - timedelta(days=days), SNAPSHOT)
    rows = rewind(snapshot, months).select("customer_id", "tenure", "total_charges", "churn").rows()
    return {customer: (tenure, total, churn) for customer, tenure, total, churn in rows}


def test_within_the_month_of_the_snapshot_nothing_is_rewound(snapshot: pl.DataFrame) -> None:
    assert rewind(snapshot, 0).equals(snapshot)
    assert days_back(snapshot, 30)["LEFT"] == (10, 790.0, "Yes")


def test_31_days_before_by_hand(snapshot: pl.DataFrame) -> None:
    assert days_back(snapshot, 31) == {
        "ONE": (0, None, "No"),
        "TWO": (1, 60.0, "No"),
        "SIXTY": (59, 5700.0, "No"),
        "CHEAPER-BEFORE": (2, 110.0, "No"),
    }


def test_62_days_before_by_hand(snapshot: pl.DataFrame) -> None:
    assert days_back(snapshot, 62) == {
        "TWO": (0, None, "No"),
        "SIXTY": (58, 5600.0, "No"),
        # 200.00 less two months of 90.00 would be 20.00; one month was billed, and no less than one month's charge.
        "CHEAPER-BEFORE": (1, 90.0, "No"),
    }


def test_what_a_snapshot_cannot_tell_stays_as_it_is(snapshot: pl.DataFrame) -> None:
    kept = ["customer_id", "monthly_charges", *PLAIN]
    rewound = rewind(snapshot, 1)

    stayed = snapshot.filter((pl.col("tenure") >= 1) & (pl.col("churn") == "No"))
    assert rewound.select(kept).equals(stayed.select(kept))


def test_who_left_by_the_snapshot_has_no_place_in_the_days_before(snapshot: pl.DataFrame) -> None:
    assert "LEFT" in days_back(snapshot, 30)
    assert not any("LEFT" in days_back(snapshot, days) for days in range(31, 120))


def test_where_nothing_happens_the_same_customers_stand_on_both_sides_of_the_first_day(snapshot: pl.DataFrame) -> None:
    joined_before = (pl.col("churn") == "No") & (pl.col("tenure") >= 1)

    assert set(days_back(snapshot, 31)) == set(snapshot.filter(joined_before)["customer_id"])


@pytest.mark.parametrize(
    ("day", "months"),
    [
        (date(2026, 3, 31), 0),
        (date(2026, 3, 1), 0),
        (date(2026, 2, 28), 1),
        (date(2026, 2, 1), 1),
        (date(2026, 1, 31), 2),
        (date(2026, 1, 28), 2),
        (date(2025, 3, 31), 12),
    ],
)
def test_whole_months_up_to_the_31st_of_march(day: date, months: int) -> None:
    assert whole_months_between(day, SNAPSHOT) == months


def test_31_days_are_a_month_and_62_are_two_whatever_the_snapshot() -> None:
    every_day = [date(2023, 1, 1) + timedelta(days=number) for number in range(1461)]

    assert all(whole_months_between(day - timedelta(days=31), day) == 1 for day in every_day)
    assert all(whole_months_between(day - timedelta(days=62), day) == 2 for day in every_day)
    assert all(whole_months_between(day - timedelta(days=27), day) == 0 for day in every_day)


def test_a_month_before_the_31st_is_the_last_of_a_shorter_month() -> None:
    assert months_before(date(2026, 3, 31), 1) == date(2026, 2, 28)
    assert months_before(date(2026, 1, 15), 1) == date(2025, 12, 15)
