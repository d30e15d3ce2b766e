"""A published day that a person withdraws stays hidden until a command names it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from typer.testing import CliRunner

from churn.dashboard.report import write_report
from churn.errors import NotThere, WrongUsage
from churn.reporting.status import read_status
from churn.settings import Settings
from churn.stages import past_days, planning, scoring, withdrawing
from churn.stores.ledgers import publications
from churn.stores.ledgers.withdrawals import DayWithdrawn
from churn.stores.postgres.database import open_engine
from churn.stores.rows import predictions
from churn.terminal.cli import app
from churn.timeline import now_utc
from tests.support.days import ask, day_number, execute, name_rule_of_thumb_champion, run_day, write_day
from tests.support.factories import make_extract, write_extract
from tests.support.telecoms import Telecoms
from tests.support.workplaces import at

BEFORE, DAY = day_number(0), day_number(1)
WHY = "the prices are wrong"


@pytest.fixture(scope="module")
def landing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("landing")


@pytest.fixture(scope="module")
def telecom(telecoms: Telecoms, landing: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """Two days are published from the files of a folder."""
    with telecoms.copy("published", tmp_path_factory.mktemp("withdrawals") / "home") as settings:
        name_rule_of_thumb_champion(settings)
        write_day(landing, BEFORE)
        run_day(settings, write_day(landing, DAY), DAY)
        yield settings


@pytest.fixture
def withdrawn(telecom: Settings) -> Settings:
    """Two days are published, and ada withdrew the second one."""
    for day in (BEFORE, DAY):
        withdrawing.release_day(at(telecom), day, "nobody", "another test")
    execute(telecom, "UPDATE ops.publications SET status = 'published', published_at = staged_at")
    withdrawing.withdraw_day(at(telecom), DAY, "ada", WHY)
    return telecom


def shown(settings: Settings) -> list[object]:
    return [day for (day,) in ask(settings, "SELECT prediction_date FROM reporting.kpi_daily ORDER BY 1")]


def publish_again(settings: Settings) -> None:
    scoring.score_customers(at(settings), DAY, "again")
    scoring.publish(at(settings), DAY)


def test_a_withdrawn_day_is_hidden_until_a_command_names_it(withdrawn: Settings, landing: Path) -> None:
    assert shown(withdrawn) == [BEFORE]
    assert planning.plan_run(at(withdrawn), str(landing), None, DAY).days == []
    assert past_days.plan_days(at(withdrawn), [BEFORE, DAY]) == past_days.Backfill([], 1, [], [DAY])
    with pytest.raises(DayWithdrawn, match=f"was withdrawn by ada .*: {WHY}"):
        publish_again(withdrawn)
    assert shown(withdrawn) == [BEFORE]

    note = withdrawing.release_day(at(withdrawn), DAY, "bob", "churn score")
    publish_again(withdrawn)

    assert note.endswith("This run names the date, so that it is published again.")
    assert shown(withdrawn) == [BEFORE, DAY]
    query = "SELECT decision, person, why, customers_count FROM ops.withdrawals ORDER BY withdrawal_id DESC LIMIT 2"
    assert ask(withdrawn, query) == [
        ("released", "bob", "named by churn score", 400),
        ("withdrawn", "ada", WHY, 400),
    ]
    assert withdrawing.release_day(at(withdrawn), DAY, "bob", "churn score") == ""


def test_another_file_of_a_withdrawn_day_waits_for_a_command_too(withdrawn: Settings, landing: Path) -> None:
    corrected = write_extract(landing / f"{DAY}.csv", make_extract(400, seed=1))
    plan = planning.plan_run(at(withdrawn), str(landing), None, DAY)

    assert plan.days == []
    assert [note for note in plan.notes if WHY in note and f"`churn score --as-of {DAY}`" in note] != []
    assert planning.plan_run(at(withdrawn), str(landing), DAY, DAY).days == [(str(corrected), DAY)]
    write_day(landing, DAY)


def test_a_scheduled_run_of_a_file_leaves_its_withdrawn_day(withdrawn: Settings, landing: Path) -> None:
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(planning, "today_utc", lambda: DAY)
        plan = planning.plan_run(at(withdrawn), str(landing / f"{DAY}.csv"), None, DAY)
        planning.check_arrived(at(withdrawn), str(landing), DAY)  # The extract has arrived: nobody is to look for it.

    assert plan.days == []
    assert WHY in plan.notes[0]


def test_a_run_that_was_at_work_when_the_day_was_withdrawn_does_not_publish_it(withdrawn: Settings) -> None:
    execute(withdrawn, f"UPDATE ops.publications SET status = 'staged' WHERE prediction_date = '{DAY}'")

    with pytest.raises(DayWithdrawn):
        predictions.publish(open_engine(withdrawn), [DAY], now_utc())

    assert shown(withdrawn) == [BEFORE]


def test_everything_that_shows_the_last_good_day_names_the_withdrawn_one(withdrawn: Settings, tmp_path: Path) -> None:
    status = read_status(at(withdrawn))
    write_report(withdrawn, tmp_path / "report.html", None)

    assert status.as_of_date == BEFORE
    assert [told for told in status.withdrawn if told.startswith(f"{DAY} was withdrawn by ada at ")] != []
    assert f"{DAY} was withdrawn by ada: {WHY}" in (tmp_path / "report.html").read_text()
    assert ask(withdrawn, "SELECT withdrawn_by, withdrawn_why FROM reporting.publication_history ORDER BY 1") == [
        ("ada", WHY),
        (None, None),
    ]
    with pytest.raises(DayWithdrawn, match=WHY):
        publications.require_published(open_engine(withdrawn), DAY)


def test_the_command_withdraws_once_and_only_what_is_published(withdrawn: Settings) -> None:
    said = CliRunner().invoke(app, ["withdraw", str(BEFORE), "--why", "wrong too", "--by", "bob"])
    again = CliRunner().invoke(app, ["withdraw", str(BEFORE), "--why", "once more"])

    assert (said.exit_code, again.exit_code) == (0, 2)
    assert "readers see no date, since no other is published" in said.output
    assert f"churn: {BEFORE} was withdrawn by bob at" in again.output
    with pytest.raises(NotThere, match="is not published"):
        withdrawing.withdraw_day(at(withdrawn), day_number(9), "ada", WHY)
    with pytest.raises(WrongUsage, match="needs a reason"):
        withdrawing.withdraw_day(at(withdrawn), DAY, "ada", " ")


def test_the_ledger_of_withdrawals_only_grows(withdrawn: Settings) -> None:
    with pytest.raises(sa.exc.DBAPIError, match="append-only"):
        execute(withdrawn, "DELETE FROM ops.withdrawals")
