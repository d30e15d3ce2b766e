"""TLS options of the address are honoured by every library that connects: each refuses a server it cannot verify."""

import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from churn.settings import Settings, load_settings
from churn.stores.model_registry.registry import locate_registry
from churn.stores.postgres import embedded
from churn.stores.postgres.copying import read_batches
from churn.stores.postgres.database import locate, open_engine
from churn.stores.sql_models import environment, gateways
from tests.support.servers import Server, full_programs, running

IS_ENCRYPTED = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"


def ask_sqlalchemy(settings: Settings) -> bool:
    with open_engine(settings).connect() as connection:
        return bool(connection.scalar(sa.text(IS_ENCRYPTED)))


def ask_adbc(settings: Settings) -> bool:
    uri = locate(settings).replace("postgresql:", "postgresql+psycopg:")
    engine = sa.create_engine(uri, execution_options={"statement_timeout_ms": 10_000})
    return bool(next(read_batches(engine, IS_ENCRYPTED)).item())


def ask_sqlmesh(settings: Settings) -> bool:
    adapter = gateways.postgres_gateway().connection.create_engine_adapter()
    try:
        return bool(adapter.fetchone(IS_ENCRYPTED)[0])
    finally:
        adapter.close()


def ask_mlflow(settings: Settings) -> bool:
    from mlflow.store.db.utils import create_sqlalchemy_engine

    engine = create_sqlalchemy_engine(locate_registry(settings))
    with engine.connect() as connection:
        return bool(connection.scalar(sa.text(IS_ENCRYPTED)))


def ask_health(settings: Settings) -> bool:
    assert settings.database_url is not None
    if not embedded.is_answering(settings.database_url.get_secret_value()):
        raise ConnectionError("certificate verify failed, or so it seems")
    return True


LIBRARIES = (ask_sqlalchemy, ask_adbc, ask_sqlmesh, ask_mlflow, ask_health)


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two certificates for `localhost`, each signed by itself: the server's, and a stranger's."""
    if shutil.which("openssl") is None:
        pytest.skip("no openssl on this machine to make a certificate with")
    folder = tmp_path_factory.mktemp("certificates")
    for name in ("server", "stranger"):
        command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
        names = ["-addext", "subjectAltName=DNS:localhost"]
        files = ["-keyout", str(folder / f"{name}.key"), "-out", str(folder / f"{name}.crt")]
        subprocess.run([*command, *names, *files], check=True, capture_output=True)
    return folder


@pytest.fixture(scope="module")
def guarded(certificates: Path) -> Iterator[Server]:
    """A server that lets nobody in without TLS."""
    programs = full_programs()
    if programs is None:
        pytest.skip("no PostgreSQL with OpenSSL on this machine; the embedded one is built without")
    files = {name: (certificates / name).read_text() for name in ("server.crt", "server.key")}
    files["pg_hba.conf"] = "hostssl all all 127.0.0.1/32 scram-sha-256\n"
    with running(programs, {"ssl": "on"}, files) as server:
        server.psql("postgres", "-c", "CREATE DATABASE churn")
        server.psql("postgres", "-c", "CREATE DATABASE mlflow")
        yield server


@pytest.fixture
def address(guarded: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[str], Settings]:
    """Settings for the server with these options in the address."""

    def choose(options: str) -> Settings:
        uri = guarded.uri("churn", options=options).replace("127.0.0.1", "localhost")
        monkeypatch.setenv("CHURN_DATABASE_URL", uri)
        monkeypatch.setenv("CHURN_HOME", str(tmp_path))
        monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
        for variable in environment._LIBPQ_VARIABLES.values():
            monkeypatch.setenv(variable, "")  # so that what the sql_models puts there is taken away again
            monkeypatch.delenv(variable)
        return load_settings()

    return choose


@pytest.mark.parametrize("ask", LIBRARIES, ids=lambda ask: ask.__name__.removeprefix("ask_"))
def test_a_verified_server_is_used_encrypted(
    ask: Callable[[Settings], bool], address: Callable[[str], Settings], certificates: Path
) -> None:
    assert ask(address(f"?sslmode=verify-full&sslrootcert={certificates / 'server.crt'}"))


@pytest.mark.parametrize("ask", LIBRARIES, ids=lambda ask: ask.__name__.removeprefix("ask_"))
def test_a_server_that_a_stranger_vouches_for_is_refused(
    ask: Callable[[Settings], bool], address: Callable[[str], Settings], certificates: Path
) -> None:
    settings = address(f"?sslmode=verify-full&sslrootcert={certificates / 'stranger.crt'}")

    with pytest.raises(Exception, match="certificate verify failed"):
        ask(settings)
