"""A backup is one file from which an empty home publishes the same figures again."""

import shutil
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from churn.errors import WrongUsage
from churn.settings import Settings
from churn.stages import keeping, scoring
from churn.stores.keeping.archive import BrokenBackup, check_archive
from churn.stores.keeping.backups import KEPT, LEFT_OUT, RESTORED, read_figures
from churn.stores.ledgers.backups import read_backups
from churn.stores.model_registry import loading, registry
from churn.stores.postgres.database import open_engine
from churn.terminal.cli import app
from tests.conftest import DAY
from tests.support.days import ask, execute
from tests.support.homes import opened, take_first_backup
from tests.support.workplaces import at


@pytest.fixture(scope="module")
def backup(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The backup of a home in which 1,200 customers are published by a trained model."""
    return take_first_backup(tmp_path_factory.mktemp("backups"))


@pytest.fixture
def restored(backup: Path, tmp_path: Path) -> Iterator[Settings]:
    """A home of this test alone, restored from the backup."""
    with opened(tmp_path / "home") as settings:
        keeping.restore_backup(settings, backup)
        yield settings


def publish_again(settings: Settings) -> None:
    """Hides the day, then scores and publishes it with the model of the registry."""
    execute(settings, "UPDATE ops.publications SET status = 'withdrawn', published_at = NULL")
    scoring.score_customers(at(settings), DAY, "again")
    scoring.publish(at(settings), DAY)


def test_a_restored_home_publishes_again_with_the_same_figures(restored: Settings, backup: Path) -> None:
    published = check_archive(backup).figures
    shutil.rmtree(backup.parent / "first", ignore_errors=True)  # Nothing may still point to the first home.
    champion = scoring.require_champion(open_engine(restored)).model

    assert loading.load_model(restored, champion).why_copy is None
    publish_again(restored)

    assert list(published) == [str(DAY)]
    assert read_figures(open_engine(restored)) == published
    assert ask(restored, "SELECT customers_count FROM reporting.kpi_daily") == [(1200,)]


def test_a_restored_ledger_knows_the_file_it_came_from(restored: Settings, backup: Path) -> None:
    assert [known.path for known in read_backups(open_engine(restored))] == [str(backup)]


def test_everything_in_a_home_is_kept_or_left_out_on_purpose(restored: Settings) -> None:
    found = {entry.name for entry in restored.home_dir.iterdir()}

    assert found - {*KEPT, *LEFT_OUT, RESTORED} == set(), (
        "add it to KEPT or LEFT_OUT in churn/stores/keeping/backups.py"
    )
    assert {"mlflow", "models", "postgres"} <= found


def test_the_backup_has_every_table_and_no_password(backup: Path) -> None:
    with tarfile.open(backup) as tar:
        names = tar.getnames()

    assert {"churn.dump", "mlflow.dump"} <= set(names)
    assert oct(backup.stat().st_mode & 0o777) == "0o600"
    assert not [name for name in names if "password" in name or "secret" in name]


def test_a_home_that_is_not_empty_is_refused_and_unchanged(backup: Path, tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "note.txt").write_text("mine")
    with opened(tmp_path / "home") as settings, pytest.raises(WrongUsage, match="not empty"):
        keeping.restore_backup(settings, backup)

    assert [entry.name for entry in (tmp_path / "home").iterdir()] == ["note.txt"]


def change_a_byte(backup: Path, part: int) -> bytes:
    """The file with one other byte in the middle of a part."""
    with tarfile.open(backup) as tar:
        member = [one for one in tar if one.size][part]
    content = bytearray(backup.read_bytes())
    content[member.offset_data + member.size // 2] ^= 0xFF
    return bytes(content)


DAMAGES: dict[str, Callable[[Path], bytes]] = {
    "a byte of the manifest changed": lambda backup: change_a_byte(backup, 0),
    "a byte of a dump changed": lambda backup: change_a_byte(backup, 2),
    "a byte of the last part changed": lambda backup: change_a_byte(backup, -1),
    "cut short": lambda backup: backup.read_bytes()[:100_000],
    "no backup": lambda _: b"customers",
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_file_is_refused_before_anything_is_written(backup: Path, tmp_path: Path, damage: str) -> None:
    bad = tmp_path / "bad.tar"
    bad.write_bytes(DAMAGES[damage](backup))

    with opened(tmp_path / "home") as settings, pytest.raises(BrokenBackup, match="cannot be restored"):
        keeping.restore_backup(settings, bad)
    assert not (tmp_path / "home").exists()


def test_a_backup_never_replaces_a_file(restored: Settings, backup: Path) -> None:
    before = backup.read_bytes()
    told = CliRunner().invoke(app, ["backup", str(backup)])

    assert told.exit_code == 2
    assert "exists already" in told.output
    assert backup.read_bytes() == before


def test_a_moved_home_opens_scores_and_registers(backup: Path, tmp_path: Path) -> None:
    with opened(tmp_path / "old place") as settings:
        keeping.restore_backup(settings, backup)
    (tmp_path / "old place").rename(tmp_path / "new place")

    with opened(tmp_path / "new place") as settings:
        champion = scoring.require_champion(open_engine(settings)).model
        assert loading.load_model(settings, champion).why_copy is None
        publish_again(settings)
        assert read_figures(open_engine(settings)) == check_archive(backup).figures
        artifacts = registry.connect(settings).get_experiment_by_name(registry.EXPERIMENT).artifact_location
        assert artifacts == settings.artifacts_dir.as_uri()
