"""What holds for every extract that keeps the contract, and for every single cell that breaks it."""

import re
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from churn.contracts.extract import ADD_ON_COLUMNS, EXTRACT_COLUMNS, KNOWN_WORDS, CustomerExtract
from churn.intake.blanks import is_marker
from churn.intake.extract_form import ExtractForm
from churn.intake.limits import Tally
from churn.intake.reading import open_batches
from churn.intake.rules import EVERY_CELL, RULES
from churn.intake.screening import screen_rows
from churn.settings import Settings
from churn.stages import intake
from churn.stores.postgres.copying import read_batches
from churn.stores.postgres.database import open_engine
from tests.support.workplaces import at

ROW_RULES = {
    "total_charges_present_once_billed",
    "total_charges_cover_one_month",
    "internet_add_ons_agree_with_internet_service",
    "multiple_lines_agree_with_phone_service",
}
printable = st.characters(exclude_categories=["Cc", "Cs"])
invisible_letters = "\u115f\u1160\u3164\uffa0\u2800"
visible = st.characters(categories=["L", "N", "P", "S"], include_characters=" ", exclude_characters=invisible_letters)
customer_ids = st.text(visible, min_size=1, max_size=64).filter(
    lambda text: text == text.strip() and not is_marker(pl.Series("customer_id", [text]))[0]
)
charges = st.floats(min_value=0, max_value=1_000_000, exclude_min=True)


@st.composite
def customers(draw: st.DrawFn) -> dict[str, Any]:
    """One row that keeps the contract, typed."""
    tenure = draw(st.integers(0, 1200))
    monthly = draw(charges)
    total = draw(st.floats(min_value=monthly if tenure else 0, max_value=1_000_000_000))
    row = {column: draw(st.sampled_from(words)) for column, words in KNOWN_WORDS.items()}
    if row["internet_service"] == "No":
        row |= dict.fromkeys(ADD_ON_COLUMNS, "No internet service")
    else:
        row |= {name: draw(st.sampled_from(["Yes", "No"])) for name in ADD_ON_COLUMNS}
    phone = draw(st.sampled_from(["Yes", "No"])) if row["phone_service"] == "Yes" else "No phone service"
    return row | {
        "customer_id": draw(customer_ids),
        "senior_citizen": draw(st.sampled_from([0, 1])),
        "tenure": tenure,
        "multiple_lines": phone,
        "monthly_charges": monthly,
        "total_charges": draw(st.none()) if tenure == 0 and draw(st.booleans()) else total,
    }


def frames(max_size: int = 12) -> st.SearchStrategy[pl.DataFrame]:
    """Extracts that keep the contract."""
    schema = {
        name: {"senior_citizen": pl.Int64, "tenure": pl.Int64, "monthly_charges": pl.Float64}.get(
            name, pl.Float64 if name == "total_charges" else pl.String
        )
        for name in EXTRACT_COLUMNS
    }
    rows = st.lists(customers(), min_size=1, max_size=max_size, unique_by=lambda row: row["customer_id"])
    return rows.map(lambda found: pl.DataFrame(found, schema=schema))


_days = iter(date(2026, 1, 31) - timedelta(days=number) for number in range(9_000))


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(extract=frames())
def test_an_extract_that_keeps_the_contract_comes_back_bit_for_bit(
    module_settings: Settings, tmp_path: Path, extract: pl.DataFrame
) -> None:
    CustomerExtract.validate(extract)
    path, day = tmp_path / "extract.csv", next(_days)
    extract.write_csv(path)

    intake.load_extract(at(module_settings), path, day)

    numbers = {"monthly_charges": "float8", "total_charges": "float8", "tenure": "int8", "senior_citizen": "int8"}
    columns = ", ".join(f"{name}::{numbers.get(name, 'text')}" for name in EXTRACT_COLUMNS)
    query = f"SELECT {columns} FROM raw_data.telco_churn_raw WHERE snapshot_date = $1"
    found = pl.concat(read_batches(open_engine(module_settings), query, [day]))
    assert found.sort("customer_id").equals(extract.sort("customer_id"))


@pytest.fixture(scope="module")
def module_settings(server: str, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """One database for all examples; each takes a date of its own."""
    from pydantic import SecretStr

    from tests.conftest import new_database

    return Settings(home=tmp_path_factory.mktemp("home"), database_url=SecretStr(new_database(server)))


# --- one cell that breaks a rule ---------------------------------------------------------------------------------

Cells = dict[str, str]
blank = st.sampled_from(["", " ", "\t ", "\u00a0"])
not_numbers = st.one_of(
    st.sampled_from(
        ["NaN", "inf", "-Infinity", "1e400", "-1e400", "1,5", "$5", "5 USD", "1 000", "ten", "0x1F", "--1"]
    ),
    st.text(st.characters(exclude_categories=["Cc", "Cs", "N"]), min_size=1, max_size=20).filter(
        lambda text: text.strip() != "" and text.strip().lower().lstrip("+-") not in ("nan", "inf", "infinity")
    ),
)


def cell(column: str, texts: st.SearchStrategy[Any]) -> Callable[[Cells], st.SearchStrategy[Cells]]:
    """Whatever the row: a text in one column."""
    return lambda row: texts.map(lambda text: {column: text if isinstance(text, str) else repr(text)})


def less_than_a_month(row: Cells) -> st.SearchStrategy[Cells]:
    assume(int(row["tenure"]) >= 1)
    return cell("total_charges", st.floats(0, float(row["monthly_charges"]), exclude_max=True))(row)


def nothing_billed(row: Cells) -> st.SearchStrategy[Cells]:
    assume(int(row["tenure"]) >= 1)
    return cell("total_charges", blank)(row)


def another_add_on(row: Cells) -> st.SearchStrategy[Cells]:
    words = ["Yes", "No"] if row["internet_service"] == "No" else ["No internet service"]
    return st.fixed_dictionaries({}, optional=dict.fromkeys(ADD_ON_COLUMNS, st.sampled_from(words))).filter(bool)


def other_lines(row: Cells) -> st.SearchStrategy[Cells]:
    words = ["Yes", "No"] if row["phone_service"] == "No" else ["No phone service"]
    return cell("multiple_lines", st.sampled_from(words))(row)


_ANSWERS = ("1", "0", "true", "false")  # Read as Yes and No where both are answers.


def unknown_word(column: str) -> Callable[[Cells], st.SearchStrategy[Cells]]:
    known = ["", *_ANSWERS, *(word.lower() for word in KNOWN_WORDS[column])]
    words = st.text(printable, min_size=1, max_size=30)
    return cell(column, words.filter(lambda word: word.strip().lower() not in known and not _is_missing(word)))


def _is_missing(word: str) -> bool:
    """Returns whether a cell stands for a missing value, such as None: such a cell is blank, not an unknown word."""
    return bool(is_marker(pl.Series("word", [word.strip()]))[0])


fractions = st.sampled_from(["1.5", "0.1", "-2.25", "1e-3"])
not_flags = st.integers(-100, 100).filter(lambda number: number not in (0, 1))
controls = st.sampled_from([f"a{chr(sign)}b" for sign in (*range(1, 32), 127)])
BREAKS: dict[str, Callable[[Cells], st.SearchStrategy[Cells]]] = {
    **{f"{column}_present": cell(column, blank) for column in EXTRACT_COLUMNS if column != "total_charges"},
    **{f"{column}_known": unknown_word(column) for column in KNOWN_WORDS},
    "customer_id_length": cell("customer_id", st.text(st.characters(categories=["L", "N"]), min_size=65, max_size=200)),
    "customer_id_printable": cell("customer_id", controls),
    "senior_citizen_known": cell("senior_citizen", not_flags),
    "senior_citizen_whole_number": cell("senior_citizen", st.one_of(not_numbers, fractions)),
    "tenure_whole_number": cell("tenure", st.one_of(not_numbers, fractions)),
    "tenure_at_least_0": cell("tenure", st.integers(-(10**9), -1)),
    "tenure_at_most_1200": cell("tenure", st.integers(1201, 10**9)),
    "monthly_charges_number": cell("monthly_charges", not_numbers),
    "monthly_charges_above_0": cell("monthly_charges", st.floats(max_value=0, allow_infinity=False)),
    "monthly_charges_at_most_1000000": cell("monthly_charges", st.floats(1_000_001, 1e300)),
    "total_charges_number": cell("total_charges", not_numbers),
    "total_charges_at_least_0": cell("total_charges", st.floats(-1e300, 0, exclude_max=True)),
    "total_charges_at_most_1000000000": cell("total_charges", st.floats(1_000_000_001, 1e300)),
    "total_charges_present_once_billed": nothing_billed,
    "total_charges_cover_one_month": less_than_a_month,
    "internet_add_ons_agree_with_internet_service": another_add_on,
    "multiple_lines_agree_with_phone_service": other_lines,
}
"""Rule -> what to write into a row that keeps the contract so that it breaks that rule."""


def test_every_rule_is_broken_here() -> None:
    assert {*BREAKS, EVERY_CELL} == set(RULES)


def _screen(path: Path) -> tuple[Tally, pl.DataFrame]:
    tally, rejected = Tally(), []
    with open_batches(path, path.name, ExtractForm(), 10**9) as opened:
        for batch in opened.batches:
            screened = screen_rows(batch, opened.header, ExtractForm())
            tally.add(screened)
            rejected.append(screened.rejected)
    return tally, pl.concat(rejected)


@pytest.mark.parametrize("rule", sorted(RULES))
@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(extract=frames(max_size=6), data=st.data())
def test_any_one_cell_that_breaks_a_rule_is_caught_by_its_name(
    tmp_path: Path, rule: str, extract: pl.DataFrame, data: st.DataObject
) -> None:
    path = tmp_path / "extract.csv"
    text = extract.cast(pl.String)
    place = data.draw(st.integers(0, extract.height - 1))
    if rule == EVERY_CELL:
        lines = text.write_csv(quote_style="always").splitlines()
        lines[place + 1] += data.draw(st.sampled_from([",", ",more", ',"a,b"']))
        path.write_text("\n".join(lines))
    else:
        rows = text.to_dicts()
        rows[place] |= data.draw(BREAKS[rule](rows[place]))
        pl.DataFrame(rows, schema=text.schema).write_csv(path)

    tally, rejected = _screen(path)

    assert (tally.accepted, tally.rejected) == (extract.height - 1, 1)
    found = {re.split(":", reason)[0] for reason in rejected["reasons"][0]}
    assert rule in found
    assert found - {rule} <= ROW_RULES
