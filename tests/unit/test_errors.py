import pickle
from pathlib import Path

import pytest

from churn.errors import (
    AccessRefused,
    AuditFailed,
    ChurnError,
    ContractBroken,
    DiskFull,
    ExitCode,
    Unavailable,
    may_pass_by_itself,
    understand,
)


def test_every_kind_of_failure_has_its_exit_code() -> None:
    assert ContractBroken("x.", "y").exit_code == ExitCode.CONTRACT_BROKEN == 3
    assert AuditFailed("a", "m", 1, "q").exit_code == ExitCode.AUDIT_FAILED == 4
    assert ChurnError("x.", "y").exit_code == 1


def test_an_error_says_the_fact_and_the_next_step() -> None:
    assert str(ContractBroken("x.csv is empty.", "ask for it again.")) == "x.csv is empty. Next: ask for it again."


def test_a_failed_audit_names_audit_model_count_and_query() -> None:
    error = AuditFailed("not_null", "analytics.customer_risk", 1234, "SELECT 1")

    assert error.fact == "Audit not_null of analytics.customer_risk failed on 1,234 rows; the date is not published."
    assert error.next_step == "look at the failed rows with: SELECT 1"


def test_a_failed_audit_survives_the_way_between_processes() -> None:
    error = pickle.loads(pickle.dumps(AuditFailed("not_null", "m", 2, "SELECT 1")))

    assert (error.audit, error.count) == ("not_null", 2)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (Unavailable("x.", "y"), True),
        (ContractBroken("x.", "y"), False),
        (ConnectionResetError(), True),
        (TimeoutError(), True),
        (KeyError("x"), False),
    ],
)
def test_only_what_may_pass_by_itself_is_worth_a_retry(error: Exception, expected: bool) -> None:
    assert may_pass_by_itself(error) is expected


def test_a_lost_database_connection_may_pass_by_itself() -> None:
    import psycopg
    import sqlalchemy.exc

    assert may_pass_by_itself(psycopg.OperationalError("server closed the connection"))
    assert may_pass_by_itself(sqlalchemy.exc.OperationalError("select 1", {}, Exception()))
    assert not may_pass_by_itself(psycopg.errors.UndefinedTable("no such table"))


def _psycopg(name: str, message: str = "no reason") -> Exception:
    import psycopg

    found: type[Exception] = getattr(psycopg.errors, name)
    return found(message)


@pytest.mark.parametrize(
    ("error", "kind", "words"),
    [
        (_psycopg("DiskFull", "could not extend file"), DiskFull, "disk of the database: could not extend file."),
        (_psycopg("InsufficientPrivilege", "permission denied for table x"), AccessRefused, "permission denied"),
        (_psycopg("ReadOnlySqlTransaction", "cannot execute INSERT"), AccessRefused, "cannot execute INSERT"),
        (_psycopg("InvalidCatalogName", 'database "x" does not exist'), AccessRefused, "does not exist"),
        (
            _psycopg("OperationalError", 'connection failed: FATAL:  password authentication failed for user "x"'),
            AccessRefused,
            "password authentication failed",
        ),
        (_psycopg("OperationalError", "server does not support SSL, but SSL was required"), AccessRefused, "SSL"),
    ],
)
@pytest.mark.parametrize("is_wrapped", [False, True], ids=["the driver's", "SQLAlchemy's"])
def test_what_a_database_refuses_is_final_and_named(
    error: Exception, kind: type[ChurnError], words: str, is_wrapped: bool
) -> None:
    import sqlalchemy.exc

    met = sqlalchemy.exc.OperationalError("select 1", {}, error) if is_wrapped else error

    assert not may_pass_by_itself(met)
    assert isinstance(understand(met), kind)
    assert words in understand(met).fact


@pytest.mark.parametrize("name", ["AdminShutdown", "CannotConnectNow", "TooManyConnections", "OperationalError"])
def test_what_a_database_does_only_now_is_tried_again(name: str) -> None:
    assert may_pass_by_itself(_psycopg(name))


def test_a_path_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as raised:
        (tmp_path / "missing" / "x.csv").write_text("")

    assert understand(raised.value).fact == f"{tmp_path}/missing/x.csv: No such file or directory."


@pytest.mark.parametrize(
    "error",
    [RuntimeError("Failed to reach API at http://x/api/"), ValueError("No Prefect API URL provided. Please set")],
)
def test_a_prefect_that_is_away_is_told_with_its_setting(error: Exception) -> None:
    assert "PREFECT_API_URL" in understand(error).next_step
