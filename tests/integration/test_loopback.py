"""The embedded database reached by a BI tool: a port of this machine, a password, and nothing but reading."""

import threading
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa

from churn.settings import Settings
from churn.stores.postgres import loopback
from churn.stores.postgres.database import open_engine
from churn.stores.postgres.embedded import find_socket


@pytest.fixture(scope="module")
def address(published: Settings, server_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """What a BI tool is given, of the published telecom."""
    login = loopback.prepare_login(open_engine(published), tmp_path_factory.mktemp("home"))
    socket, opened, ports = find_socket(server_home), threading.Event(), list[int]()
    assert socket is not None

    def tell_open(port: int) -> None:
        ports.append(port)
        opened.set()

    # A daemon: it serves until the process ends.
    threading.Thread(target=loopback.forward, args=(socket, 0, tell_open), daemon=True).start()
    assert opened.wait(10)
    database = open_engine(published).url.database
    yield f"postgresql://{login.user}:{login.password_file.read_text()}@127.0.0.1:{ports[0]}/{database}"
    with open_engine(published).begin() as connection:
        connection.execute(sa.text(f"DROP OWNED BY {login.user}; DROP ROLE {login.user}"))


def test_a_tool_reads_the_latest_day_over_the_port(address: str, published: Settings) -> None:
    query = "SELECT count(*) FROM reporting.customer_scores_latest"
    with psycopg.connect(address) as tool, open_engine(published).connect() as connection:
        assert tool.execute(query).fetchone() == tuple(connection.execute(sa.text(query)).one())


def test_a_tool_may_not_write_and_may_not_read_raw_rows(address: str) -> None:
    with psycopg.connect(address, autocommit=True) as tool:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            tool.execute("SELECT * FROM raw_data.telco_churn_raw")
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            tool.execute("CREATE TABLE reporting.mine (one int)")


def test_nobody_comes_in_without_the_password(address: str) -> None:
    wrong = address.replace(address.split(":")[2].split("@")[0], "wrong")
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(wrong)
