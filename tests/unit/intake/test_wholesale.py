"""A file in which everything changed at once is refused or named, and normal days are silent."""

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from churn.errors import ContractBroken
from churn.intake.extract_form import ExtractForm, NumberForm
from churn.intake.limits import Limits, Tally, check_limits
from churn.intake.reading import open_batches
from churn.intake.screening import screen_rows
from churn.intake.wholesale import (
    check_tenure,
    compare_customers,
    compare_numbers,
    describe_ids,
    refuse_changes,
)
from tests.support.factories import make_customer, make_extract

DAY = date(2026, 11, 1)


def read(path: Path, rows: pl.DataFrame, mapping: ExtractForm | None = None) -> Tally:
    """Writes rows as CSV with semicolons and screens them as of DAY."""
    rows.write_csv(path, separator=";")
    tally, mapping = Tally(), mapping or ExtractForm()
    with open_batches(path, path.name, mapping, 10**8) as opened:
        for batch in opened.batches:
            tally.add(screen_rows(batch, opened.header, mapping, False, DAY))
    return tally


def accepted(path: Path, rows: pl.DataFrame) -> pl.DataFrame:
    return read(path, rows).sample


@pytest.fixture
def base(tmp_path: Path) -> pl.DataFrame:
    return accepted(tmp_path / "base.csv", make_extract(400))


def test_a_normal_day_is_silent(base: pl.DataFrame) -> None:
    changed = base.with_columns(
        pl.when(pl.int_range(400) < 20).then(pl.lit("Two year")).otherwise("contract").alias("contract")
    )

    assert compare_customers(changed, base) == []
    assert compare_numbers(400, 360, is_other_form=False) == []


@pytest.mark.parametrize("times", [100, 0.01, 17_000, 1.6])
def test_charges_in_another_unit_or_currency_are_refused(base: pl.DataFrame, times: float) -> None:
    changes = compare_customers(base.with_columns(pl.col("monthly_charges") * times), base)

    with pytest.raises(ContractBroken, match=r"has monthly charges that are .* times those of the last snapshot"):
        refuse_changes("e.csv", changes)


@pytest.mark.parametrize("times", [1.1, 0.92])
def test_a_price_rise_or_a_near_currency_is_said_and_passes(base: pl.DataFrame, times: float) -> None:
    changes = compare_customers(base.with_columns(pl.col("monthly_charges") * times), base)

    refuse_changes("e.csv", changes)
    assert [f"are {times:.4g} times those" in change.fact for change in changes] == [True]


def test_one_word_everywhere_is_refused(base: pl.DataFrame) -> None:
    changes = compare_customers(base.with_columns(pl.lit("Yes").alias("phone_service")), base)

    with pytest.raises(ContractBroken, match="the same phone_service for every customer"):
        refuse_changes("e.csv", changes)


def test_swapped_columns_are_named(base: pl.DataFrame) -> None:
    swapped = base.with_columns(pl.col("partner").alias("dependents"), pl.col("dependents").alias("partner"))

    (change,) = compare_customers(swapped, base)

    assert change.fact.startswith("other words than the last snapshot for many of the same customers: partner (")


def test_renumbered_customers_are_refused_and_a_trailing_zero_is_named() -> None:
    with pytest.raises(ContractBroken, match=r"100% customers whom the last snapshot does not have .* a trailing \.0"):
        refuse_changes("e.csv", compare_numbers(400, 0, is_other_form=True))


@pytest.mark.parametrize(
    ("form", "look"),
    [
        ("+49 171 55501{:02}", "phone"),
        ("017155501{:02}", "phone"),
        ("(555) 123-45{:02}", "phone"),
        ("person{}@example.com", "e-mail"),
        ("10{:02}.0", "end in .0"),
        ("1.2{:02}E+11", "powers of ten"),
    ],
)
def test_customer_numbers_that_look_like_something_else_give_a_warning(form: str, look: str) -> None:
    ids = pl.DataFrame({"customer_id": [form.format(number) for number in range(60)]})

    assert [look in warning for warning in describe_ids(ids)] == [True]
    assert describe_ids(make_extract(60).select(customer_id="customerID")) == []


def test_tenure_in_days_is_refused_unless_declared(tmp_path: Path, base: pl.DataFrame) -> None:
    in_days = make_extract(400).with_columns((pl.col("tenure").cast(pl.Int64) * 16).cast(pl.String).alias("tenure"))

    with pytest.raises(ContractBroken, match=r"a tenure that is 16 times the months"):
        check_tenure("e.csv", accepted(tmp_path / "e.csv", in_days))
    check_tenure("e.csv", base)
    declared = read(tmp_path / "d.csv", pl.DataFrame([make_customer(tenure="304")]), ExtractForm(tenure_unit="days"))
    assert declared.sample["tenure"].to_list() == [9]


def test_two_currencies_are_refused_and_one_is_not(tmp_path: Path) -> None:
    rows = make_extract(60).with_columns(pl.lit("EUR").alias("Currency"))
    check_limits("e.csv", read(tmp_path / "e.csv", rows), None, Limits())

    mixed = rows.with_columns(
        pl.when(pl.int_range(60) < 20).then(pl.lit("CHF")).otherwise("Currency").alias("Currency")
    )
    with pytest.raises(ContractBroken, match=r"charges in 2 currencies: EUR in 40 rows, CHF in 20 rows"):
        check_limits("e.csv", read(tmp_path / "e.csv", mixed), None, Limits())


def test_a_leaving_date_is_compared_with_the_snapshot_date(tmp_path: Path) -> None:
    dates = ["21.11.2026", "01.11.2026", "11.10.2026", "15.05.2024", "31.12.9999", "01.01.1900", "", "NULL"]
    rows = pl.DataFrame([make_customer(customerID=f"C{place}", Churn=text) for place, text in enumerate(dates)])

    tally = read(tmp_path / "e.csv", rows, ExtractForm(churn_date_format="%d.%m.%Y"))

    kept = tally.sample.select("customer_id", "churn", pl.col("left_on").cast(pl.String)).rows()
    assert kept == [
        ("C0", "No", "2026-11-21"),
        ("C1", "Yes", "2026-11-01"),
        ("C2", "Yes", "2026-10-11"),
        ("C4", "No", None),
        ("C5", "No", None),
        ("C6", "No", None),
        ("C7", "No", None),
    ]
    assert (tally.left_later, tally.left_long_ago, tally.without_end, tally.rejected) == (1, 1, 2, 0)


NUMBERS = {
    "decimal_comma": (
        ExtractForm(decimal_comma=True),
        {"45,90": 45.9, "2.508,45": 2508.45, "1.234": None, "45.90": None},
    ),
    "1.234,50": (ExtractForm(numbers="1.234,50"), {"1.234": 1234.0, "1.234,5": 1234.5, "45,9": 45.9, "1.23": None}),
    "1'234.50": (ExtractForm(numbers="1'234.50"), {"1'234.50": 1234.5, "1234.5": 1234.5, "1,234": None}),
    "1,234.50": (ExtractForm(numbers="1,234.50"), {"1,234": 1234.0, "1,234.50": 1234.5, "1,23": None}),
    "1.234,50 €": (ExtractForm(numbers="1.234,50 €"), {"45,90 €": 45.9, "1.234,50 €": 1234.5, "45,90 CHF": None}),
}


@pytest.mark.parametrize(("mapping", "cells"), NUMBERS.values(), ids=NUMBERS)
def test_money_is_read_in_the_agreed_form_and_never_as_another_size(
    tmp_path: Path, mapping: ExtractForm, cells: dict[str, float | None]
) -> None:
    rows = pl.DataFrame(
        [make_customer(customerID=f"C{place}", TotalCharges=text, tenure="0") for place, text in enumerate(cells)]
    )
    money = mapping.number_form.example if mapping.number_form else ""

    tally = read(tmp_path / "e.csv", rows.with_columns(pl.lit(money).alias("MonthlyCharges")), mapping)

    assert tally.sample["total_charges"].to_list() == [value for value in cells.values() if value is not None]
    assert tally.rejected == list(cells.values()).count(None)
    assert not tally.rejected or f"written like {money}, found" in tally.first_reason


def test_an_example_of_a_number_must_be_one() -> None:
    with pytest.raises(ValueError, match=r"does not write the number 1234\.50"):
        NumberForm.read("1.000")


def test_a_broken_row_of_a_file_with_further_columns_keeps_no_personal_data(tmp_path: Path) -> None:
    rows = make_extract(200).with_columns(
        pl.lit("Ada Lovelace").alias("name"), pl.lit("ada@example.com").alias("email")
    )
    text = rows.write_csv() + ",".join([*make_customer().values(), "Lovelace", " Ada", "ada@example.com"]) + "\n"
    (tmp_path / "e.csv").write_text(text + ",".join([*make_customer(tenure="-1").values(), "Ada", "ada@x.org"]) + "\n")

    with open_batches(tmp_path / "e.csv", "e.csv", ExtractForm(), 10**8) as opened:
        rejected = pl.concat([screen_rows(batch, opened.header, ExtractForm()).rejected for batch in opened.batches])

    assert rejected.height == 2
    assert not rejected["row"].str.contains("Lovelace|Ada|ada").any()
