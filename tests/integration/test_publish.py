"""Write, audit, publish: what an audit refuses, nobody reads; the next clean run shows the day."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from churn.errors import AuditFailed, ExitCode, LockLost, TransformFailed
from churn.reporting.status import read_status
from churn.settings import Settings
from churn.stages import one_pipeline, scoring
from churn.stores import sql_models
from churn.stores.sql_models import contexts
from churn.stores.sql_models.contexts import TRANSFORMS_DIR
from churn.stores.workplace import open_workplace
from tests.support.days import (
    ask,
    day_number,
    execute,
    name_rule_of_thumb_champion,
    run_day,
    run_until_scored,
    write_day,
)
from tests.support.locks import lose_locks
from tests.support.telecoms import Telecoms
from tests.support.workplaces import at, leave

TODAY, YESTERDAY = day_number(1), day_number(0)

ON_TODAY = f"prediction_date = '{TODAY}'"
ONE = f"{ON_TODAY} AND customer_id = '000007-MADEUP'"
BREAKAGES = {
    "a probability of 1.7": (
        f"UPDATE analytics.predictions SET churn_probability = 1.7 WHERE {ONE}",
        "accepted_range",
    ),
    "revenue doubled": (
        f"UPDATE analytics.predictions SET revenue_at_risk_usd = 2 * revenue_at_risk_usd + 1 WHERE {ONE}",
        "revenue_at_risk_is_twelve_months_or_nothing",
    ),
    "a loss that is not probability times revenue": (
        f"UPDATE analytics.predictions SET expected_annual_loss_usd = expected_annual_loss_usd + 1 WHERE {ONE}",
        "expected_loss_is_probability_times_revenue",
    ),
    "a tier of another probability": (
        f"UPDATE analytics.predictions SET churn_probability = 0.9, risk_tier = 'Low' WHERE {ONE}",
        "tier_follows_probability",
    ),
    "a customer without features": (
        f"UPDATE analytics.predictions SET customer_id = 'NOBODY' WHERE {ONE}",
        "same_customers_as_predictions",
    ),
}


@pytest.fixture(scope="module")
def days(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("days")


@pytest.fixture(scope="module")
def telecom(telecoms: Telecoms, days: Path) -> Iterator[Settings]:
    """Yesterday is published."""
    with telecoms.copy("published", days / "home") as settings:
        name_rule_of_thumb_champion(settings)
        yield settings


@pytest.fixture
def scored(telecom: Settings, days: Path) -> Settings:
    """Yesterday is published, today scored and staged."""
    if not ask(telecom, f"SELECT 1 FROM ops.publications WHERE prediction_date = '{TODAY}'"):
        run_until_scored(telecom, write_day(days, TODAY), TODAY)
    execute(telecom, "UPDATE ops.publications SET status = 'staged', published_at = NULL WHERE " + ON_TODAY)
    scoring.score_customers(at(telecom), TODAY, "test run")
    return telecom


def shown(settings: Settings) -> list[object]:
    return [day for (day,) in ask(settings, "SELECT prediction_date FROM reporting.kpi_daily ORDER BY 1")]


@pytest.mark.parametrize(("statement", "audit"), BREAKAGES.values(), ids=BREAKAGES)
def test_one_broken_row_keeps_yesterday(scored: Settings, statement: str, audit: str) -> None:
    execute(scored, statement)

    with pytest.raises(AuditFailed) as failure:
        scoring.publish(at(scored), TODAY)

    assert failure.value.exit_code == ExitCode.AUDIT_FAILED == 4
    assert (failure.value.audit, failure.value.model) == (audit, "analytics.customer_risk")
    assert len(ask(scored, failure.value.query)) == failure.value.count == 1
    assert shown(scored) == [YESTERDAY]
    assert read_status(open_workplace(scored)).as_of_date == YESTERDAY


def test_a_run_that_lost_its_lock_to_another_one_publishes_nothing(scored: Settings) -> None:
    with one_pipeline(at(scored)):
        lose_locks(scored)
        with pytest.raises(LockLost, match="which process 1 on elsewhere took"):
            scoring.publish(at(scored), TODAY)

    assert shown(scored) == [YESTERDAY]


def test_the_next_clean_run_publishes_what_an_audit_refused(scored: Settings, days: Path) -> None:
    execute(scored, BREAKAGES["a probability of 1.7"][0])
    with pytest.raises(AuditFailed):
        scoring.publish(at(scored), TODAY)

    run_day(scored, days / f"{TODAY}.csv", TODAY)

    assert shown(scored) == [YESTERDAY, TODAY]
    assert ask(scored, "SELECT max(churn_probability) <= 1 FROM analytics.predictions") == [(True,)]


def test_revenue_doubled_for_everybody_is_refused(scored: Settings) -> None:
    execute(scored, f"UPDATE analytics.predictions SET revenue_at_risk_usd = 2 * revenue_at_risk_usd WHERE {ON_TODAY}")

    with pytest.raises(AuditFailed) as failure:
        scoring.publish(at(scored), TODAY)

    assert failure.value.audit == "revenue_at_risk_is_twelve_months_or_nothing"
    at_risk = f"SELECT count(*) FROM analytics.predictions WHERE {ON_TODAY} AND is_active AND at_risk_flag"
    assert ask(scored, at_risk) == [(failure.value.count,)]
    assert shown(scored) == [YESTERDAY]


def test_a_customer_scored_twice_is_refused_by_the_audit_even_without_the_index(scored: Settings) -> None:
    execute(scored, "ALTER TABLE analytics.predictions DROP CONSTRAINT predictions_pkey")
    execute(scored, f"INSERT INTO analytics.predictions SELECT * FROM analytics.predictions WHERE {ONE}")
    try:
        with pytest.raises(TransformFailed, match="duplicate key value"):
            scoring.publish(at(scored), TODAY)
        drop_indexes_of_the_grain(scored, "customer_risk")
        with pytest.raises(AuditFailed) as failure:
            scoring.publish(at(scored), TODAY)
    finally:
        execute(scored, f"DELETE FROM analytics.predictions WHERE prediction_date = '{TODAY}'")
        execute(scored, "ALTER TABLE analytics.predictions ADD PRIMARY KEY (prediction_date, customer_id)")

    assert failure.value.audit == "unique_combination_of_columns"
    assert shown(scored) == [YESTERDAY]


def test_the_day_after_a_refused_one_publishes_too(scored: Settings, days: Path) -> None:
    execute(scored, BREAKAGES["revenue doubled"][0])
    with pytest.raises(AuditFailed):
        scoring.publish(at(scored), TODAY)

    tomorrow = day_number(2)
    run_day(scored, write_day(days, tomorrow), tomorrow)

    assert shown(scored) == [YESTERDAY, tomorrow]
    execute(scored, f"DELETE FROM ops.publications WHERE prediction_date = '{tomorrow}'")


def drop_indexes_of_the_grain(settings: Settings, model: str) -> None:
    for (index,) in ask(
        settings,
        f"""SELECT indexrelid::regclass::text FROM pg_index
            WHERE indisunique AND indrelid::regclass::text LIKE 'sqlmesh\\_\\_analytics.{model}%'""",
    ):
        execute(settings, f"DROP INDEX {index}")


def test_a_date_is_hidden_as_soon_as_its_correction_is_loaded(telecom: Settings, days: Path) -> None:
    from churn.stages import intake
    from tests.support.factories import make_extract, write_extract

    corrected = write_extract(days / "corrected.csv", make_extract(350, seed=99))
    intake.load_extract(at(telecom), corrected, YESTERDAY)
    assert YESTERDAY not in shown(telecom)

    run_day(telecom, corrected, YESTERDAY)

    assert YESTERDAY in shown(telecom)
    assert ask(telecom, f"SELECT customers_count FROM reporting.kpi_daily WHERE prediction_date = '{YESTERDAY}'") == [
        (350,)
    ]


def test_a_refresh_replaces_its_date_by_the_same_rows_and_touches_no_other(telecom: Settings) -> None:
    """`xmin` is the transaction that wrote a row: it moves for the refreshed date only."""
    rows = """SELECT prediction_date, md5(string_agg(to_jsonb(r)::text, '|' ORDER BY customer_id)),
                     max(xmin::text::bigint)
              FROM {} AS r GROUP BY 1 ORDER BY 1"""
    (table,) = ask(telecom, "SELECT relname FROM pg_class WHERE relname LIKE 'customer_risk\\_\\_%' AND relkind = 'r'")
    before = ask(telecom, rows.format(f"sqlmesh__analytics.{table[0]}"))

    sql_models.refresh(at(telecom), "analytics.predictions", sql_models.RISK_MODELS, [YESTERDAY])

    after = ask(telecom, rows.format(f"sqlmesh__analytics.{table[0]}"))
    assert [row[:2] for row in after] == [row[:2] for row in before]
    assert [now[0] for then, now in zip(before, after, strict=True) if then[2] != now[2]] == [YESTERDAY]


# --- a wrong join over history -----------------------------------------------------------------------------------


@pytest.fixture
def edited(telecom: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Changes one model of a copy of the SQL project, which the product then deploys."""
    project = tmp_path / "transforms"
    shutil.copytree(TRANSFORMS_DIR, project, ignore=shutil.ignore_patterns(".cache", "__pycache__"))

    def edit(model: str, *replacements: tuple[str, str]) -> None:
        path = project / "models" / "analytics" / f"{model}.sql"
        sql = path.read_text()
        for old, new in replacements:
            assert old in sql
            sql = sql.replace(old, new)
        path.write_text(sql)

    monkeypatch.setattr(contexts, "TRANSFORMS_DIR", project)
    leave()
    yield edit
    leave()


COUNT_HISTORY = (
    ("  WHERE\n    as_of_date BETWEEN @start_date AND @end_date\n", ""),
    ("  ON features.as_of_date = scores.prediction_date\n  AND features", "  ON features"),
)
"""A customer's score joined to every day of that customer's features."""


def test_a_customer_counted_once_per_day_of_history_never_reaches_readers(
    telecom: Settings, edited: Callable[..., None]
) -> None:
    before = ask(telecom, "SELECT * FROM reporting.kpi_daily ORDER BY prediction_date")
    edited("customer_risk", *COUNT_HISTORY)
    with pytest.raises(TransformFailed, match="duplicate key value"):
        sql_models.deploy(at(telecom), TODAY)

    edited("customer_risk", ("\n@index_the_grain(prediction_date, customer_id);\n", ""))
    leave()
    with pytest.raises(AuditFailed) as failure:
        sql_models.deploy(at(telecom), TODAY)

    assert failure.value.audit == "unique_combination_of_columns"
    assert failure.value.count >= 350
    assert ask(telecom, "SELECT * FROM reporting.kpi_daily ORDER BY prediction_date") == before


def test_a_mart_that_bills_history_again_fails_the_money_invariant(
    telecom: Settings, edited: Callable[..., None]
) -> None:
    """Here the grain stays whole, 60 times the base included: only the comparison of sums can tell."""
    before = ask(telecom, "SELECT * FROM reporting.kpi_daily ORDER BY prediction_date")
    edited(
        "risk_by_profile",
        (
            "FROM analytics.customer_risk\nWHERE\n  prediction_date",
            """FROM analytics.customer_risk
INNER JOIN (
  SELECT as_of_date, customer_id AS same_customer_id FROM analytics.fct_customer_features
) AS history
  ON history.same_customer_id = customer_id
WHERE
  prediction_date""",
        ),
    )

    with pytest.raises(AuditFailed) as failure:
        sql_models.deploy(at(telecom), TODAY)

    assert (failure.value.audit, failure.value.model) == ("profiles_add_up_to_predictions", "analytics.risk_by_profile")
    assert ask(telecom, "SELECT * FROM reporting.kpi_daily ORDER BY prediction_date") == before
