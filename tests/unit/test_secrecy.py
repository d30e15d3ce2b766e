"""No secret of the settings survives in a text or a log."""

import io
import logging
from collections.abc import Iterator

import pytest

from churn.errors import WrongUsage
from churn.secrecy import hide_in_logs, hide_secrets, without_login
from churn.settings import Settings, load_settings


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("CHURN_DATABASE_URL", "postgresql://churn:p%40ss%2Fword9@db.example:5432/churn?sslmode=require")
    monkeypatch.setenv("CHURN_MLFLOW_TRACKING_URI", "https://bot:trackme77@mlflow.example")
    monkeypatch.setenv(
        "CHURN_ALERT_URLS",
        "slack://TokenAAA/TokenBBB/TokenCCC123 jsons://web.example/services mailto://ops:mailpass1@mail.example?to=boss@a.example",
    )
    return load_settings()


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    told, genuine = io.StringIO(), logging.getLogRecordFactory()
    handler = logging.StreamHandler(told)
    logging.getLogger("some.library").addHandler(handler)
    yield told
    logging.getLogger("some.library").removeHandler(handler)
    logging.setLogRecordFactory(genuine)


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("postgresql://churn:p%40ss%2Fword9@db.example:5432/churn", "postgresql://churn:***@db.example:5432/churn"),
        ("password p@ss/word9 refused", "password *** refused"),
        ("GET https://bot:trackme77@mlflow.example/api", "GET https://bot:***@mlflow.example/api"),
        (
            "https://hooks.slack.com/services/TokenAAA/TokenBBB/TokenCCC123",
            "https://hooks.slack.com/services/***/***/***",
        ),
        ("535 mailpass1 rejected by mail.example", "535 *** rejected by mail.example"),
        ("the services of hooks.slack.com", "the services of hooks.slack.com"),
        ("db.example:5432 did not answer", "db.example:5432 did not answer"),
    ],
)
def test_secrets_are_three_stars_and_the_rest_stays(settings: Settings, text: str, hidden: str) -> None:
    assert hide_secrets(text, settings) == hidden


def test_a_password_that_tears_its_address_apart_is_hidden_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHURN_DATABASE_URL", "postgresql://churn:half/and:half@db.example/churn")

    assert (
        hide_secrets("postgresql://churn:half/and:half@db.example", load_settings())
        == "postgresql://churn:***@db.example"
    )


def test_nothing_is_hidden_where_nothing_is_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHURN_DATABASE_URL", "postgresql://churn@/churn?host=/run/postgresql")

    assert hide_secrets("postgresql://churn@/churn?host=/run/postgresql", load_settings()) == (
        "postgresql://churn@/churn?host=/run/postgresql"
    )


@pytest.mark.parametrize("password", ["plainSecret77", "s3cr%40tPass77"])
@pytest.mark.parametrize("option", ["password", "sslpassword", "passfile_token"])
def test_a_secret_option_of_an_address_is_hidden_as_it_is_written(
    monkeypatch: pytest.MonkeyPatch, option: str, password: str
) -> None:
    monkeypatch.setenv("CHURN_DATABASE_URL", f"postgresql://db.example/churn?user=u&{option}={password}")
    settings = load_settings()

    assert hide_secrets(f"at db.example?{option}={password}&user=u", settings) == f"at db.example?{option}=***&user=u"
    assert hide_secrets(f"{password} and {password.replace('%40', '@')} refused", settings) == "*** and *** refused"


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("https://etl:Secret-77@files.example/x.csv", "https://etl:***@files.example/x.csv"),
        ("http://etl:a%40b@files.example:8080/x.csv", "http://etl:***@files.example:8080/x.csv"),
        (
            "https://files.example/x.csv?X-Amz-Signature=9f8e&X-Amz-Expires=60",
            "https://files.example/x.csv?X-Amz-Signature=***&X-Amz-Expires=60",
        ),
        ("https://files.example/x.csv?sv=2&sig=aB%2F", "https://files.example/x.csv?sv=2&sig=***"),
        (
            "postgresql://u@/churn?host=/run/postgresql&password=p",
            "postgresql://u@/churn?host=/run/postgresql&password=***",
        ),
        ("http://127.0.0.1:4200/runs/a@b", "http://127.0.0.1:4200/runs/a@b"),
        ("https://files.example/passengers.csv?design=1", "https://files.example/passengers.csv?design=1"),
    ],
)
def test_any_address_is_shown_without_its_login(settings: Settings, address: str, shown: str) -> None:
    assert hide_secrets(f"{address} did not answer", settings) == f"{shown} did not answer"
    assert without_login(address) == shown


def test_a_log_has_no_secret_in_message_arguments_or_traceback(settings: Settings, log: io.StringIO) -> None:
    hide_in_logs(settings)
    hide_in_logs(settings)
    try:
        raise ConnectionError("no route to bot:trackme77@mlflow.example")
    except ConnectionError:
        logging.getLogger("some.library").exception("gave up on %s", "https://bot:trackme77@mlflow.example")

    assert "trackme77" not in log.getvalue()
    assert "gave up on https://bot:***@mlflow.example" in log.getvalue()
    assert "ConnectionError: no route to bot:***@mlflow.example" in log.getvalue()


def test_an_address_that_is_refused_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHURN_DATABASE_URL", "postgresql://churn:hunter2\n@db.example/churn")

    with pytest.raises(WrongUsage, match="CHURN_DATABASE_URL has a value that is not allowed") as refused:
        load_settings()

    assert "hunter2" not in str(refused.value)
