"""The embedded Postgres belongs to its owner alone, starts after any kind of stop, and changes nobody's permissions."""

import os
import pwd
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from churn.errors import DiskFull, WrongUsage
from churn.stores.postgres import cluster
from churn.stores.postgres.embedded import find_embedded, find_postmaster, start_embedded, stop_embedded
from tests.support.disks import full_disk

ROOT = os.geteuid() == 0
LONG = "a/" + "long-name-" * 8 + "/home"


@pytest.fixture
def around(tmp_path: Path) -> Iterator[Path]:
    """A folder for homes, whose servers are stopped at the end."""
    yield tmp_path
    for lock in tmp_path.rglob("postgres.lock"):
        stop_embedded(lock.parent)


def ask(address: str, statement: str) -> object:
    with psycopg.connect(address.replace("/churn?", "/postgres?"), autocommit=True) as connection:
        cursor = connection.execute(statement)
        while cursor.nextset():
            pass
        row = cursor.fetchone()
    return row[0] if row else None


def without_password(address: str) -> str:
    return f"postgresql://postgres@{address.partition('@')[2]}"


def refuses_strangers(address: str) -> bool:
    """Whether somebody without the password is refused, even where the folder lets them in."""
    try:
        ask(without_password(address), "SELECT 1")
    except psycopg.OperationalError as error:
        return "no password supplied" in str(error)
    return False


@pytest.mark.parametrize(
    "name", ["plain", "with blank/home", "ümlaut $(x)", LONG], ids=["plain", "blank", "odd", "long"]
)
def test_only_the_owner_reaches_the_database(around: Path, name: str) -> None:
    home = around / name

    address = start_embedded(home)

    folder = Path(address.partition("host=")[2])
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / ".s.PGSQL.5432").stat().st_mode) == 0o700
    assert stat.S_IMODE((home / "postgres.password").stat().st_mode) == 0o600
    assert refuses_strangers(address)
    assert ask(address, "SELECT count(*) FROM pg_hba_file_rules WHERE auth_method <> 'scram-sha-256'") == 0
    assert (stop_embedded(home), stop_embedded(home)) == (True, False)
    assert not (folder / ".s.PGSQL.5432").exists()
    assert folder == home / "postgres" or not folder.exists()


def test_nothing_of_it_lies_where_all_users_meet(around: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shared = around / "tmp"
    shared.mkdir()
    monkeypatch.setenv("TMPDIR", str(shared))
    monkeypatch.setattr(tempfile, "tempdir", None)

    start_embedded(around / "home")

    assert list(shared.iterdir()) == []


def test_ambient_settings_neither_move_it_nor_change_its_text(around: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "LC_ALL": "de_DE.ISO-8859-1",
        "PGPORT": "6543",
        "PGDATA": "/nowhere",
        "PGCLIENTENCODING": "LATIN1",
        "TZ": "Pacific/Auckland",
    }.items():
        monkeypatch.setenv(name, value)

    address = start_embedded(around / "home")

    monkeypatch.delenv("PGCLIENTENCODING")
    assert ask(address, "SHOW server_encoding") == "UTF8"
    assert ask(address, "SELECT lower('ÜBER') || current_setting('timezone')") == "überUTC"
    assert find_embedded(around / "home") == address


def initialise_as_before(home: Path) -> None:
    """The files of a home as release 0.1.0 made them: every user of the machine is let in."""
    home.mkdir()
    (home / "postgres").mkdir(mode=0o700)
    cluster.hand_over(home / "postgres")
    assert cluster.call(home / "postgres", "initdb", "--auth=trust", "--encoding=utf8", "-U", "postgres")


def test_a_home_that_let_everybody_in_is_closed_when_it_is_opened(around: Path) -> None:
    home = around / "home"
    initialise_as_before(home)
    options = f"-h '' -k {home / 'postgres'}"
    assert cluster.call(home / "postgres", "pg_ctl", "-w", "-l", "postgres/log", "-o", options, "start") is not None
    open_to_all = f"postgresql://postgres@/postgres?host={home / 'postgres'}"
    ask(open_to_all, "CREATE TABLE kept (number int); INSERT INTO kept VALUES (7); SELECT 1")
    before = find_postmaster(home)

    address = start_embedded(home)

    assert find_postmaster(home) not in (None, before)
    assert ask(address, "SELECT number FROM kept") == 7
    assert refuses_strangers(address)


def test_a_lost_password_is_replaced(around: Path) -> None:
    home = around / "home"
    first = start_embedded(home)
    stop_embedded(home)
    (home / "postgres.password").unlink()

    second = start_embedded(home)

    assert first != second
    assert ask(second, "SELECT 1") == 1


def test_a_creation_that_was_killed_is_begun_again(around: Path) -> None:
    home = around / "home"
    (home / "postgres.new" / "data").mkdir(parents=True)
    (home / "postgres.new" / "data" / "PG_VERSION").write_text("18\n")
    (home / "postgres.password.part").write_text("half")

    assert ask(start_embedded(home), "SELECT 1") == 1
    assert not (home / "postgres.new").exists()


def test_what_an_earlier_release_half_created_is_named(around: Path) -> None:
    home = around / "home"
    (home / "postgres").mkdir(parents=True)
    (home / "postgres" / "PG_VERSION").write_text("18\n")

    with pytest.raises(WrongUsage, match="is not a whole database") as refused:
        start_embedded(home)

    assert refused.value.next_step.endswith(f"rm -r {home / 'postgres'}")
    shutil.rmtree(home / "postgres")
    assert ask(start_embedded(home), "SELECT 1") == 1


def test_a_full_disk_is_named_and_the_server_starts_again_when_there_is_room(around: Path) -> None:
    start_embedded(around / "home")
    stop_embedded(around / "home")

    with full_disk(around / "home" / "postgres"), pytest.raises(DiskFull, match="disk of the embedded Postgres: 0 MB"):
        start_embedded(around / "home")

    assert ask(start_embedded(around / "home"), "SELECT 1") == 1


@pytest.mark.parametrize("state", ["another program", "nobody", "half a file"])
def test_a_process_id_of_before_a_power_cut_stops_nothing(around: Path, state: str) -> None:
    home = around / "home"
    start_embedded(home)
    file = home / "postgres" / "postmaster.pid"
    lines = file.read_text().splitlines()
    stop_embedded(home)
    with subprocess.Popen(["sleep", "60"], user="pgserver" if ROOT else None) as other:
        number = str(other.pid) if state != "nobody" else "4194303"
        file.write_text("\n".join([number, *lines[1 : 2 if state == "half a file" else None]]) + "\n")
        cluster.hand_over(file)
        shutil.copy2(file, home / "postgres" / ".s.PGSQL.5432.lock")
        cluster.hand_over(home / "postgres" / ".s.PGSQL.5432.lock")

        is_stopped = stop_embedded(home)
        address = start_embedded(home)
        stop_embedded(home)

        assert not is_stopped
        assert ask_is_alive(other)
        assert address.partition("host=")[2] == str(home / "postgres")
        other.kill()


def ask_is_alive(process: "subprocess.Popen[bytes]") -> bool:
    return process.poll() is None


@pytest.mark.skipif(not ROOT, reason="only root runs the server as another user")
def test_a_closed_folder_above_the_home_stays_closed(around: Path) -> None:
    private = around / "private"
    private.mkdir(mode=0o700)

    address = start_embedded(private / "home")

    assert stat.S_IMODE(private.stat().st_mode) == 0o700
    assert ask(address, "SELECT 1") == 1


def copy_programs(folder: Path) -> Path:
    """The server's programs in another folder, with the libraries that they look for beside them."""
    programs = cluster.find_programs()
    package = programs.parents[1]
    for part in (package, package.with_name(f"{package.name}.libs")):
        if part.exists():
            shutil.copytree(part, folder / part.name)
    return folder / programs.relative_to(package.parent)


@pytest.mark.skipif(not ROOT, reason="only root runs the server as another user")
def test_a_clone_in_a_closed_folder_has_programs_that_run(around: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    private = around / "private"
    private.mkdir(mode=0o700)
    programs = copy_programs(private)
    monkeypatch.setattr(cluster, "find_programs", lambda: programs)

    assert ask(start_embedded(private / "home"), "SELECT 1") == 1
    assert stat.S_IMODE(private.stat().st_mode) == 0o700


@pytest.mark.skipif(not ROOT, reason="needs a second user")
def test_another_user_of_the_machine_is_refused_at_the_door(around: Path) -> None:
    home = around / "with blank"
    address = start_embedded(home)
    for folder in (around, *around.parents):
        if Path(tempfile.gettempdir()) in folder.parents:
            folder.chmod(folder.stat().st_mode | stat.S_IXOTH)
    programs = copy_programs(around)  # The clone itself may lie in a folder that is closed to other users.
    command = [programs / "psql", without_password(address), "-XAtc", "SELECT 1"]

    # With that user's group too: the folders of this test are closed to the group of root.
    nobody = pwd.getpwnam("nobody")
    asked = subprocess.run(
        command, user=nobody.pw_uid, group=nobody.pw_gid, extra_groups=[], capture_output=True, text=True, cwd="/"
    )

    assert asked.returncode != 0
    assert "Permission denied" in asked.stderr
