"""Settings that are refused are named; what is empty is not set."""

import time
from datetime import UTC, date, datetime

import pytest

from churn import timeline
from churn.errors import ExitCode, WrongUsage
from churn.settings import load_settings


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("CHURN_REJECTED_SHARE_LIMIT", "1%", "is '1%', which is not allowed: it should be a valid number"),
        ("CHURN_ROW_DROP_LIMIT", "20", "is '20', which is not allowed: it should be less than or equal to 1"),
        ("CHURN_PREFECT_PORT", "http", "is 'http', which is not allowed: it should be a valid integer"),
        ("CHURN_NEW_CATEGORIES", "keep", "it should be 'set_aside', 'accept' or 'refuse'"),
    ],
)
def test_a_setting_that_is_refused_is_named_with_what_is_allowed(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, words: str
) -> None:
    monkeypatch.setenv(name, value)

    with pytest.raises(WrongUsage) as refused:
        load_settings()

    assert refused.value.exit_code == ExitCode.WRONG_USAGE
    assert refused.value.fact.startswith(f"{name} ")
    assert words in refused.value.fact


def test_an_empty_variable_is_not_set_and_a_line_end_is_no_part_of_an_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHURN_DATABASE_URL", "")
    monkeypatch.setenv("CHURN_ROW_DROP_LIMIT", "")
    monkeypatch.setenv("CHURN_MLFLOW_TRACKING_URI", "https://mlflow.example\r\n")

    settings = load_settings()

    assert (settings.database_url, settings.row_drop_limit) == (None, 0.2)
    assert settings.mlflow_tracking_uri is not None
    assert settings.mlflow_tracking_uri.get_secret_value() == "https://mlflow.example"


@pytest.mark.parametrize(("zone", "day"), [("Pacific/Auckland", 25), ("UTC", 24), ("America/Los_Angeles", 24)])
def test_today_east_of_utc_is_not_the_future(monkeypatch: pytest.MonkeyPatch, zone: str, day: int) -> None:
    monkeypatch.setattr(timeline, "now_utc", lambda: datetime(2026, 11, 24, 20, 0, tzinfo=UTC))
    with monkeypatch.context() as zoned:
        zoned.setenv("TZ", zone)
        time.tzset()
        assert timeline.today() == date(2026, 11, day)
        assert timeline.today_utc() == date(2026, 11, 24)  # The date of a scheduled run does not depend on the zone.
    time.tzset()
