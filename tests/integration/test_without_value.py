"""A library whose members pay nothing: no value a month, no tenure. It gets a list, and nowhere a sum of money."""

import csv
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from typer.testing import CliRunner

from churn.errors import WrongUsage
from churn.reporting.exporting import export
from churn.reporting.reports import report_stage
from churn.reporting.status import read_status
from churn.settings import Settings
from churn.stages import intake, past_days
from churn.stores.ledgers import waves
from churn.stores.postgres.database import open_engine
from churn.terminal.cli import app
from tests.conftest import DAY
from tests.support.declared import ask_rows, publish_declared
from tests.support.online import check_same_as_batch
from tests.support.pages import open_page, read_page
from tests.support.telecoms import Telecoms
from tests.support.workplaces import at

pytestmark = pytest.mark.integration
MONEY_SIGN = re.compile(r"\$[\d,]|USD")
"""An amount, or a format of one; Streamlit itself has other signs of the kind in its documents."""
MONEY = ("revenue_at_risk_usd", "expected_annual_loss_usd", "lifetime_value_usd", "expected_profit_usd")


def write_members(path: Path, members: int = 1_500) -> Path:
    """Members who leave if they seldom visit or pay many fines late."""
    random = np.random.default_rng(3)
    visits, reminders = random.poisson(6, members), random.poisson(1.2, members)
    gone = random.random(members) < 1 / (1 + np.exp(2.6 - 0.9 * (reminders - 1.2) + 0.3 * (visits - 6)))
    rows = pl.DataFrame(
        {
            "member_id": [f"M{number:05d}" for number in range(members)],
            "status": np.where(gone, "cancelled", "active"),
            "visits": visits,
            "reminders": reminders,
            "branch": random.choice(["North", "South", "Harbour"], members),
        }
    )
    rows.write_csv(path)
    return path


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The folder with the file and its reviewed draft, and what `churn init` said."""
    folder = tmp_path_factory.mktemp("library")
    members, declaration = write_members(folder / "members.csv"), folder / "extract.toml"
    result = CliRunner().invoke(app, ["init", "--from", str(members), "--out", str(declaration)])
    assert result.exit_code == 0, result.output
    draft = declaration.read_text(encoding="utf-8")
    declaration.write_text(draft.replace('reviewed_by = ""', 'reviewed_by = "Ann, 2026-11-14"'), encoding="utf-8")
    return folder, result.output


@pytest.fixture(scope="module")
def library(telecoms: Telecoms, said: tuple[Path, str]) -> Iterator[Settings]:
    folder, _ = said
    with telecoms.copy("deployed", folder / "home") as settings:
        publish_declared(settings, folder / "members.csv", folder / "extract.toml")
        yield settings


def test_the_draft_leaves_out_what_the_file_does_not_have_and_says_so(said: tuple[Path, str]) -> None:
    folder, output = said
    told = " ".join(output.split())
    assert "value a month: not found (no column has the name of a charge; without a value a month no figure is" in told
    assert "since: not found (no column has the name of a tenure" in told
    lines = (folder / "extract.toml").read_text(encoding="utf-8").splitlines()
    assert not [line for line in lines if line.startswith(("value", "since"))]


def test_every_sum_of_money_is_null_and_never_zero(library: Settings) -> None:
    (day,) = ask_rows(library, "SELECT * FROM reporting.kpi_daily")
    assert {name: value for name, value in day.items() if name.endswith("_usd")} == dict.fromkeys(
        name for name in day if name.endswith("_usd")
    )
    for view in ("customer_scores", "action_list"):
        known = ", ".join(f"count({name}) AS {name}" for name in (*MONEY, "monthly_charges", "tenure_months"))
        (counted,) = ask_rows(library, f"SELECT {known} FROM reporting.{view}")
        assert set(counted.values()) == {0}, view
    (load,) = ask_rows(library, "SELECT monthly_charges_total FROM reporting.load_history")
    assert load == {"monthly_charges_total": None}


def test_the_list_has_the_customers_at_risk_the_likeliest_leavers_first(library: Settings) -> None:
    calls = ask_rows(library, "SELECT * FROM reporting.action_list ORDER BY call_rank")
    at_risk = ask_rows(library, "SELECT customer_id FROM reporting.customer_scores WHERE is_active AND at_risk_flag")
    assert 0 < len(calls) == len(at_risk) < 1_500
    assert {row["customer_id"] for row in calls} == {row["customer_id"] for row in at_risk}
    assert [row["call_rank"] for row in calls] == list(range(1, len(calls) + 1))
    probabilities = [row["churn_probability"] for row in calls]
    assert probabilities == sorted(probabilities, reverse=True)  # type: ignore[type-var]
    assert {row["risk_tier"] for row in calls} <= {"High", "Medium"}


def test_no_feature_and_no_band_is_made_of_a_tenure_that_nobody_said(library: Settings) -> None:
    (row,) = ask_rows(library, "SELECT evidence FROM ops.promotions")
    assert set(row["evidence"]["usual"]) == {"visits", "reminders"}  # type: ignore[index]
    assert row["evidence"]["curves"]["profit"] == {}  # type: ignore[index]
    features = ask_rows(
        library, "SELECT DISTINCT tenure_band, avg_monthly_per_tenure FROM analytics.fct_customer_features"
    )
    assert features == [{"tenure_band": None, "avg_monthly_per_tenure": None}]
    assert ask_rows(library, "SELECT * FROM reporting.risk_by_segment") == []


def test_the_status_says_why_there_is_no_money(library: Settings) -> None:
    status = read_status(at(library))
    assert status.annual_revenue_usd is None
    assert status.list.profit_usd is None
    result = CliRunner().invoke(app, ["status"])
    told = " ".join(result.output.split())
    assert result.exit_code == 0, result.output
    assert "The extract has no value a month, so that no figure is money." in told
    assert f"The action list has the {status.list.customers:,} customers at risk, by their probability." in told
    assert "$" not in told


def test_the_page_of_the_run_says_it_too(library: Settings) -> None:
    page = str(report_stage(at(library), "publish", DAY))
    assert "The extract has no value a month" in page
    assert "Customers on the action list" in page
    assert "worth a contact" not in page
    assert "$" not in page
    assert "$" not in str(report_stage(at(library), "load_extract", DAY))


def test_an_export_has_empty_cells_where_money_would_stand(library: Settings, tmp_path: Path) -> None:
    out = tmp_path / "list.csv"
    export(at(library), "action-list", "csv", out, None)
    with out.open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    assert rows
    assert {row[name] for row in rows for name in (*MONEY, "monthly_charges", "tenure_months")} == {""}


def test_a_campaign_is_refused_because_it_weighs_offers_by_money(library: Settings) -> None:
    with pytest.raises(WrongUsage, match="has no value a month"):
        waves.read_active(open_engine(library), DAY)


def test_no_day_before_the_first_snapshot_is_rewound_without_a_tenure(library: Settings) -> None:
    plan = past_days.plan_backfill(at(library), 10, DAY)
    assert (plan.portions, plan.kept_count, len(plan.gaps)) == ([], 1, 9)


def test_the_same_file_again_is_nothing_to_do(library: Settings) -> None:
    again = intake.load_extract(at(library), library.home_dir.parent / "members.csv", DAY)
    assert again.is_skipped


@pytest.mark.parametrize("name", ["today", "actions", "segments", "trend", "customer", "campaigns", "model", "data"])
def test_every_page_opens_and_shows_no_money(library: Settings, name: str) -> None:
    page = open_page(name, id="M00001")

    assert [problem.message for problem in page.exception] == []
    told = read_page(page)
    assert told
    assert not MONEY_SIGN.search(told)
    if name in ("today", "actions"):
        assert "The extract has no value a month" in told


def test_the_report_shows_no_money_either(library: Settings, tmp_path: Path) -> None:
    from churn.dashboard.report import write_report

    write_report(library, tmp_path / "report.html", None)
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "The extract has no value a month" in text
    assert "$" not in text
    assert "USD" not in text


def test_every_member_scores_online_as_in_the_batch(library: Settings) -> None:
    assert check_same_as_batch(library, library.home_dir.parent / "members.csv", every=10) == 1_500
