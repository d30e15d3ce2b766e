"""Readers see what was scored: a day that does not hold its scores is found, repaired and told of."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from churn.errors import AuditFailed, ExitCode, NotThere
from churn.reporting import doctor
from churn.reporting.status import read_status
from churn.settings import Settings, load_settings
from churn.stages import scoring, transforms
from churn.stores.postgres.database import open_engine
from churn.stores.rows import predictions
from churn.stores.workplace import open_workplace
from churn.terminal.cli import app
from churn.timeline import now_utc
from tests.support.changes import checksums, torn_days
from tests.support.days import ask, day_number, execute, name_rule_of_thumb_champion, run_day, write_day
from tests.support.receivers import listening
from tests.support.telecoms import Telecoms
from tests.support.workplaces import at, leave

FIRST, SECOND = day_number(0), day_number(1)
ONE = "customer_id = '000007-MADEUP'"


@pytest.fixture(scope="module")
def telecom(telecoms: Telecoms, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """Two published days."""
    folder = tmp_path_factory.mktemp("torn")
    with telecoms.copy("published", folder / "home") as settings:
        name_rule_of_thumb_champion(settings)
        run_day(settings, write_day(folder, SECOND), SECOND)
        yield settings


DAMAGES = {
    "a customer missing from staging": f"DELETE FROM staging.stg_telco_churn WHERE snapshot_date = '{FIRST}' AND {ONE}",
    "a customer with no feature": f"DELETE FROM analytics.fct_customer_features WHERE as_of_date = '{FIRST}' AND {ONE}",
    "a day missing from the risk table": f"DELETE FROM analytics.customer_risk WHERE prediction_date = '{FIRST}'",
    "a loss that is not the score's": (
        f"UPDATE analytics.customer_risk SET expected_annual_loss_usd = 9 WHERE prediction_date = '{FIRST}' AND {ONE}"
    ),
    "a day missing from the mart": f"DELETE FROM analytics.risk_by_profile WHERE prediction_date = '{FIRST}'",
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_torn_day_is_repaired_by_the_next_run_and_told_of(telecom: Settings, damage: str) -> None:
    before = checksums(telecom)
    execute(telecom, damage)
    assert {tear.day for tear in transforms.find_torn(at(telecom))} == {FIRST}

    outcome = transforms.check_published(at(telecom), [])

    assert f"differences repaired on {FIRST}" in outcome.summary
    assert outcome.details[0]["day"] == str(FIRST)
    assert transforms.find_torn(at(telecom)) == []
    assert checksums(telecom) == before


@pytest.mark.parametrize("view", ["action_list", "kpi_daily", "risk_tiers"])
def test_a_dropped_view_is_made_anew_by_the_next_run(telecom: Settings, view: str) -> None:
    before = checksums(telecom)
    execute(telecom, f"DROP VIEW reporting.{view} CASCADE")

    told = transforms.deploy_models(at(telecom)).summary

    assert f"reporting.{view}" in told
    assert checksums(telecom) == before
    assert torn_days(telecom) == []


def test_a_view_of_another_version_is_bound_to_the_current_one(telecom: Settings) -> None:
    (table,) = ask(
        telecom, "SELECT relname FROM pg_class WHERE relname LIKE 'risk\\_by\\_profile\\_\\_%' AND relkind = 'r'"
    )
    execute(telecom, f"CREATE TABLE sqlmesh__analytics.older AS TABLE sqlmesh__analytics.{table[0]} WITH NO DATA")
    definition = ask(telecom, "SELECT pg_get_viewdef('analytics.risk_by_profile'::regclass)")[0][0]
    execute(
        telecom,
        f"CREATE OR REPLACE VIEW analytics.risk_by_profile AS {str(definition).replace(str(table[0]), 'older')}",
    )

    told = transforms.deploy_models(at(telecom)).summary

    assert told == "views created again: analytics.risk_by_profile"
    assert torn_days(telecom) == []


def test_scores_that_are_gone_are_refused_with_the_command_that_brings_them_back(telecom: Settings) -> None:
    before = checksums(telecom)
    execute(telecom, f"DELETE FROM analytics.predictions WHERE prediction_date = '{SECOND}' AND {ONE}")

    with pytest.raises(AuditFailed, match=r"analytics\.predictions has 399 scores, the ledger 400") as failure:
        transforms.check_published(at(telecom), [])
    assert failure.value.exit_code == ExitCode.AUDIT_FAILED
    assert failure.value.next_step == f"run `churn score --as-of {SECOND}` to score the day again."

    assert not scoring.score_customers(at(telecom), SECOND, "again").is_skipped
    scoring.publish(at(telecom), SECOND)
    assert transforms.find_torn(at(telecom)) == []
    assert {key: value for key, value in checksums(telecom).items() if key[0] == FIRST} == {
        key: value for key, value in before.items() if key[0] == FIRST
    }


def test_a_day_is_not_shown_while_a_view_does_not_hold_it(telecom: Settings) -> None:
    execute(telecom, f"DELETE FROM analytics.risk_by_profile WHERE prediction_date = '{SECOND}'")
    execute(
        telecom,
        f"UPDATE ops.publications SET status = 'staged', published_at = NULL WHERE prediction_date = '{SECOND}'",
    )

    with pytest.raises(AuditFailed, match="every_table_holds_the_scores"):
        predictions.publish(open_engine(telecom), [SECOND], now_utc())
    assert ask(telecom, "SELECT prediction_date FROM reporting.kpi_daily") == [(FIRST,)]

    scoring.publish(at(telecom), SECOND)
    assert ask(telecom, "SELECT prediction_date FROM reporting.kpi_daily ORDER BY 1") == [(FIRST,), (SECOND,)]


def test_figures_that_are_not_there_have_a_name_and_a_way_out(telecom: Settings) -> None:
    execute(telecom, f"DELETE FROM analytics.risk_by_profile WHERE prediction_date = '{SECOND}'")

    with pytest.raises(NotThere, match=r"reporting\.kpi_daily has no row of it.*churn transforms check"):
        read_status(open_workplace(telecom), SECOND)
    days = next(one for one in doctor.examine(telecom, None) if one.subject == "days")
    assert not days.is_well
    assert f"1 published date does not match the scores. For example {SECOND}: analytics.risk_by_profile" in days.told
    done = CliRunner().invoke(app, ["transforms", "check"])

    assert (done.exit_code, "differences repaired on" in done.output) == (0, True)
    assert read_status(open_workplace(telecom), SECOND).customers == 400


def test_people_are_alerted_that_a_day_was_torn_and_that_it_is_repaired(
    telecom: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    from flows import transforming

    execute(telecom, f"DELETE FROM analytics.risk_by_profile WHERE prediction_date = '{SECOND}'")
    with listening() as receivers:
        monkeypatch.setenv("CHURN_ALERT_URLS", receivers.web_address)
        transforming.check_every_day.fn(at(load_settings()))

    assert [one["title"] for one in receivers.web] == [
        "[churn] warning: published days failed",
        "[churn] recovered: published days works again",
    ]
    assert f"differences repaired on {SECOND}" in receivers.web[0]["message"]


def test_old_tables_are_dropped_once_they_have_been_kept_for_as_long_as_is_set(
    telecom: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from churn.stores.sql_models import contexts
    from tests.support.changes import Story, copy_project

    monkeypatch.setattr(contexts, "TRANSFORMS_DIR", copy_project(tmp_path))
    story = Story(telecom, tmp_path / "transforms", tmp_path, "")
    before = checksums(telecom)
    story.change("edit staging")
    story.apply()

    kept = transforms.drop_old_tables(at(telecom))
    execute(telecom, "UPDATE sqlmesh._snapshots SET updated_ts = updated_ts - 8 * 86400000::bigint")
    dropped = transforms.drop_old_tables(at(telecom))

    assert kept.is_skipped, kept.summary
    assert not dropped.is_skipped, dropped.summary
    assert checksums(telecom) == before
    assert torn_days(telecom) == []
    leave()
