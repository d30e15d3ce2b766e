"""Owner, writer, reader as roles.sql makes them: a whole day as the writer, and what each of them may not do."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import ProgrammingError

from churn.reporting.rights import set_up
from churn.reporting.status import read_status
from churn.settings import PROJECT_DIR, Settings, load_settings
from churn.stores.model_registry import loading
from churn.stores.postgres.database import open_engine
from churn.stores.workplace import open_workplace
from tests.conftest import DAY
from tests.support.days import name_rule_of_thumb_champion, run_day
from tests.support.factories import make_extract, write_extract
from tests.support.servers import Server, embedded_programs, running
from tests.support.workplaces import leave

ROLES = PROJECT_DIR / "churn" / "stores" / "postgres" / "roles.sql"
PASSWORDS = {f"CHURN_{user}_PASSWORD": user.lower() for user in ("DEPLOYER", "PIPELINE", "BI", "MLFLOW", "PREFECT")}


@pytest.fixture(scope="module")
def team() -> Iterator[Server]:
    """A server whose administrator ran roles.sql, twice: one as managed Postgres gives out, no superuser."""
    with running(embedded_programs(), {}) as server:
        admin = f"CREATE ROLE cloud_admin LOGIN CREATEROLE CREATEDB PASSWORD '{server.password}'"
        server.psql("postgres", "-c", admin, "-c", "CREATE DATABASE churn OWNER cloud_admin")
        for _ in range(2):
            server.psql("churn", "-f", str(ROLES), user="cloud_admin", **PASSWORDS)
        yield server


@pytest.fixture(scope="module")
def written(team: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """Settings of the pipeline's user, which published a day in a database that the owner set up."""
    folder = tmp_path_factory.mktemp("written")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("CHURN_HOME", str(folder / "home"))
        environment.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{folder / 'mlflow.db'}")
        environment.setenv("CHURN_DATABASE_URL", team.uri("churn", "churn_deployer", "deployer"))
        assert set_up(open_workplace()) == "The tables exist; churn_writer may write; churn_reader may read."
        environment.setenv("CHURN_DATABASE_URL", team.uri("churn", "churn_pipeline", "pipeline"))
        settings = load_settings()
        leave()
        environment.setattr(loading, "load_model", loading.load_model)  # put back what the next line replaces
        name_rule_of_thumb_champion(settings)
        run_day(settings, write_extract(folder / "extract.csv", make_extract(300)), DAY)
        yield settings
        leave()


def test_the_pipeline_publishes_with_no_rights_on_the_server(team: Server, written: Settings) -> None:
    rights = """SELECT rolname, rolsuper OR rolcreaterole OR rolcreatedb OR rolbypassrls OR rolreplication
                FROM pg_roles WHERE rolname IN ('churn_pipeline', 'churn_writer') ORDER BY 1"""

    assert read_status(open_workplace(written)).customers == 300
    assert team.psql("churn", "-c", rights).splitlines() == ["churn_pipeline|f", "churn_writer|f"]


def test_psql_is_given_the_password_where_no_process_list_shows_it(team: Server, written: Settings) -> None:
    own_command_line = r"\! tr '\0' ' ' < /proc/$PPID/cmdline"
    command = [Path(sys.executable).with_name("churn"), "db", "psql", "-XAtc", "SELECT current_user"]

    told = subprocess.check_output([*command, "-c", own_command_line], text=True)

    assert told.startswith("churn_writer\n")
    assert "psql host=127.0.0.1 dbname=churn user=churn_pipeline" in told


def test_what_the_pipeline_makes_belongs_to_the_group(team: Server, written: Settings) -> None:
    models = """SELECT tableowner FROM pg_tables WHERE schemaname ~ '^sqlmesh'
                UNION SELECT viewowner FROM pg_views WHERE schemaname IN ('reporting', 'analytics', 'staging')"""
    declared = "SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname IN ('raw_data', 'analytics', 'ops')"

    assert team.psql("churn", "-c", models) == "churn_writer"
    assert team.psql("churn", "-c", declared) == "churn_owner"


@pytest.mark.parametrize(
    "statement",
    [
        "DROP TABLE raw_data.telco_churn_raw",
        "ALTER TABLE analytics.predictions ADD COLUMN more text",
        "DELETE FROM ops.promotions",
        "DROP TRIGGER promotions_append_only ON ops.promotions",
        "CREATE ROLE another",
        "CREATE DATABASE another",
        "CREATE TABLE ops.another (id int)",
        "COPY raw_data.loads TO PROGRAM 'cat'",
        "SELECT pg_read_file('/etc/passwd')",
    ],
)
def test_the_writer_may_not(written: Settings, statement: str) -> None:
    engine = open_engine(written).execution_options(isolation_level="AUTOCOMMIT")
    with engine.connect() as connection, pytest.raises(ProgrammingError, match=r"must be owner|denied"):
        connection.execute(sa.text(statement))


def test_a_bi_user_reads_what_is_published_and_nothing_else(team: Server, written: Settings) -> None:
    engine = sa.create_engine(team.uri("churn", "churn_bi", "bi").replace("postgresql:", "postgresql+psycopg:"))
    with engine.connect() as reader:
        assert reader.scalar(sa.text("SELECT max(customers_count) FROM reporting.kpi_daily")) == 300
        assert reader.scalar(sa.text("SELECT count(*) FROM analytics.predictions")) == 300
    for refused in ("SELECT * FROM raw_data.telco_churn_raw", "SELECT * FROM ops.promotions"):
        with engine.connect() as reader, pytest.raises(ProgrammingError, match="permission denied for schema"):
            reader.execute(sa.text(refused))
    engine.dispose()


def test_services_reach_their_own_database_only(team: Server) -> None:
    may = """SELECT string_agg(datname, ' ' ORDER BY datname) FROM pg_database
             WHERE datname IN ('churn', 'mlflow', 'prefect') AND has_database_privilege('{}', datname, 'CONNECT')"""

    assert team.psql("churn", "-c", may.format("churn_mlflow")) == "mlflow"
    assert team.psql("churn", "-c", may.format("churn_prefect")) == "prefect"
    assert team.psql("churn", "-c", may.format("churn_bi")) == "churn"
