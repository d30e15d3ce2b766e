"""Settings that are refused are named; what is empty is not set."""

import os
import subprocess
import sys
import time
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from churn import timeline
from churn.errors import ExitCode, WrongUsage
from churn.settings import load_settings
from tests.support.factories import make_extract


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


@pytest.mark.parametrize("name", ["SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE"])
def test_certificates_that_do_not_exist_are_refused_by_name(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "/no/such/file.pem")

    with pytest.raises(WrongUsage, match=f"{name} is '/no/such/file.pem', which is not allowed") as refused:
        load_settings()

    assert refused.value.exit_code == ExitCode.WRONG_USAGE


def test_a_file_of_the_working_folder_is_never_imported(tmp_path: Path) -> None:
    for name in ("churn", "types", "json", "prefect", "polars", "pyarrow", "sitecustomize"):
        (tmp_path / f"{name}.py").write_text("print('imported'); raise SystemExit(9)")
    command = [str(Path(sys.executable).with_name("churn")), "check", "--source", str(make_extract_file(tmp_path))]

    found = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, env=os.environ | {"PYTHONPATH": ""})

    assert (found.returncode, "imported" in found.stdout) == (0, False), found.stderr


def make_extract_file(folder: Path) -> Path:
    path = folder / "extract.parquet"  # A child Python decodes it.
    make_extract(300).write_parquet(path)
    return path


def settled(monkeypatch: pytest.MonkeyPatch, **variables: str) -> set[str]:
    """Returns those of the variables that the libraries of this process still see."""
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    load_settings()
    return set(variables) & set(os.environ)


@pytest.mark.parametrize(
    "name", ["PGHOST", "PGHOSTADDR", "PGPORT", "PGSERVICE", "PGOPTIONS", "PGSSLMODE", "PGPASSWORD", "PGCLIENTENCODING"]
)
def test_nothing_of_libpq_reaches_the_embedded_database(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.delenv("CHURN_DATABASE_URL", raising=False)

    assert settled(monkeypatch, **{name: "elsewhere"}) == set()


def test_the_address_alone_says_where_a_teams_database_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHURN_DATABASE_URL", "postgresql://churn@db.example/churn")
    places = dict.fromkeys(("PGHOST", "PGPORT", "PGSERVICE", "PGDATABASE", "PGUSER", "PGOPTIONS"), "elsewhere")
    logins = dict.fromkeys(("PGPASSWORD", "PGPASSFILE", "PGSSLROOTCERT", "PGSSLMODE"), "kept")

    assert settled(monkeypatch, **places, **logins) == set(logins)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MLFLOW_RUN_ID", "0123456789abcdef"),
        ("MLFLOW_EXPERIMENT_NAME", "theirs"),
        ("MLFLOW_REGISTRY_URI", "http://elsewhere"),
        ("STREAMLIT_SERVER_PORT", "1"),
        ("STREAMLIT_CLIENT_SHOW_ERROR_DETAILS", "full"),
        ("GIT_DIR", "/elsewhere/.git"),
        ("PREFECT_API_URL", ""),
        ("PREFECT_API_KEY", " "),
        ("MLFLOW_TRACKING_TOKEN", ""),
        ("HTTPS_PROXY", ""),
        ("ALL_PROXY", "socks5://127.0.0.1:9"),
        ("http_proxy", "socks4a://127.0.0.1:9"),
    ],
)
def test_settings_of_another_run_and_empty_ones_are_not_seen(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    assert settled(monkeypatch, **{name: value}) == set()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MLFLOW_TRACKING_USERNAME", "ada"),
        ("MLFLOW_S3_ENDPOINT_URL", "https://s3.example"),
        ("PREFECT_API_URL", "https://prefect.example/api"),
        ("HTTPS_PROXY", "http://proxy.example:3128"),
        ("STREAMLIT_SERVER_BASE_URL_PATH", "churn"),
    ],
)
def test_what_a_team_needs_stays(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    assert settled(monkeypatch, **{name: value}) == {name}


@pytest.mark.parametrize("proxy", ["http://127.0.0.1:9", "127.0.0.1:9", "socks5h://127.0.0.1:9"])
@pytest.mark.parametrize("name", ["HTTP_PROXY", "ALL_PROXY", "http_proxy", "all_proxy"])
def test_a_call_to_this_machine_uses_no_proxy(monkeypatch: pytest.MonkeyPatch, name: str, proxy: str) -> None:
    """The client of Prefect (httpx), that of MLflow (requests) and the standard library each decide by themselves."""
    import urllib.request

    import httpx
    import requests.utils

    monkeypatch.setenv(name, proxy)
    monkeypatch.setenv("NO_PROXY", "intranet.example")
    monkeypatch.delenv("no_proxy", raising=False)
    load_settings()

    with httpx.Client() as client:
        for host in ("127.0.0.1", "localhost"):
            address = f"http://{host}:4200/api"
            assert client._transport_for_url(httpx.URL(address)) is client._transport
            assert requests.utils.get_environ_proxies(address) == {}
            assert urllib.request.proxy_bypass(host)
    assert urllib.request.proxy_bypass("intranet.example")


@pytest.mark.parametrize(("zone", "day"), [("Pacific/Auckland", 25), ("UTC", 24), ("America/Los_Angeles", 24)])
def test_today_east_of_utc_is_not_the_future(monkeypatch: pytest.MonkeyPatch, zone: str, day: int) -> None:
    monkeypatch.setattr(timeline, "now_utc", lambda: datetime(2026, 11, 24, 20, 0, tzinfo=UTC))
    with monkeypatch.context() as zoned:
        zoned.setenv("TZ", zone)
        time.tzset()
        assert timeline.today() == date(2026, 11, day)
        assert timeline.today_utc() == date(2026, 11, 24)  # The date of a scheduled run does not depend on the zone.
    time.tzset()
