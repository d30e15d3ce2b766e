"""Files as other companies export them: what comes in, what is refused or told, and what is never kept."""

from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest

from churn.intake.declaring import read_extract_form
from churn.intake.draft_file import write_draft
from churn.intake.extract_form import ExtractForm
from churn.intake.guessing import guess_declaration
from churn.intake.profiling import profile_file
from churn.intake.reading import open_batches
from churn.intake.screening import Screened, screen_rows
from churn.reporting.checking import Check, check_extract
from churn.settings import load_settings
from tests.support.factories import make_extract

ROWS = 240
DAY = date(2026, 11, 1)


def write(folder: Path, frame: pl.DataFrame, separator: str = ",") -> Path:
    path = folder / "extract.csv"
    frame.write_csv(path, separator=separator)
    return path


def review(folder: Path, changes: dict[str, str] | None = None) -> Path:
    """Drafts the declaration of the extract, makes the changes of a review, and signs it."""
    extract, path = folder / "extract.csv", folder / "extract.toml"
    text = write_draft(guess_declaration(profile_file(extract, extract.name, 10**8)))
    for old, new in {'reviewed_by = ""': 'reviewed_by = "Ann, 2026-11-01"', **(changes or {})}.items():
        assert old in text
        text = text.replace(old, new)
    path.write_text(text, encoding="utf-8")
    return path


def check(folder: Path, declaration: Path | None = None) -> Check:
    return check_extract(load_settings(), str(folder / "extract.csv"), declaration)


def take(folder: Path, declaration: Path | None = None) -> Screened:
    path, mapping = folder / "extract.csv", read_extract_form(declaration) if declaration else ExtractForm()
    with open_batches(path, path.name, mapping, 10**8) as opened:
        (batch,) = opened.batches
        return screen_rows(batch, opened.header, mapping, snapshot_date=DAY)


def spread(name: str) -> str:
    return "".join(f" {letter}" if letter.isupper() else letter for letter in name).strip()


@pytest.mark.parametrize(
    "written",
    [
        str.lower,
        str.upper,
        str.title,
        spread,
        lambda name: spread(name).replace(" ", "_"),
        lambda name: spread(name).replace(" ", "-").lower(),
        lambda name: f"  {name} ",
    ],
)
def test_names_in_another_form_are_the_same_columns(tmp_path: Path, written: object) -> None:
    extract = make_extract(ROWS)
    write(tmp_path, extract)
    usual = take(tmp_path).accepted
    write(tmp_path, extract.rename(written))  # type: ignore[arg-type]
    assert take(tmp_path).accepted.equals(usual)


@pytest.mark.parametrize(
    ("found", "meant"), [("tenur", "tenure"), ("MontlyCharges", "MonthlyCharges"), ("PaymentMetod", "PaymentMethod")]
)
def test_a_misspelt_name_is_suggested(tmp_path: Path, found: str, meant: str) -> None:
    write(tmp_path, make_extract(ROWS).rename({meant: found}))
    assert f"It has {found}: did you mean {meant}?" in check(tmp_path).refusals[0].fact


def as_money(charges: str, form: str) -> pl.Expr:
    """Returns charges as a text in the form of an example of 1234.50."""
    before, _, rest = form.partition("1")
    group, point = rest.split("234")[0], rest.split("234")[1][0]
    after = rest.split("50")[1]

    def write_one(amount: float) -> str:
        return before + f"{amount:,.2f}".replace(",", "#").replace(".", point).replace("#", group) + after

    return pl.col(charges).cast(pl.Float64).map_elements(write_one, return_dtype=pl.String)


@pytest.mark.parametrize(
    ("form", "currency"),
    [
        ("1.234,50 €", "EUR"),
        ("1.234,50", "USD"),
        ("1'234.50", "USD"),
        ("CHF 1'234.50", "CHF"),
        ("€1,234.50", "EUR"),
        ("1 234,50 zł", "PLN"),
        ("1\u202f234,50 €", "EUR"),
    ],
)
def test_money_in_another_form_keeps_its_size(tmp_path: Path, form: str, currency: str) -> None:
    extract = make_extract(ROWS).with_columns(pl.col("TotalCharges").cast(pl.Float64, strict=False) + 1000)
    write(tmp_path, extract.with_columns(as_money("MonthlyCharges", form), as_money("TotalCharges", form)), ";")
    declaration = review(tmp_path)
    taken = take(tmp_path, declaration)
    assert read_extract_form(declaration).declaration.currency == currency
    assert taken.accepted["total_charges"].to_list() == pytest.approx(extract["TotalCharges"].to_list())
    assert check(tmp_path, declaration).rejected == 0


@pytest.mark.parametrize(
    ("cell", "size"),
    [
        ("1.234", None),
        ("12.345", None),
        ("1,234.50", None),
        ("1.23,4", None),
        ("1.234,5", 1234.5),
    ],
)
def test_under_a_decimal_comma_a_point_never_makes_a_charge_smaller(
    tmp_path: Path, cell: str, size: float | None
) -> None:
    (tmp_path / "mapping.toml").write_text("decimal_comma = true\n")
    comma = pl.col("MonthlyCharges", "TotalCharges").cast(pl.String).str.replace(".", ",", literal=True)
    extract = make_extract(ROWS).with_columns(comma)
    charge = pl.when(pl.int_range(pl.len()) < 2).then(pl.lit(cell)).otherwise("MonthlyCharges")
    write(tmp_path, extract.with_columns(charge.alias("MonthlyCharges")), ";")
    taken = take(tmp_path, tmp_path / "mapping.toml")
    charges = taken.accepted.filter(pl.col("customer_id").is_in(extract["customerID"].head(2).to_list()))
    assert charges["monthly_charges"].to_list() == ([] if size is None else [size, size])


PERSONAL = {
    "name": "Ann Muster",
    "phone": "+41 79 555 01 23",
    "email": "ann.muster@example.com",
    "address": "Langstrasse 1",
    "note": "wants to leave",
    "Geburtsdatum": "01.02.1980",
    "IBAN": "CH93 0076 2011 6238 5295 7",
    "contact person": "Bo Beispiel",
}


@pytest.mark.parametrize("fault", ["none", "a rule", "a cell too many", "a cell too few"])
@pytest.mark.parametrize("declared", [False, True])
def test_personal_data_of_further_columns_is_kept_nowhere(tmp_path: Path, fault: str, declared: bool) -> None:
    extract = make_extract(ROWS).with_columns(pl.lit(cell).alias(name) for name, cell in PERSONAL.items())
    # First in the file, where a row with a cell too many or too few shifts them under the names of the contract.
    path = write(tmp_path, extract.select(*PERSONAL, *make_extract(ROWS).columns))
    declaration = review(tmp_path) if declared else None
    header, first, *others = path.read_text().splitlines()
    broken = {
        "none": first,
        "a rule": first.replace("Female", "-").replace("Male", "-").replace(",No,", ",?,").replace(",Yes,", ",?,"),
        "a cell too many": f"{first},more",
        "a cell too few": first.rpartition(",")[0],
    }
    path.write_text("\n".join([header, broken[fault], *others]) + "\n")
    taken, checked = take(tmp_path, declaration), check(tmp_path, declaration)
    kept = f"{taken.accepted.to_dicts()} {taken.rejected.to_dicts()} {checked}"
    assert taken.rejected.height == (fault != "none")
    assert [cell for cell in PERSONAL.values() if cell in kept] == []


@pytest.mark.parametrize("count", [30, 200])
def test_many_columns_are_told_by_a_few_names_and_kept_if_declared(tmp_path: Path, count: int) -> None:
    more = [(pl.int_range(pl.len()) * (place % 16 + 1) % 17).alias(f"usage_{place:03}") for place in range(count)]
    write(tmp_path, make_extract(ROWS).with_columns(more))
    (note,) = [note for note in check(tmp_path).notes if note.startswith("columns ignored")]
    assert "usage_000, usage_001" in note
    assert note.endswith(f"and {count - 20} more")
    declaration = review(tmp_path)
    assert set(take(tmp_path, declaration).accepted.columns) >= {f"usage_{place:03}" for place in range(count)}


@pytest.mark.parametrize(
    ("written", "warning"),
    [
        ("{}.0", "end in .0"),
        ("1.{}e5", "powers of ten"),
        ("07955{}", "look like phone numbers"),
        ("customer{}@example.com", "look like e-mail addresses"),
    ],
)
def test_customer_numbers_of_an_odd_form_are_told(tmp_path: Path, written: str, warning: str) -> None:
    numbers = [written.format(10_000 + row) for row in range(ROWS)]
    write(tmp_path, make_extract(ROWS).with_columns(pl.Series("customerID", numbers)))
    assert [note for note in check(tmp_path).notes if warning in note] != []


@pytest.mark.parametrize("several", [2, 20])
def test_several_contracts_of_a_customer_are_counted_or_declared(tmp_path: Path, several: int) -> None:
    numbers = [f"C{max(row - several, 0) if row < 2 * several and row >= several else row}" for row in range(ROWS)]
    extract = make_extract(ROWS).with_columns(pl.Series("customerID", numbers))
    write(tmp_path, extract)
    assert f"{several} customers more than once" in check(tmp_path).refusals[0].fact
    write(tmp_path, extract.with_columns((pl.int_range(pl.len()) % 239).alias("contract_id")))
    declaration = review(tmp_path)
    assert read_extract_form(declaration).declaration.core.who == ("customerID", "contract_id")  # type: ignore[union-attr]
    assert check(tmp_path, declaration).refusals == []


@pytest.mark.parametrize("longest", [72, 39])
def test_a_tenure_in_days_never_passes_as_months(tmp_path: Path, longest: int) -> None:
    months = pl.col("tenure").cast(pl.Int64).clip(0, longest)
    monthly = pl.col("MonthlyCharges").cast(pl.Float64)
    extract = make_extract(ROWS).with_columns(months, (monthly * months.clip(1, None)).round(2).alias("TotalCharges"))
    in_days = extract.with_columns((pl.col("tenure") * 30.5).ceil().cast(pl.Int64))
    write(tmp_path, in_days)
    assert [refusal for refusal in check(tmp_path).refusals if "days" in refusal.fact or "tenure" in refusal.fact] != []
    for name in ("tenure", "tenure_days"):
        write(tmp_path, in_days.rename({"tenure": name}))
        taken = take(tmp_path, review(tmp_path))
        assert (taken.accepted["tenure"] - extract["tenure"]).abs().max() <= 1  # type: ignore[operator]


@pytest.mark.parametrize("others", [("EUR",), ("EUR", "USD")])
@pytest.mark.parametrize("name", ["currency", "Currency_Code", "Währung"])
def test_two_currencies_are_never_added(tmp_path: Path, others: tuple[str, ...], name: str) -> None:
    codes = [("CHF", *others)[row % (len(others) + 1)] for row in range(ROWS)]
    write(tmp_path, make_extract(ROWS).with_columns(pl.Series(name, codes)))
    assert f"charges in {len(others) + 1} currencies" in check(tmp_path).refusals[0].fact
    assert f"charges in {len(others) + 1} currencies" in check(tmp_path, review(tmp_path)).refusals[0].fact
    declared = review(
        tmp_path, {f'source = "{name}"\ntype = "word"\nuse = "none"': f'source = "{name}"\ntype = "word"'}
    )
    assert f"charges in {len(others) + 1} currencies" in check(tmp_path, declared).refusals[0].fact


def test_a_currency_column_names_the_currency(tmp_path: Path) -> None:
    write(tmp_path, make_extract(ROWS).with_columns(pl.lit("CHF").alias("currency")))
    assert read_extract_form(review(tmp_path)).declaration.currency == "CHF"


@pytest.mark.parametrize("form", ["%d.%m.%Y", "%Y-%m-%d", "%d/%m/%Y"])
def test_leaving_dates_tell_who_left_who_will_and_who_left_long_ago(tmp_path: Path, form: str) -> None:
    days = {"left": 5, "leaves": -20, "long ago": 900, "never": 0}
    kinds = [list(days)[row % 4] for row in range(ROWS)]
    dates = ["" if kind == "never" else (DAY - timedelta(days[kind])).strftime(form) for kind in kinds]
    dates[3] = date(9999, 12, 31).strftime(form)
    write(tmp_path, make_extract(ROWS).drop("Churn").with_columns(pl.Series("contract end", dates)))
    taken = take(tmp_path, review(tmp_path))
    labels = dict(zip(taken.accepted["customer_id"], taken.accepted["churn"], strict=True))
    numbers = make_extract(ROWS)["customerID"].to_list()
    expected = {"left": "Yes", "leaves": "No", "never": "No"}
    assert labels == {number: expected[kind] for number, kind in zip(numbers, kinds, strict=True) if kind in expected}
    assert (taken.left_later, taken.left_long_ago, taken.without_end) == (ROWS // 4, ROWS // 4, 1)
