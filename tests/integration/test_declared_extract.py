"""A software company without phone lines comes in by its declaration, and gets a list in its own words."""

import re
from collections.abc import Iterator
from datetime import timedelta
from io import StringIO
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from rich.console import Console

from churn.dashboard.report import write_report
from churn.errors import ContractBroken, WrongUsage
from churn.intake.declaring import read_declared
from churn.learning import leaving_reasons
from churn.learning.params import ModelParams
from churn.reporting.evaluation import evaluate_training
from churn.reporting.exporting import export
from churn.reporting.leaving_reasons import read_reasons
from churn.settings import Settings
from churn.stages import intake, learning
from churn.stages.drift import watch_newest
from churn.stores.ledgers import loads
from churn.stores.postgres.database import open_engine
from churn.terminal.display.evaluation import show_evaluation
from churn.terminal.display.leaving_reasons import show_reasons
from tests.conftest import DAY
from tests.support.declared import ask_rows, publish_declared
from tests.support.online import check_same_as_batch, serving
from tests.support.pages import open_page, read_page, run_page
from tests.support.telecoms import Telecoms
from tests.support.workplaces import at

pytestmark = pytest.mark.integration

DECLARATION = """
[extract]
reviewed_by = "Ann, 2026-11-14"
currency = "CHF"

[core]
who = "account"
value = ["seats fee", "support fee"]
since = { start_date = "since", format = "%d.%m.%Y" }

[churn]
left = { flag = "state", words = ["cancelled"], stayed = ["active"] }

[columns.logins]
source = "Logins (30d)"
type = "count"
direction = "lowers"
group = "usage"

[columns.exports]
type = "count"
blank = "zero"
group = "usage"

[columns.tickets]
type = "count"
direction = "raises"
says = "opened {value} tickets in 30 days"
lever = true

[columns.edition]
type = "word"
segment = true

[columns.trial]
type = "flag"
segment = true

[columns.region]
type = "word"
use = "show"
segment = true

[columns.satisfaction]
type = "number"

[columns.birth_year]
type = "number"
use = "fairness"

[columns.exit_reason]
type = "word"
known = "after leaving"
use = "reason"
groups = { "too many faults" = "service", "slow support" = "service" }
involuntary = ["deceased"]
"""


def write_accounts(path: Path, customers: int = 1_500) -> Path:
    """Accounts that leave for many tickets or few logins, above all in the edition Team."""
    random = np.random.default_rng(7)
    logins, tickets = random.poisson(12, customers), random.poisson(1.5, customers)
    team = random.random(customers) < 0.4
    log_odds = -2.8 + 0.8 * (tickets - 1.5) - 0.2 * (logins - 12) + 0.8 * team
    gone = random.random(customers) < 1 / (1 + np.exp(-log_odds))
    # Accounts with many tickets leave for the service, others for the price or because nobody uses it.
    service = np.where(np.arange(customers) % 2 == 0, "too many faults", "slow support")
    stated = np.where(tickets >= 3, service, np.where(logins < 10, "not used", "price"))
    rows = pl.DataFrame(
        {
            "account": [f"A{number:05d}" for number in range(customers)],
            "seats fee": (random.integers(2, 80, customers) * 9.5).round(2),
            # Some accounts have a credit that is larger than their fee.
            "support fee": random.choice([0.0, 25.0, -900.0], customers, p=[0.5, 0.49, 0.01]),
            "since": [f"{day:02d}.{month:02d}.2024" for day, month in random.integers(1, 12, (customers, 2))],
            "state": np.where(gone, "cancelled", "active"),
            "Logins (30d)": logins,
            "exports": pl.Series(random.integers(0, 4, customers)).cast(pl.String).replace("0", ""),
            "tickets": tickets,
            "edition": np.where(team, "Team", random.choice(["Pro", "Basic"], customers)),
            "region": [f"Region {number * number % 83}" for number in range(customers)],
            "trial": random.choice(["yes", "no"], customers),
            "satisfaction": pl.Series(random.integers(1, 11, customers)).cast(pl.String).replace("10", ""),
            "birth_year": random.integers(1950, 2005, customers),
            "exit_reason": np.where(gone, np.where(np.arange(customers) % 10 == 0, "deceased", stated), ""),
            "e-mail": [f"somebody{number}@example.com" for number in range(customers)],
        }
    )
    rows.write_csv(path)
    return path


@pytest.fixture(scope="module")
def company(telecoms: Telecoms, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    folder = tmp_path_factory.mktemp("software")
    (folder / "extract.toml").write_text(DECLARATION, encoding="utf-8")
    with telecoms.copy("deployed", folder / "home") as settings, pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(leaving_reasons, "FEWEST_LEAVERS", 100)  # So that 1,500 accounts are enough.
        extract = write_accounts(folder / "accounts.csv")
        publish_declared(settings, extract, folder / "extract.toml")
        yield settings


def test_the_declared_columns_are_features_with_their_types(company: Settings) -> None:
    rows = ask_rows(company, "SELECT * FROM analytics.fct_customer_features WHERE customer_id = 'A00000'")
    kept = {name: type(rows[0][name]) for name in ("logins", "exports", "edition", "trial", "birth_year")}
    assert kept == {"logins": float, "exports": float, "edition": str, "trial": bool, "birth_year": float}
    assert rows[0]["contract"] is None
    assert rows[0]["is_month_to_month"] is None


def test_the_model_gets_what_is_declared_for_it_and_nothing_else(company: Settings) -> None:
    (row,) = ask_rows(company, "SELECT evidence FROM ops.promotions")
    usual = set(row["evidence"]["usual"])  # type: ignore[index]
    assert usual >= {"logins", "exports", "tickets", "satisfaction", "monthly_charges", "tenure_months"}
    assert not usual & {"birth_year", "exit_reason", "is_month_to_month", "price_above_list_usd"}


def test_the_list_speaks_of_what_the_company_has(company: Settings) -> None:
    told = " ".join(str(row["reasons"]) for row in ask_rows(company, "SELECT reasons FROM reporting.customer_scores"))
    assert "tickets in 30 days" in told
    assert "logins" in told
    assert ", usually 12" in told
    assert not any(word in told for word in ("phone", "contract", "internet", "paper bills", "streaming", "birth"))


def test_the_day_is_published_with_its_money_and_its_tiers(company: Settings) -> None:
    (day,) = ask_rows(company, "SELECT * FROM reporting.kpi_daily")
    fees = pl.read_csv(company.home_dir.parent / "accounts.csv").filter(pl.col("state") == "active")
    paid = (fees["seats fee"] + fees["support fee"]).clip(0)
    assert float(day["annual_revenue_usd"]) == pytest.approx(12 * paid.sum())  # type: ignore[arg-type]
    assert paid.min() == 0, "an account with a credit has no revenue to lose, and takes none away from the others"
    assert day["listed_customers_count"]
    assert [row["rule"] for row in ask_rows(company, "SELECT rule FROM reporting.risk_tiers")] == ["lift"] * 3


def test_all_money_that_leaves_names_its_currency(company: Settings, tmp_path: Path) -> None:
    views = ("kpi_daily", "risk_trend", "risk_by_segment", "action_list", "customer_scores", "publication_history")
    for view in (*views, "load_history"):
        assert ask_rows(company, f"SELECT DISTINCT currency FROM reporting.{view}") == [{"currency": "CHF"}], view
    for what in ("action-list", "predictions"):
        export(at(company), what, "csv", tmp_path / "rows.csv", DAY)
        assert pl.read_csv(tmp_path / "rows.csv")["currency"].unique().to_list() == ["CHF"], what


def test_pages_and_messages_write_the_currency_and_no_dollar(
    company: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CHURN_HOME", str(company.home_dir))
    report = tmp_path / "report.html"
    write_report(company, report, DAY)
    (known,) = loads.find_current_loads(at(company).engine)
    screens = [*(read_page(open_page(name)) for name in ("today", "actions", "segments")), report.read_text()]

    assert intake.validate_extract(at(company), DAY).summary.startswith(
        f"{known.rows_accepted:,} customers with monthly"
    )
    assert "CHF " in intake.validate_extract(at(company), DAY).summary
    for shown in screens:
        assert "CHF" in shown
        assert not re.search(r"\$\s?\d|USD", shown)


def test_another_currency_is_refused_since_two_are_never_added(company: Settings, tmp_path: Path) -> None:
    declaration = tmp_path / "euro.toml"
    declaration.write_text(DECLARATION.replace("CHF", "EUR"), encoding="utf-8")
    with pytest.raises(ContractBroken, match=r"in EUR by its declaration, but that of .* is in CHF") as refused:
        intake.load_extract(at(company), write_accounts(tmp_path / "next.csv"), DAY + timedelta(days=1), declaration)
    # The first way out: the declaration says again what the stored days are in.
    declaration.write_text(DECLARATION, encoding="utf-8")

    assert "correct currency in [extract] of the declaration" in refused.value.next_step
    assert intake.load_extract(at(company), tmp_path / "next.csv", DAY, declaration).summary


def test_segments_that_the_extract_lacks_are_not_shown(company: Settings) -> None:
    shown = {row["dimension"] for row in ask_rows(company, "SELECT dimension FROM reporting.risk_by_segment")}
    assert "tenure_band" in shown
    assert not shown & {"contract", "internet_service", "payment_method", "senior_citizen"}


def test_a_declared_segment_is_watched_alone_and_beside_the_others(company: Settings) -> None:
    watch_newest(at(company))

    rows = ask_rows(
        company,
        """SELECT first_column, first_word, second_column, customers_count, expected_leavers
           FROM analytics.segment_days WHERE 'edition' IN (first_column, second_column)""",
    )
    alone = {row["first_word"]: row["customers_count"] for row in rows if row["second_column"] == ""}
    truth = ask_rows(
        company,
        """SELECT coalesce(edition, '(blank)') AS word, count(*) AS customers FROM analytics.fct_customer_features
           WHERE NOT has_churned GROUP BY 1""",
    )
    assert alone == {row["word"]: row["customers"] for row in truth}
    columns = {(row["first_column"], row["second_column"]) for row in rows}
    assert columns >= {("edition", ""), ("edition", "tenure_band")}
    assert not columns & {("contract", "edition"), ("edition", "internet_service")}


def test_a_declared_segment_divides_the_customers_in_the_database_and_on_its_page(company: Settings) -> None:
    rows = ask_rows(
        company,
        """SELECT segment, customers_count, active_customers_count, expected_annual_loss_usd
           FROM reporting.risk_by_segment WHERE dimension = 'edition' ORDER BY segment""",
    )
    direct = ask_rows(
        company,
        """SELECT edition AS segment, count(*) AS customers_count,
               count(*) FILTER (WHERE is_active) AS active_customers_count,
               round(sum(risk.expected_annual_loss_usd)::numeric, 2) AS expected_annual_loss_usd
           FROM analytics.customer_risk AS risk JOIN analytics.fct_customer_features AS features
               ON features.as_of_date = risk.prediction_date AND features.customer_id = risk.customer_id
           GROUP BY edition ORDER BY edition""",
    )
    told = read_page(open_page("segments"))

    assert [row["segment"] for row in rows] == ["Basic", "Pro", "Team"]
    assert rows == direct
    assert "Figures by Edition" in told


def test_two_declared_segments_are_a_pair_and_the_rows_stay_bounded(company: Settings) -> None:
    rows = ask_rows(
        company,
        """SELECT dimension, segment, customers_count FROM reporting.risk_by_segment
           WHERE dimension = ANY(ARRAY['edition', 'trial', 'edition and trial'])""",
    )
    by_dimension = {
        name: [row for row in rows if row["dimension"] == name] for name in {row["dimension"] for row in rows}
    }

    assert {row["segment"] for row in by_dimension["edition and trial"]} == {
        f"{edition} and {trial}" for edition in ("Basic", "Pro", "Team") for trial in ("yes", "no")
    }
    assert {name: sum(row["customers_count"] for row in each) for name, each in by_dimension.items()} == dict.fromkeys(  # type: ignore[misc]
        ("edition", "trial", "edition and trial"), 1_500
    )
    assert "Figures by Edition and trial" in read_page(open_page("segments"))


def test_the_rows_of_segments_grow_with_pairs_and_never_with_their_product(company: Settings) -> None:
    rows = ask_rows(company, "SELECT dimension, segment, customers_count FROM analytics.risk_by_declared")
    by_dimension = {
        name: [row for row in rows if row["dimension"] == name] for name in {row["dimension"] for row in rows}
    }

    # Three columns: three alone and three pairs. The 42 regions by 3 editions are more words than a pair may have.
    assert len(by_dimension) == 6
    assert max(len(each) for each in by_dimension.values()) == 51
    assert len(rows) <= 51 * 6
    pair = {str(row["segment"]): row["customers_count"] for row in by_dimension["edition and region"]}
    assert len(pair) == 51
    assert sum(pair.values()) == 1_500  # type: ignore[arg-type]
    assert pair["(other)"] > 0  # type: ignore[operator]


def test_who_did_not_decide_to_leave_is_counted_and_is_no_example(company: Settings) -> None:
    engine = open_engine(company)
    examples, labels = learning.read_examples(engine, DAY, read_declared(company).features)
    (count,) = ask_rows(
        company,
        "SELECT count(*) AS left_out FROM analytics.fct_customer_features WHERE has_churned AND left_involuntarily",
    )
    gone = ask_rows(
        company,
        """SELECT count(*) AS shown FROM reporting.action_list JOIN analytics.fct_customer_features USING (customer_id)
           WHERE left_involuntarily""",
    )

    accounts = pl.read_csv(company.home_dir.parent / "accounts.csv")
    assert count["left_out"] == accounts["exit_reason"].eq("deceased").sum() > 0
    assert examples.height == 1_500 - count["left_out"]
    assert f"{count['left_out']} did not decide to leave and are no label" in labels.told()
    assert gone == [{"shown": 0}]


def test_a_model_is_measured_by_segment_and_by_what_is_kept_for_fairness(company: Settings) -> None:
    measured = {row["dimension"] for row in ask_rows(company, "SELECT dimension FROM reporting.model_slices")}
    assert "edition" in measured


def test_an_evaluation_says_what_it_costs_to_leave_sensitive_columns_out(company: Settings) -> None:
    evaluated = evaluate_training(at(company), DAY, ModelParams(forest_trees=5, boosting_rounds=20, deep_rounds=20), 3)
    console = Console(width=200, file=StringIO())
    show_evaluation(evaluated, console)
    told = console.file.getvalue()  # type: ignore[attr-defined]

    assert evaluated.fairness is not None
    assert evaluated.fairness.columns == ("birth_year",)
    # A year of birth that has nothing to do with leaving changes the figures by chance only.
    difference = evaluated.fairness.differences["pr_auc"]
    assert 0 < abs(difference.mean) < 0.05
    assert "For fairness, no model gets birth_year. With these columns, PR-AUC would change by" in told


def test_what_nobody_declared_is_stored_nowhere(company: Settings) -> None:
    stored = ask_rows(company, "SELECT * FROM raw_data.declared_columns LIMIT 1")[0]
    assert "e-mail" not in stored
    rejected = ask_rows(company, "SELECT string_agg(\"row\"::text, '') AS text FROM raw_data.rejected_rows")
    assert "example.com" not in str(rejected)


@pytest.mark.parametrize("name", ["today", "actions", "segments", "trend", "customer", "model", "data"])
def test_every_page_opens_and_shows_no_column_that_the_company_lacks(company: Settings, name: str) -> None:
    page = open_page(name, id="A00001")

    assert [problem.message for problem in page.exception] == []
    told = read_page(page)
    assert told
    assert "Not in the extract" not in told


def test_the_page_about_the_model_names_the_companys_own_segments(company: Settings) -> None:
    page = open_page("model")
    assert "Edition" in read_page(page)

    card = "".join(one.value for one in run_page(page.button(key="card").click()).markdown)
    assert "# Model card: " in card
    assert "edition" in card


def test_the_same_file_again_is_nothing_to_do(company: Settings) -> None:
    again = intake.load_extract(at(company), company.home_dir.parent / "accounts.csv", DAY)
    assert again.is_skipped


def test_a_column_keeps_its_type(company: Settings, tmp_path: Path) -> None:
    other = tmp_path / "other.toml"
    other.write_text(DECLARATION.replace('[columns.edition]\ntype = "word"', '[columns.edition]\ntype = "flag"'))
    kept = company.kept_declaration.read_bytes()
    try:
        with pytest.raises(ContractBroken, match="edition"):
            intake.load_extract(at(company), company.home_dir.parent / "accounts.csv", DAY, other)
    finally:
        company.kept_declaration.write_bytes(kept)


def test_nobody_loads_by_a_declaration_that_nobody_reviewed(company: Settings, tmp_path: Path) -> None:
    guess = tmp_path / "guess.toml"
    guess.write_text(DECLARATION.replace("Ann, 2026-11-14", ""))
    with pytest.raises(WrongUsage, match="reviewed_by"):
        intake.load_extract(at(company), company.home_dir.parent / "accounts.csv", DAY, guess)


def test_every_account_scores_online_as_in_the_batch(company: Settings) -> None:
    assert check_same_as_batch(company, company.home_dir.parent / "accounts.csv", every=10) == 1_500


def test_an_online_account_is_asked_for_in_the_words_of_the_company(company: Settings) -> None:
    with serving(company) as client:
        document = client.get("/openapi.json").json()["components"]["schemas"]["Customer"]
        account = {
            "account": "A1", "seats fee": 95.0, "support fee": 25.0, "since": "31.02.2024", "Logins (30d)": 3,
            "exports": None, "tickets": 5, "edition": "Team", "trial": True, "satisfaction": None, "birth_year": 1980.0,
            "exit_reason": None, "region": "Region 1",
        }  # fmt: skip
        refused = client.post("/v1/customers/score", json=account)
        scored = client.post("/v1/customers/score", json={**account, "since": "28.02.2024"}).json()

    assert set(document["required"]) == set(account)
    assert [(error["field"], error["rule"]) for error in refused.json()["errors"]] == [("since", "tenure_whole_number")]
    assert "+ opened 5 tickets in 30 days" in scored["reasons"]


def test_a_what_if_changes_what_the_company_declares_as_a_lever_and_nothing_else(company: Settings) -> None:
    query = """SELECT customer_id FROM reporting.customer_scores
        WHERE is_active AND reasons[1] LIKE '+ opened % tickets in 30 days' ORDER BY customer_id LIMIT 1"""
    customer = ask_rows(company, query)[0]["customer_id"]
    with serving(company) as client:
        path = f"/v1/customers/{customer}/what-if"
        answer = client.post(path, json={"tickets": 0}).json()
        refused = client.post(path, json={"logins": 30})

    assert answer["changes"] == {"tickets": 0}
    assert answer["probability_change"] < 0
    assert [(error["field"], error["rule"]) for error in refused.json()["errors"]] == [("logins", "extra_forbidden")]


def test_the_page_of_a_customer_says_which_reasons_may_be_said(company: Settings) -> None:
    query = """SELECT customer_id FROM reporting.customer_scores
        WHERE '+ opened 4 tickets in 30 days' = ANY(reasons) LIMIT 1"""
    customer = ask_rows(company, query)[0]
    page = open_page("customer", id=str(customer["customer_id"]))

    assert "May be said" in read_page(page)


def test_why_accounts_left_is_learned_and_stands_beside_the_score(company: Settings) -> None:
    (row,) = ask_rows(
        company,
        """SELECT count(*) AS told, count(*) FILTER (WHERE NOT is_active) AS gone,
               avg((likely_reason = 'service')::int) FILTER (WHERE tickets >= 4) AS of_many_tickets,
               avg((likely_reason = 'service')::int) FILTER (WHERE tickets = 0) AS of_no_ticket,
               max(abs(1 - (SELECT sum(one) FROM unnest(reason_probabilities) AS one))) AS furthest
           FROM reporting.customer_reasons JOIN reporting.customer_scores USING (prediction_date, customer_id)
           JOIN analytics.fct_customer_features AS features
             ON features.as_of_date = prediction_date AND features.customer_id = customer_scores.customer_id""",
    )
    (day,) = ask_rows(company, "SELECT active_customers_count AS active FROM reporting.kpi_daily")

    assert (row["told"], row["gone"]) == (day["active"], 0)
    assert float(str(row["of_many_tickets"])) > 0.9
    assert float(str(row["of_no_ticket"])) < 0.1
    assert float(str(row["furthest"])) < 1e-5


def test_stated_reasons_are_counted_by_group_and_death_is_none(
    company: Settings, capsys: pytest.CaptureFixture
) -> None:
    made = read_reasons(at(company))
    show_reasons(made)
    printed = " ".join(capsys.readouterr().out.split())
    stored = ask_rows(company, "SELECT reason_group, reason, verdict FROM reporting.leaving_reasons WHERE is_newest")

    assert (made.verdict, made.model is not None) == ("told", True)
    assert "can be read in part" in printed
    pairs = {(row["reason_group"], row["reason"]) for row in stored}
    assert pairs == {
        ("service", "too many faults"), ("service", "slow support"), ("price", "price"), ("not used", "not used")
    }  # fmt: skip


def test_the_pages_say_why_accounts_left_and_would_leave(company: Settings) -> None:
    query = "SELECT customer_id FROM reporting.customer_reasons WHERE likely_reason = 'not enough' LIMIT 1"
    unsure = ask_rows(company, query) or ask_rows(company, query.replace("likely_reason = 'not enough'", "true"))
    told = read_page(open_page("customer", id=str(unsure[0]["customer_id"])))

    assert "Why customers like this one leave" in told
    assert "too many faults" in read_page(open_page("segments"))
