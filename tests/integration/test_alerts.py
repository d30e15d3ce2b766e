"""Alerts arrive at a real web server and a real mail server: once for an incident, once for its end."""

from collections.abc import Iterator
from datetime import date, timedelta
from functools import partial

import pytest
import sqlalchemy as sa
from click.testing import Result
from typer.testing import CliRunner

from churn.alerts import messages
from churn.errors import Busy, ContractBroken, LimitBroken, Unavailable
from churn.reporting import doctor
from churn.settings import Settings, load_settings
from churn.stores.postgres.database import open_engine
from churn.terminal import watching
from churn.terminal.cli import app
from churn.timeline import today
from tests.conftest import DAY
from tests.support.days import show_day
from tests.support.receivers import Receivers, listening

YESTERDAY = DAY - timedelta(days=1)
BROKEN = ContractBroken("x.csv lacks the column Churn.", "ask for the extract again.")


@pytest.fixture(scope="module")
def servers() -> Iterator[Receivers]:
    with listening() as got:
        yield got


@pytest.fixture
def receivers(servers: Receivers, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Receivers:
    servers.forget()
    monkeypatch.setenv("CHURN_ALERT_URLS", f"{servers.web_address}, {servers.mail_address}")
    return servers


def publish(day: date) -> None:
    """A published date, as far as alerts look at it."""
    show_day(load_settings(), day)


def test_a_failure_is_told_on_the_web_and_by_mail_with_what_is_still_true_and_what_to_do(receivers: Receivers) -> None:
    publish(YESTERDAY)

    messages.tell_failure(load_settings(), "churn_pipeline", DAY, BROKEN, "http://prefect.example/runs/flow-run/7")

    (told,) = receivers.web
    assert (told["title"], told["type"]) == ("[churn] error: churn_pipeline of 2026-01-31 failed", "failure")
    assert told["message"].splitlines() == [
        "What happened: x.csv lacks the column Churn.",
        "Still true: readers still see 2026-01-30, published 2026-01-31 00:04 UTC.",
        "Next: ask for the extract again.",
        "Run: http://prefect.example/runs/flow-run/7",
        told["message"].splitlines()[-1],
    ]
    (mail,) = receivers.mail
    assert "Subject: [churn] error: churn_pipeline of 2026-01-31 failed" in mail
    assert "readers still see 2026-01-30" in mail
    assert "data-team@telecom.example" in mail


def test_a_broken_limit_is_one_incident_although_its_figures_change_every_day(receivers: Receivers) -> None:
    for leavers in (140, 150, 160):
        broken = LimitBroken("calibration check", f"{leavers} left where 100 were expected.", "train.")
        messages.tell_failure(load_settings(), "calibration check", None, broken)
    messages.tell_recovery(load_settings(), "calibration check")

    assert [told["title"] for told in receivers.web] == [
        "[churn] warning: calibration check failed",
        "[churn] recovered: calibration check works again",
    ]


def test_a_snoozed_incident_is_silent_until_its_day_and_the_ledger_knows_why(
    receivers: Receivers, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = LimitBroken("ranking check", "The top 10% hold 1.1 times the leavers.", "train.")
    tell = partial(messages.tell_failure, load_settings(), "ranking check", None, broken)
    tell()
    key = receivers.web[0]["message"].splitlines()[-1].removeprefix("Incident: ")

    past = run_command("alerts", "snooze", key, "--until", str(today() - timedelta(days=1)), "--why", "known")
    lost = run_command("alerts", "snooze", "nothing", "--until", str(today()), "--why", "known")
    done = run_command("alerts", "snooze", key, "--until", str(today()), "--why", "a new tariff, known", "--by", "Ada")
    tell()
    listed = run_command("alerts", "list")

    assert (past.exit_code, "is past" in past.output) == (2, True)
    assert (lost.exit_code, "churn alerts list" in lost.output) == (1, True)
    assert done.output == f"Incident {key} sends no alert until the end of {today()}.\n"
    assert len(receivers.web) == 1
    assert key in listed.output
    assert f"snoozed until the end of {today()}: a new tariff, known" in listed.output
    monkeypatch.setattr(messages, "today", lambda: today() + timedelta(days=1))
    tell()
    tell()
    assert len(receivers.web) == 2


def run_command(*words: str) -> Result:
    return CliRunner().invoke(app, [*words])


def test_the_same_incident_is_told_once_and_another_one_too(receivers: Receivers) -> None:
    other = Unavailable("The registry did not answer.", "look at it.")

    for error in (BROKEN, BROKEN, other, BROKEN, other):
        messages.tell_failure(load_settings(), "churn_pipeline", DAY, error)

    assert [told["message"].splitlines()[0] for told in receivers.web] == [
        "What happened: x.csv lacks the column Churn.",
        "What happened: The registry did not answer.",
    ]


def test_a_recovery_is_told_once_and_the_next_failure_is_news_again(receivers: Receivers) -> None:
    messages.tell_failure(load_settings(), "churn_pipeline", DAY, BROKEN)
    messages.tell_recovery(load_settings(), "churn_pipeline")
    publish(DAY)
    for _ in range(2):
        messages.tell_recovery(load_settings(), "churn_pipeline")
    messages.tell_failure(load_settings(), "churn_pipeline", DAY + timedelta(days=1), BROKEN)

    titles = [told["title"] for told in receivers.web]
    assert titles == [
        "[churn] error: churn_pipeline of 2026-01-31 failed",
        "[churn] recovered: churn_pipeline works again",
        "[churn] error: churn_pipeline of 2026-02-01 failed",
    ]
    assert "Over: x.csv lacks the column Churn.\nNow true: readers see 2026-01-31" in receivers.web[1]["message"]
    assert receivers.web[1]["type"] == "success"


def test_a_message_that_nobody_took_is_sent_again(receivers: Receivers, caplog: pytest.LogCaptureFixture) -> None:
    receivers.status = 500
    messages.tell_failure(load_settings(), "churn_pipeline", DAY, BROKEN)
    receivers.status = 200
    for _ in range(2):
        messages.tell_failure(load_settings(), "churn_pipeline", DAY, BROKEN)

    assert len(receivers.web) == 2
    assert "Not every address of CHURN_ALERT_URLS accepted the message" in caplog.text


def test_while_the_database_is_down_an_incident_is_told_once_and_its_end_when_it_is_back(
    receivers: Receivers, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(YESTERDAY)
    messages.tell_recovery(load_settings(), "churn_pipeline")
    up = load_settings().database_url
    assert up is not None
    down = Unavailable("The database did not answer.", "start it.")

    monkeypatch.setenv("CHURN_DATABASE_URL", "postgresql://churn@127.0.0.1:1/churn")
    for _ in range(3):
        messages.tell_failure(load_settings(), "churn_pipeline", DAY, down)
    monkeypatch.setenv("CHURN_DATABASE_URL", up.get_secret_value())
    publish(DAY)
    for _ in range(2):
        messages.tell_recovery(load_settings(), "churn_pipeline")

    assert [told["title"] for told in receivers.web] == [
        "[churn] critical: churn_pipeline of 2026-01-31 failed",
        "[churn] recovered: churn_pipeline works again",
    ]
    assert "readers see nothing; the last date that they saw is 2026-01-30." in receivers.web[0]["message"]


def test_a_run_from_the_terminal_tells_of_a_database_that_is_down_too(
    receivers: Receivers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHURN_DATABASE_URL", "postgresql://churn@127.0.0.1:1/churn")

    for _ in range(2):
        with pytest.raises(Unavailable, match="did not answer"):
            watching.run_pipeline(load_settings(), None, DAY, False, None, True)

    assert [told["title"] for told in receivers.web] == ["[churn] critical: churn_pipeline of 2026-01-31 failed"]


@pytest.mark.parametrize(
    ("flow", "error"),
    [("train", BROKEN), ("churn_pipeline", Busy("Another pipeline run is at work.", "wait."))],
    ids=["training", "another run at work"],
)
def test_what_leaves_readers_with_their_date_is_a_warning(receivers: Receivers, flow: str, error: Exception) -> None:
    messages.tell_failure(load_settings(), flow, None, error)

    assert receivers.web[0]["type"] == "warning"


def test_without_addresses_nothing_is_told_or_kept(settings: Settings) -> None:
    messages.tell_failure(load_settings(), "churn_pipeline", DAY, BROKEN)
    messages.tell_recovery(load_settings(), "churn_pipeline")

    with open_engine(settings).connect() as connection:
        assert connection.execute(sa.text("SELECT count(*) FROM ops.incidents")).scalar_one() == 0


@pytest.mark.parametrize(
    ("addresses", "told", "is_well"),
    [
        ("", "No service receives alerts: nobody notices a run that fails.", False),
        ("slack://TokenAAAA/TokenBBBB/TokenCCCC mailto://ops:secret@mail.example", "sent to slack, mailto", True),
        (
            "json://ok.example, pigeon://coop7",
            "Apprise does not understand address 2 of CHURN_ALERT_URLS (pigeon://).",
            False,
        ),
    ],
)
def test_the_doctor_says_who_is_told_and_shows_no_address(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, addresses: str, told: str, is_well: bool
) -> None:
    monkeypatch.setenv("CHURN_ALERT_URLS", addresses)

    (found,) = [finding for finding in doctor.examine(load_settings(), None) if finding.subject == "alerts"]

    assert found.told.startswith(told)
    assert found.is_well is is_well
