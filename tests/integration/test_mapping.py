"""A second company's extract: other names, other words, decimal commas, churn as a date of leaving, Latin-1."""

import re
from pathlib import Path

import polars as pl
import pytest
import sqlalchemy as sa

from churn.contracts.extract import EXTRACT_COLUMNS, PUBLIC_NAMES
from churn.errors import WrongUsage
from churn.intake.declaring import read_extract_form
from churn.reporting import ledger
from churn.settings import Settings
from churn.stages import intake
from churn.stores.postgres.database import open_engine
from churn.stores.workplace import open_workplace
from tests.conftest import DAY
from tests.support.factories import make_extract, write_extract
from tests.support.workplaces import at

MAPPING = """
encoding = "latin-1"
decimal_comma = true
churn_date_format = "%d.%m.%Y"

[columns]
customer_id = "Kundennummer"
gender = "Geschlecht"
senior_citizen = "Über65"
tenure = "Monate"
monthly_charges = "Grundpreis"
total_charges = "Gesamt"
contract = "Vertrag"
churn = "Kündigung"

[values]
J = "Yes"
N = "No"

[values.gender]
w = "Female"
m = "Male"

[values.senior_citizen]
J = "1"
N = "0"

[values.contract]
monatlich = "Month-to-month"
"12 Monate" = "One year"
"24 Monate" = "Two year"
"""

OWN_NAMES = {
    "customerID": "Kundennummer",
    "gender": "Geschlecht",
    "SeniorCitizen": "Über65",
    "tenure": "Monate",
    "MonthlyCharges": "Grundpreis",
    "TotalCharges": "Gesamt",
    "Contract": "Vertrag",
    "Churn": "Kündigung",
}
OWN_WORDS = {
    "gender": {"Female": "w", "Male": "m"},
    "SeniorCitizen": {"1": "J", "0": "N"},
    "Contract": {"Month-to-month": "monatlich", "One year": "12 Monate", "Two year": "24 Monate"},
    "Churn": {"Yes": "15.01.2026", "No": ""},
}
YES_NO = ("Partner", "Dependents", "PhoneService", "PaperlessBilling", "OnlineSecurity", "TechSupport")


def their_extract(public: pl.DataFrame) -> bytes:
    """The same customers as the other company would write them."""
    words = OWN_WORDS | {name: {"Yes": "J", "No": "N"} for name in YES_NO}
    theirs = public.with_columns(pl.col(name).replace(own) for name, own in words.items())
    commas = theirs.with_columns(pl.col("MonthlyCharges", "TotalCharges").str.replace(".", ",", literal=True))
    named = commas.with_columns(pl.format("Müller-{}", "customerID").alias("customerID")).rename(OWN_NAMES)
    return named.write_csv(separator=";").encode("latin-1")


def snapshot_of(settings: Settings) -> list[sa.Row]:
    columns = ", ".join(f"{name}::text" for name in EXTRACT_COLUMNS)
    query = f"SELECT {columns} FROM raw_data.telco_churn_raw ORDER BY customer_id"
    with open_engine(settings).connect() as connection:
        return list(connection.execute(sa.text(query)))


@pytest.fixture
def mapping(tmp_path: Path) -> Path:
    path = tmp_path / "mapping.toml"
    path.write_text(MAPPING, encoding="utf-8")
    return path


def test_another_companys_extract_becomes_the_same_snapshot(settings: Settings, tmp_path: Path, mapping: Path) -> None:
    public = make_extract(500)
    (tmp_path / "kunden.csv").write_bytes(their_extract(public))

    intake.load_extract(at(settings), tmp_path / "kunden.csv", DAY, mapping)
    theirs = snapshot_of(settings)
    named = public.with_columns(pl.format("Müller-{}", "customerID").alias("customerID"))
    intake.load_extract(at(settings), write_extract(tmp_path / "public.csv", named), DAY)

    assert theirs == snapshot_of(settings)
    assert {row.churn for row in theirs} == {"Yes", "No"}
    assert [load.rows_rejected for load in ledger.read_loads(open_workplace(settings), 2)] == [0, 0]


def test_their_bad_rows_are_told_and_given_back_in_their_words(
    settings: Settings, tmp_path: Path, mapping: Path
) -> None:
    lines = their_extract(make_extract(300)).decode("latin-1").splitlines()
    lines[4] = re.sub(r";[^;]*$", ";31.02.2026", lines[4])
    (tmp_path / "kunden.csv").write_bytes("\n".join(lines).encode("latin-1"))

    intake.load_extract(at(settings), tmp_path / "kunden.csv", DAY, mapping)
    rejects = ledger.read_rejects(open_workplace(settings), None)
    out = ledger.write_rejects(rejects, tmp_path / "rejects.csv")
    out.write_text(out.read_text(encoding="utf-8").replace("31.02.2026", "28.01.2026"), encoding="utf-8")
    outcome = intake.load_extract(at(settings), out, DAY, mapping)

    (row,) = rejects.rows
    assert (row.row_number, row.reasons) == (5, ["churn_known: churn must be Yes or No, found 31.02.2026"])
    assert (row.row["Kundennummer"], row.row["Kündigung"]) == ("Müller-000003-MADEUP", "31.02.2026")
    assert outcome.summary == f"300 customers as of {DAY}, 1 of them corrected, replacing load 1"


def test_the_same_bytes_with_another_mapping_are_another_load(
    settings: Settings, tmp_path: Path, mapping: Path
) -> None:
    extract = write_extract(tmp_path / "public.csv", make_extract(100))
    intake.load_extract(at(settings), extract, DAY)
    other = tmp_path / "other.toml"
    other.write_text('[values.gender]\nFemale = "Male"\n')

    assert not intake.load_extract(at(settings), extract, DAY, other).is_skipped
    assert {row.gender for row in snapshot_of(settings)} == {"Male"}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("columns = 3 4", "is not TOML"),
        ("[column]\n", "has an entry that is not allowed at column"),
        (
            '[columns]\nage = "x"\n',
            "has an entry that is not allowed at columns: 'age' is not a column that a declaration can name here",
        ),
        (
            "[values.tenure]\nx = '1'\n",
            "has an entry that is not allowed at values: 'tenure' is not a column that a declaration can name here",
        ),
        ('encoding = "utf-16"', "has an entry that is not allowed at encoding: 'utf-16' is not one of utf-8, latin-1"),
        ('encoding = "klingon"', "has an entry that is not allowed at encoding: 'klingon' is not an encoding"),
        ('decimal_comma = "perhaps"', "has an entry that is not allowed at decimal_comma"),
    ],
)
def test_a_mapping_that_says_something_unknown_is_refused(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "mapping.toml"
    path.write_text(text)

    with pytest.raises(WrongUsage, match=re.escape(told)):
        read_extract_form(path)


def test_a_mapping_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(WrongUsage, match=r"mapping\.toml cannot be read: No such file"):
        read_extract_form(tmp_path / "mapping.toml")


def test_columns_may_be_named_by_their_public_names(tmp_path: Path) -> None:
    path = tmp_path / "mapping.toml"
    path.write_text("[columns]\n" + "".join(f'{name} = "their {name}"\n' for name in PUBLIC_NAMES))

    assert read_extract_form(path).columns == {ours: f"their {name}" for name, ours in PUBLIC_NAMES.items()}
