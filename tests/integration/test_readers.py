"""The read-only role: what it sees, what it does not, and that a model change takes nothing from it."""

import logging
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.exc import ProgrammingError

from churn.settings import Settings, load_settings
from churn.stores import sql_models
from churn.stores.postgres import readers
from churn.stores.postgres.database import open_engine
from churn.stores.sql_models import contexts
from churn.stores.sql_models.contexts import TRANSFORMS_DIR
from tests.conftest import DAY, new_database
from tests.support.workplaces import at, leave


@pytest.fixture(scope="module")
def deployed(server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """A database whose models are deployed, with no row in it."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setenv("CHURN_DATABASE_URL", new_database(server))
        monkeypatch.setenv("CHURN_HOME", str(tmp_path_factory.mktemp("deployed")))
        settings = load_settings()
        sql_models.deploy(at(settings), DAY)
        yield settings


@pytest.fixture
def reader(deployed: Settings) -> Iterator[Connection]:
    """A connection as churn_reader."""
    with open_engine(deployed).connect() as connection:
        connection.execute(sa.text("SET ROLE churn_reader"))
        yield connection


def test_a_reader_sees_reporting_and_analytics(reader: Connection) -> None:
    for table in ("reporting.kpi_daily", "reporting.action_list", "analytics.customer_risk", "analytics.predictions"):
        assert reader.scalar(sa.text(f"SELECT count(*) FROM {table}")) == 0


@pytest.mark.parametrize("table", ["raw_data.telco_churn_raw", "staging.stg_telco_churn", "ops.publications"])
def test_a_reader_sees_nothing_else(reader: Connection, table: str) -> None:
    with pytest.raises(ProgrammingError, match="permission denied for schema"):
        reader.execute(sa.text(f"SELECT count(*) FROM {table}"))


@pytest.mark.parametrize("table", ["analytics.predictions", "analytics.customer_risk"])
def test_a_reader_changes_nothing(reader: Connection, table: str) -> None:
    with pytest.raises(ProgrammingError, match="permission denied for"):
        reader.execute(sa.text(f"DELETE FROM {table}"))


def test_a_changed_model_keeps_its_readers(
    reader: Connection, deployed: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    view = "SELECT 'reporting.kpi_daily'::regclass::oid"
    before = reader.scalar(sa.text(view))
    reader.rollback()
    project = tmp_path / "transforms"
    shutil.copytree(TRANSFORMS_DIR, project, ignore=shutil.ignore_patterns(".cache", "__pycache__"))
    model = project / "models" / "reporting" / "kpi_daily.sql"
    model.write_text(model.read_text().replace("AS customers_count,", "AS customers_count, 1 AS added_count,"))
    monkeypatch.setattr(contexts, "TRANSFORMS_DIR", project)
    leave()

    sql_models.deploy(at(deployed), DAY)
    leave()

    with open_engine(deployed).connect() as connection:
        connection.execute(sa.text("SET ROLE churn_reader"))
        assert connection.scalar(sa.text("SELECT count(added_count) FROM reporting.kpi_daily")) == 0
        assert connection.scalar(sa.text(view)) != before, "the view was not made anew: this proves nothing"


def test_without_the_right_to_make_roles_an_administrator_is_asked(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(readers, "READER", "churn_reader_that_is_missing")
    with open_engine(settings).connect() as connection, caplog.at_level(logging.WARNING):
        connection.execute(sa.text("CREATE ROLE humble NOLOGIN NOCREATEROLE"))
        connection.execute(sa.text("SET ROLE humble"))

        assert readers.ensure_reader(connection) is False
        connection.rollback()

    assert "an administrator runs CREATE ROLE churn_reader_that_is_missing NOLOGIN" in caplog.text


def test_giving_the_rights_twice_changes_nothing(settings: Settings) -> None:
    with open_engine(settings).begin() as connection:
        assert readers.ensure_reader(connection) is True
        given = connection.scalar(sa.text("SELECT string_agg(t::text, ' ') FROM pg_default_acl AS t"))

        assert readers.ensure_reader(connection) is True
        assert connection.scalar(sa.text("SELECT string_agg(t::text, ' ') FROM pg_default_acl AS t")) == given
