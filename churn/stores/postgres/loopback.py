"""Opens the embedded database to BI tools of this machine: a port of the loopback, and a login that may only read.

The server itself listens on a Unix socket alone. A forwarder hands every byte on to that socket, so that Postgres asks
for the password itself. Rejected: `listen_addresses`, which needs a restart under everybody who works.
"""

import asyncio
import os
import secrets
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from psycopg import sql
from sqlalchemy import Engine

from churn.errors import Unavailable
from churn.stores.postgres.readers import READER

HERE = "127.0.0.1"
BI_USER = "churn_bi"
_CHUNK = 1 << 16


@dataclass(frozen=True)
class Login:
    """A user of the database, and the file with the password."""

    user: str
    password_file: Path


def prepare_login(engine: Engine, home_dir: Path) -> Login:
    """Creates the reading user of BI tools, if it is missing. Its password stays the same from then on."""
    file = home_dir / "bi.password"
    if not file.exists():
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as stream:
            stream.write(secrets.token_hex(16))
    names = {"user": sql.Identifier(BI_USER), "reader": sql.Identifier(READER), "password": file.read_text().strip()}
    statements = (
        sql.SQL("ALTER ROLE {user} LOGIN PASSWORD {password}"),
        sql.SQL("ALTER ROLE {user} SET default_transaction_read_only = on"),
        sql.SQL("GRANT {reader} TO {user}"),
    )
    with engine.begin() as connection:
        driver = connection.connection.driver_connection
        assert driver is not None
        if driver.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [BI_USER]).fetchone() is None:
            driver.execute(sql.SQL("CREATE ROLE {user}").format(**names))
        for statement in statements:
            driver.execute(statement.format(**names))
    return Login(BI_USER, file)


def forward(socket: Path, port: int, tell_open: Callable[[int], None]) -> None:
    """Hands connections to a port of this machine on to a Unix socket, until the process is stopped.

    Args:
        socket: the socket of the server.
        port: the port; 0 for a free one.
        tell_open: called with the port once it answers.

    Raises:
        Unavailable: another program uses the port.
    """
    try:
        asyncio.run(_forward(socket, port, tell_open))
    except OSError as error:
        raise Unavailable(
            f"Port {port} of {HERE} cannot be opened: {error.strerror}.", "name another one with --port."
        ) from error


async def _forward(socket: Path, port: int, tell_open: Callable[[int], None]) -> None:
    async def connect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            inner_reader, inner_writer = await asyncio.open_unix_connection(str(socket))
        except OSError:  # The server was stopped: the tool sees its connection end.
            writer.close()
            return
        await asyncio.gather(_copy(reader, inner_writer), _copy(inner_reader, writer))

    server = await asyncio.start_server(connect, HERE, port)
    tell_open(server.sockets[0].getsockname()[1])
    async with server:
        await server.serve_forever()


async def _copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while chunk := await source.read(_CHUNK):
            target.write(chunk)
            await target.drain()
    target.close()  # Each side ends when the other one does.
