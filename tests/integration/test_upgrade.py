"""A home of the release before opens, is upgraded, keeps what it published, and publishes the next day."""

import gzip
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from typer.testing import CliRunner

from churn.errors import TransformFailed
from churn.settings import Settings, load_settings
from churn.stores import sql_models
from churn.stores.ledgers import promotions
from churn.stores.model_registry import loading
from churn.stores.postgres import database, migrating, tables
from churn.stores.postgres.embedded import find_psql, start_embedded, stop_embedded
from churn.terminal.cli import app
from tests.conftest import DAY, new_database
from tests.support.changes import torn_days
from tests.support.days import ask, day_number, name_rule_of_thumb_champion, run_day
from tests.support.factories import make_extract, write_extract
from tests.support.workplaces import at, leave

DUMP = Path(__file__).parent.parent / "homes" / "release-0.1.0.sql.gz"
"""Three published days of 60 customers, one of them rewound: made by release 0.1.0, dumped by pg_dump."""
FIGURES = (
    "SELECT prediction_date, customers_count, at_risk_customers_count, revenue_at_risk_usd FROM reporting.kpi_daily"
)


def restore(address: str) -> None:
    script = gzip.decompress(DUMP.read_bytes())
    subprocess.run([find_psql(), address, "-q", "-v", "ON_ERROR_STOP=1"], input=script, check=True, capture_output=True)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A home whose embedded database is that of the release before, under the name that its SQL models know."""
    monkeypatch.setenv("CHURN_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("CHURN_DATABASE_URL", raising=False)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.setattr(loading, "load_model", loading.load_model)  # brought back at the end
    address = start_embedded(tmp_path / "home")
    database.create_database_if_missing(address, "churn")
    restore(address)
    yield tmp_path
    leave()
    stop_embedded(tmp_path / "home")


def test_an_old_home_opens_keeps_its_days_and_publishes_the_next(home: Path) -> None:
    before = subprocess.run(
        [find_psql(), start_embedded(home / "home"), "-XAtc", f"{FIGURES} ORDER BY 1"], capture_output=True, text=True
    ).stdout
    settings = load_settings()
    leave()
    name_rule_of_thumb_champion(settings)

    assert ask(settings, "SELECT version FROM ops.schema_versions ORDER BY 1") == [
        (step.version,) for step in migrating.list_migrations()
    ]
    # The tables of the SQL models are still those of the old release, and the advice of the error brings them along.
    early = CliRunner().invoke(app, ["train"])
    applied = CliRunner().invoke(app, ["transforms", "apply", "--yes"])
    assert (early.exit_code, "run `churn transforms apply`" in early.output, applied.exit_code) == (1, True, 0)
    assert "are of another release" not in CliRunner().invoke(app, ["train"]).output
    extract = write_extract(home / "next.csv", make_extract(60, seed=2))
    run_day(settings, extract, day_number(2))

    after = ask(settings, f"{FIGURES} ORDER BY 1")
    assert before.count("\n") == 3
    assert ["|".join(map(str, row)) for row in after[:3]] == before.splitlines()
    assert [row[0] for row in after] == [day_number(-1), day_number(0), day_number(1), day_number(2)]
    assert torn_days(settings) == []
    assert ask(settings, "SELECT DISTINCT origin FROM raw_data.loads") == [("real",)]
    assert read_by_readers(settings) == {"reporting": {True}, "analytics": {True}, "raw_data": {False}, "ops": {False}}


def read_by_readers(settings: Settings) -> dict[str, set[bool]]:
    """Of each schema whether the role of the readers may read its tables and views, old and new."""
    rows = ask(
        settings,
        """SELECT relnamespace::regnamespace::text, has_table_privilege('churn_reader', oid, 'SELECT') FROM pg_class
           WHERE relkind IN ('r', 'v')
           AND relnamespace::regnamespace::text IN ('raw_data', 'analytics', 'reporting', 'ops')""",
    )
    return {schema: {may for other, may in rows if other == schema} for schema, _ in rows}


def test_a_teams_database_is_upgraded_by_its_owner_who_is_asked(
    server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = new_database(server)
    restore(address)
    monkeypatch.setenv("CHURN_DATABASE_URL", address)
    monkeypatch.setenv("CHURN_HOME", str(tmp_path))

    with pytest.raises(migrating.OutdatedDatabase, match="run `churn db upgrade` as the owner"):
        database.open_engine(load_settings())
    unasked = CliRunner().invoke(app, ["db", "upgrade"])
    upgraded = CliRunner().invoke(app, ["db", "upgrade", "--yes"])
    again = CliRunner().invoke(app, ["db", "upgrade"])

    assert (unasked.exit_code, "0001  The ledger of loads says" in unasked.output) == (2, True)
    assert (upgraded.exit_code, "upgrade steps were run" in upgraded.output) == (0, True)
    assert again.output.strip() == "The tables are up to date with this release."
    database.open_engine(load_settings())


def test_upgraded_tables_are_those_of_a_new_database(server: str, settings: Settings, tmp_path: Path) -> None:
    old = new_database(server)
    restore(old)
    new = columns_of(database.open_engine(settings))
    engine = sa.create_engine(sa.make_url(old).set(drivername="postgresql+psycopg"))
    database._prepare(engine, may_upgrade=True)

    assert columns_of(engine) == new


def test_a_refused_model_of_an_old_home_is_a_rejected_one(server: str) -> None:
    old = new_database(server)
    restore(old)
    engine = sa.create_engine(sa.make_url(old).set(drivername="postgresql+psycopg"))
    columns = """decided_at, as_of_date, model_name, model_version, family, decided_by, reasons, champion_version,
        training_fingerprint, mlflow_run_id, evidence"""
    with engine.begin() as connection:
        insert = f"INSERT INTO ops.promotions (decision, {columns}) SELECT 'refuse', {columns} FROM ops.promotions"
        connection.execute(sa.text(insert))

    database._prepare(engine, may_upgrade=True)

    assert [decision.decision for decision in promotions.read_history(engine)] == ["promote", "reject"]
    with pytest.raises(sa.exc.DBAPIError, match="append-only"), engine.begin() as connection:
        connection.execute(sa.text("UPDATE ops.promotions SET decision = 'hold'"))


CHECK_CHANGES = {
    "a word less": "ALTER TABLE ops.publications DROP CONSTRAINT publications_status, "
    "ADD CONSTRAINT publications_status CHECK (status IN ('staged', 'published'))",
    "another bound": "ALTER TABLE ops.campaigns DROP CONSTRAINT campaigns_holdout, "
    "ADD CONSTRAINT campaigns_holdout CHECK (holdout_share BETWEEN 0 AND 0.1)",
    "no check": "ALTER TABLE raw_data.loads DROP CONSTRAINT loads_status",
}


@pytest.mark.parametrize("change", CHECK_CHANGES.values(), ids=CHECK_CHANGES)
def test_a_check_that_would_refuse_rows_of_this_release_is_restored(settings: Settings, change: str) -> None:
    engine = database.open_engine(settings)
    as_declared = columns_of(engine)
    with engine.begin() as connection:
        connection.execute(sa.text(change))
    assert columns_of(engine) != as_declared

    with pytest.raises(migrating.OutdatedDatabase, match="1 upgrade step is missing"):
        database._prepare(engine, may_upgrade=False)
    database._prepare(engine, may_upgrade=True)

    assert columns_of(engine) == as_declared
    assert database.find_pending(settings) == []


def columns_of(engine: sa.Engine) -> dict[str, object]:
    """Of each column that Python declares its type, default, whether it may be NULL, its comment; and each check."""
    names = [table.fullname for table in tables.metadata.sorted_tables]
    query = sa.text("""
        SELECT c.oid::regclass::text || '.' || a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
               pg_get_expr(d.adbin, d.adrelid), col_description(c.oid, a.attnum)
        FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
        LEFT JOIN pg_attrdef AS d ON d.adrelid = c.oid AND d.adnum = a.attnum
        WHERE c.oid::regclass::text = ANY(:names)
        UNION ALL
        SELECT conrelid::regclass::text || ' ' || conname, pg_get_constraintdef(oid), NULL, NULL, NULL
        FROM pg_constraint WHERE conrelid::regclass::text = ANY(:names)
    """)
    with engine.connect() as connection:
        return {name: tuple(rest) for name, *rest in connection.execute(query, {"names": names})}


def test_a_database_of_a_later_release_is_refused_in_words(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with database.open_engine(settings).begin() as connection:
        connection.execute(sa.insert(tables.schema_versions).values(version=9999, purpose="later", sha256=""))

    told = CliRunner().invoke(app, ["status"])

    assert told.exit_code == 1
    assert "The tables of the database are from a later release: they have version 9999" in told.output
    assert "install the later release of churn" in told.output


@pytest.mark.parametrize("column", ["sqlmesh_version", "sqlglot_version"])
def test_the_records_of_an_earlier_sqlmesh_are_migrated(deployed: Settings, column: str) -> None:
    set_version(deployed, column, "0.1.0")

    sql_models.deploy(at(deployed), DAY)

    assert ask(deployed, f"SELECT {column} FROM sqlmesh._versions")[0][0] != "0.1.0"


def test_sql_models_of_a_later_sqlmesh_are_refused_in_words(deployed: Settings) -> None:
    set_version(deployed, "sqlmesh_version", "99.1.0")

    with pytest.raises(TransformFailed, match=r"deployed with SQLMesh 99\.1\.0") as refused:
        sql_models.deploy(at(deployed), DAY)

    assert refused.value.next_step.startswith("install the later release of churn")


def set_version(settings: Settings, column: str, version: str) -> None:
    with database.open_engine(settings).begin() as connection:
        connection.execute(sa.text(f"UPDATE sqlmesh._versions SET {column} = '{version}'"))
    leave()


def test_a_cache_that_a_power_cut_left_in_pieces_is_made_again(deployed: Settings) -> None:
    sql_models.deploy(at(deployed), DAY)
    entries = [path for path in (deployed.home_dir / "sqlmesh").rglob("*") if path.is_file()]
    for number, path in enumerate(entries):
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2 if number % 2 else 0])
    leave()

    sql_models.deploy(at(deployed), DAY)

    assert entries
