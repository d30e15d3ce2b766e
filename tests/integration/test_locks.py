"""One pipeline at a time: it waits for another, keeps its lock while it is idle, and writes nothing once it lost it."""

import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from churn.errors import Busy, LockLost
from churn.settings import Settings, load_settings
from churn.stores.postgres.database import open_engine
from churn.stores.postgres.locks import Lock, hold_lock
from churn.stores.postgres.readers import reading
from churn.stores.sql_models.connections import connect
from tests.conftest import new_database
from tests.support.days import ask
from tests.support.locks import lose_locks
from tests.support.poolers import pooling

NOTE = """
    INSERT INTO ops.incidents (incident_key, flow, severity, fact, next_step, opened_at)
    VALUES (gen_random_uuid(), 'train', 'warning', '', '', now())
"""


def test_a_run_that_cannot_wait_names_the_one_at_work(settings: Settings) -> None:
    engine = open_engine(settings)
    with (
        hold_lock(engine, Lock.PIPELINE),
        pytest.raises(Busy, match=r"Another pipeline run .* \(process \d+ on \S+, since 20\S+ \S+ UTC\)\."),
        hold_lock(engine, Lock.PIPELINE, timedelta(seconds=0.3)),
    ):
        pass


def write_rows(settings: Settings) -> None:
    with open_engine(settings).begin() as connection:
        connection.execute(sa.text(NOTE))


def write_as_sqlmesh(settings: Settings) -> None:
    connection = connect(settings)
    with connection.cursor() as cursor:
        cursor.execute(NOTE)
    connection.commit()


@pytest.mark.parametrize("write", [write_rows, write_as_sqlmesh])
def test_a_run_that_lost_its_lock_writes_nothing_more(settings: Settings, write: Callable[[Settings], None]) -> None:
    with ExitStack() as run:
        is_held = run.enter_context(hold_lock(open_engine(settings), Lock.PIPELINE))
        write(settings)
        lose_locks(settings)

        assert not is_held()
        with pytest.raises(LockLost, match=r"the pipeline lock, which process 1 on elsewhere took"):
            write(settings)

    assert ask(settings, "SELECT count(*) FROM ops.incidents") == [(1,)]
    write(settings)  # The lock is not held any more, so that nothing is compared.


def test_a_lock_outlives_the_servers_limit_on_idle_sessions(settings: Settings) -> None:
    engine = open_engine(settings)
    name = str(ask(settings, "SELECT current_database()")[0][0])
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(sa.text(f"ALTER DATABASE {name} SET idle_session_timeout = '200ms'"))
    engine.dispose()

    with hold_lock(engine, Lock.PIPELINE) as is_held:
        idle = connect(settings)
        time.sleep(0.6)

        assert is_held()
        with idle.cursor() as cursor:
            cursor.execute("SELECT 1")
        idle.close()


def test_a_pooler_in_session_mode_is_no_hindrance(server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    address = sa.make_url(new_database(server))
    with pooling(f"{address.query['host']}/.s.PGSQL.5432") as port:
        pooled = address.set(host="127.0.0.1", port=port, query={}).render_as_string(hide_password=False)
        monkeypatch.setenv("CHURN_DATABASE_URL", pooled)
        monkeypatch.setenv("CHURN_HOME", str(tmp_path / "home"))
        settings = load_settings()
        with hold_lock(open_engine(settings), Lock.PIPELINE):
            connect(settings).close()
        with reading(settings) as connection:
            limits = "SELECT current_setting('transaction_read_only'), current_setting('statement_timeout')"

            assert connection.execute(sa.text(limits)).one() == ("on", "20s")
        assert ask(settings, "SHOW statement_timeout") == [("30min",)]
