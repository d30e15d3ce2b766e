"""A declared number with over_days: models learn how it developed, from the stored extracts up to the day only."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from churn.contracts.over_days import derive, look_back
from churn.errors import WrongUsage
from churn.intake.declaring import read_extract_form
from churn.settings import Settings
from churn.stages import intake, transforms
from tests.conftest import DAY
from tests.support.declared import ask_rows, publish_declared
from tests.support.online import check_same_as_batch
from tests.support.telecoms import Telecoms
from tests.support.workplaces import at

pytestmark = pytest.mark.integration

CUSTOMERS = 600
DECLARATION = """
[extract]
reviewed_by = "Ann, 2026-11-14"

[core]
who = "account"
value = "fee"
since = { tenure = "months" }

[churn]
left = { flag = "gone", words = ["yes"], stayed = ["no"] }
horizon_days = 7
tolerance_days = 3

[columns.logins]
type = "count"
direction = "lowers"
over_days = [30, 14]
"""
DAYS = [DAY - timedelta(days=days) for days in (28, 21, 14, 7, 0)]


def write_weeks(folder: Path) -> list[Path]:
    """An extract a week. Who logs in less than before leaves; the first customer joins in the last week."""
    random = np.random.default_rng(11)
    usual = random.integers(5, 40, CUSTOMERS)
    fades = random.random(CUSTOMERS) < 0.4
    leaves = random.random(CUSTOMERS) < np.where(fades, 0.6, 0.04)
    paths = []
    for week, day in enumerate(DAYS):
        logins = np.where(fades, usual - usual * week // 8, usual)
        rows = pl.DataFrame(
            {
                "account": [f"A{number:04d}" for number in range(CUSTOMERS)],
                "fee": np.full(CUSTOMERS, 20.0) + np.arange(CUSTOMERS) % 50,
                "months": 3 + np.arange(CUSTOMERS) % 40,
                "gone": np.where(leaves & (day == DAY), "yes", "no"),
                "logins": pl.Series(logins).cast(pl.String),
            }
        )
        # Customer 1 is unknown in the second week, customer 2 today.
        blank = {1: 1, 4: 2}.get(week)
        if blank is not None:
            rows = rows.with_columns(logins=pl.when(pl.int_range(pl.len()) == blank).then(None).otherwise("logins"))
        path = folder / f"accounts-{day}.csv"
        (rows if day == DAY else rows[1:]).write_csv(path)
        paths.append(path)
    return paths


@pytest.fixture(scope="module")
def company(telecoms: Telecoms, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    folder = tmp_path_factory.mktemp("weeks")
    declaration = folder / "extract.toml"
    declaration.write_text(DECLARATION, encoding="utf-8")
    *earlier, today = write_weeks(folder)
    with telecoms.copy("deployed", folder / "home") as settings:
        for day, path in zip(DAYS, earlier, strict=False):
            intake.load_extract(at(settings), path, day, declaration)
            transforms.run_transforms(at(settings), day)
        publish_declared(settings, today, declaration)
        yield settings


def read_view(settings: Settings, day: date = DAY) -> dict[str, dict[str, object]]:
    rows = ask_rows(settings, f"SELECT * FROM analytics.declared_changes WHERE as_of_date = '{day}'")
    return {str(row["customer_id"]): row for row in rows}


def test_the_worked_example() -> None:
    values: list[tuple[int, float | None]] = [(0, 6.0), (7, 5.0), (14, 2.0), (21, 2.0)]
    found = {one.name: look_back(one, values) for one in derive("care_calls", (30,))}
    assert found == {
        "care_calls_mean_30d": 3.75,
        "care_calls_change_30d": 4.0,
        "care_calls_days_since_change": 7.0,
    }


def test_every_customer_has_the_mean_the_change_and_the_days_since_it(company: Settings) -> None:
    view = read_view(company)
    stored = ask_rows(company, "SELECT as_of_date, customer_id, logins FROM analytics.fct_customer_features")
    values: dict[str, list[tuple[int, float | None]]] = {}
    for row in stored:
        days = (DAY - row["as_of_date"]).days  # type: ignore[operator]
        values.setdefault(str(row["customer_id"]), []).append((days, row["logins"]))  # type: ignore[arg-type]

    assert len(view) == CUSTOMERS
    assert list(view["A0005"]) == [
        *("as_of_date", "customer_id", "logins_mean_14d", "logins_change_14d"),
        *("logins_mean_30d", "logins_change_30d", "logins_days_since_change"),
    ]
    features = derive("logins", (14, 30))
    for customer_id, row in view.items():
        assert {one.name: row[one.name] for one in features} == {
            one.name: look_back(one, values[customer_id]) for one in features
        }


def test_what_is_not_known_is_no_zero_and_no_day_looks_ahead(company: Settings) -> None:
    today, first = read_view(company), read_view(company, DAYS[0])

    new, unknown = today["A0000"], today["A0002"]
    assert (new["logins_change_30d"], new["logins_days_since_change"]) == (None, None)
    assert (unknown["logins_change_30d"], unknown["logins_days_since_change"]) == (None, None)
    assert unknown["logins_mean_30d"] is not None
    assert all(row["logins_change_30d"] is None for row in first.values())


def test_models_get_them_and_reasons_tell_them(company: Settings) -> None:
    (row,) = ask_rows(company, "SELECT evidence FROM ops.promotions")
    told = " ".join(str(row["reasons"]) for row in ask_rows(company, "SELECT reasons FROM reporting.customer_scores"))

    assert {"logins_mean_14d", "logins_change_30d", "logins_days_since_change"} <= set(row["evidence"]["usual"])  # type: ignore[index]
    assert "logins, change within 30 days -" in told


def test_a_customer_scores_online_as_in_the_batch_from_the_stored_extracts(company: Settings) -> None:
    assert check_same_as_batch(company, company.home_dir.parent / f"accounts-{DAY}.csv", every=5) > 100


@pytest.mark.parametrize(
    ("wrong", "problem"),
    [
        ('over_days = [30]\nuse = "show"', "cannot have over_days"),
        ("over_days = [1]", "over_days"),
        ("over_days = [400]", "over_days"),
        ("over_days = [2, 3, 4, 5, 6]", "over_days"),
    ],
)
def test_a_declaration_that_cannot_look_back_is_refused(tmp_path: Path, wrong: str, problem: str) -> None:
    (tmp_path / "extract.toml").write_text(DECLARATION.replace("over_days = [30, 14]", wrong), encoding="utf-8")
    with pytest.raises(WrongUsage, match=problem):
        read_extract_form(tmp_path / "extract.toml")
