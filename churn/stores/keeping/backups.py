"""Takes and restores backups: the product's database, MLflow's database, and the files of the home."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from pydantic import SecretStr
from sqlalchemy import Engine, text
from sqlalchemy.engine import make_url

from churn.errors import ChurnError, WrongUsage
from churn.settings import Settings
from churn.stores.keeping import dumps
from churn.stores.keeping.archive import FORMAT, BrokenBackup, Manifest, check_archive, digest_of, unpack, write_archive
from churn.stores.ledgers.backups import Backup, record_backup
from churn.stores.model_registry.registry import locate_registry
from churn.stores.postgres.database import create_database_if_missing, locate, open_engine
from churn.stores.postgres.embedded import DATABASE, stop_embedded
from churn.stores.postgres.migrating import list_migrations
from churn.stores.workplace import Workplace
from churn.timeline import now_utc

KEPT = ("mlflow", "models", "tuning", "incidents.json")
"""What a backup takes from the home beside the databases."""
LEFT_OUT = (
    "postgres",
    "postgres.lock",
    "postgres.new",
    "transforms.duckdb",
    "postgres.password",
    "sqlmesh",
    "synthetic",
    "data",
    "spool",
    "logs",
    "prefect",
    "stack.json",
    "stack.lock",
)
"""What a backup leaves out: dumped instead, made again when it is needed, or of no use on another machine."""
RESTORED = "restored"
"""The folder of a restored home with the policy file and the settings of the first home, for a person to put back."""

_CHURN, _MLFLOW, _POLICY = "churn.dump", "mlflow.dump", "policy.toml"
_OWN_MLFLOW = "your MLflow server (CHURN_MLFLOW_TRACKING_URI) keeps its own runs, models and artifacts"
_PREFECT = "Prefect's records of past runs, logs and caches"
_SECRETS = "passwords and addresses of services"


@dataclass(frozen=True)
class Taken:
    """A backup that was taken or restored.

    Attributes:
        path: the file.
        bytes: its size.
        manifest: what it holds.
    """

    path: Path
    bytes: int
    manifest: Manifest


def take_backup(workplace: Workplace, path: Path) -> Taken:
    """Writes a backup file and records it in the ledger. The caller keeps runs from changing the database meanwhile.

    Raises:
        WrongUsage: the file exists already, or its folder does not.
        DumpFailed: pg_dump refused.
    """
    if path.exists() or not path.parent.is_dir():
        what = "exists already" if path.exists() else f"cannot be written: {path.parent} is not a folder"
        raise WrongUsage(f"{path} {what}.", "choose another name; a backup never replaces a file.")
    settings, engine, taken_at = workplace.settings, workplace.engine, now_utc()
    # Beside the file, not in /tmp: dumps are as large as the backup, and /tmp may be small or in memory.
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".churn-backup-") as folder:
        files = {**_dump_databases(settings, Path(folder)), **dict(_find_files(settings))}
        manifest = _describe(settings, engine, taken_at, {name: digest_of(file) for name, file in files.items()})
        sha256 = write_archive(path, manifest, files)
    taken = Taken(path, path.stat().st_size, manifest)
    record_backup(engine, Backup(taken_at, str(path.resolve()), sha256, taken.bytes))
    return taken


def _dump_databases(settings: Settings, folder: Path) -> dict[str, Path]:
    dumps.dump(locate(settings), folder / _CHURN)
    if settings.mlflow_tracking_uri is not None:
        return {_CHURN: folder / _CHURN}
    dumps.dump(_libpq(locate_registry(settings)), folder / _MLFLOW)
    return {_CHURN: folder / _CHURN, _MLFLOW: folder / _MLFLOW}


def _libpq(uri: str) -> str:
    return make_url(uri).set(drivername="postgresql").render_as_string(hide_password=False)


def _find_files(settings: Settings) -> Iterator[tuple[str, Path]]:
    """Yields the files of the home that a backup takes, and the company's policy file, by their name in the backup."""
    for name in KEPT:
        top = settings.home_dir / name
        found = [top] if top.is_file() else sorted(top.rglob("*"))
        yield from ((f"home/{file.relative_to(settings.home_dir)}", file) for file in found if file.is_file())
    if settings.policies is not None:
        yield _POLICY, settings.policies


def _describe(settings: Settings, engine: Engine, taken_at: datetime, members: dict[str, str]) -> Manifest:
    own = [_OWN_MLFLOW] if settings.mlflow_tracking_uri is not None else []
    return Manifest(
        format=FORMAT,
        release=version("churn"),
        taken_at=taken_at.isoformat(),
        database=str(engine.url.database),
        tables_version=max(step.version for step in list_migrations()),
        left_out=[*own, _PREFECT, _SECRETS],
        settings=dict(_list_settings(settings)),
        figures=read_figures(engine),
        members=members,
    )


def _list_settings(settings: Settings) -> Iterator[tuple[str, str]]:
    """Yields the settings that differ from their defaults. Addresses are secret: they have passwords."""
    for name, field in type(settings).model_fields.items():
        value = getattr(settings, name)
        if value != field.default and not isinstance(value, SecretStr) and name != "home":
            yield f"CHURN_{name.upper()}", str(value)


def read_figures(engine: Engine) -> dict[str, list[float]]:
    """Returns the customers and the revenue at risk in USD of each published date, added up from the scores."""
    query = """
        SELECT p.prediction_date, count(*), coalesce(sum(s.revenue_at_risk_usd), 0)
        FROM ops.publications AS p JOIN analytics.predictions AS s USING (prediction_date)
        WHERE p.status = 'published' GROUP BY 1 ORDER BY 1
    """
    with engine.connect() as connection:
        rows = connection.execute(text(query))
        # To cents: a restored table has its rows in another order, and a sum of floats then differs in its last bits.
        return {str(day): [int(customers), round(float(usd), 2)] for day, customers, usd in rows}


def restore_backup(settings: Settings, path: Path) -> Taken:
    """Fills an empty home from a backup file, and checks that every published date has the same figures.

    The product's database comes last and in one transaction: a restore that is stopped leaves nothing published.

    Raises:
        WrongUsage: the home is not empty, or CHURN_DATABASE_URL names a server that the home does not own.
        BrokenBackup: the file is no backup, has changed, or is from a later release. Nothing was changed.
        DumpFailed: pg_restore refused.
    """
    _check_target(settings)
    manifest = check_archive(path)
    if manifest.database != DATABASE:
        raise BrokenBackup(path, f"its SQL models know their database as {manifest.database}, not as {DATABASE}")
    if manifest.tables_version > max(step.version for step in list_migrations()):
        raise BrokenBackup(path, f"release {manifest.release} wrote it, and this program is older")
    settings.home_dir.mkdir(parents=True, exist_ok=True)
    with _emptied_on_failure(settings.home_dir):
        with tempfile.TemporaryDirectory(dir=settings.home_dir, prefix=".restoring-") as folder:
            unpack(path, Path(folder))
            _place_files(settings, Path(folder), manifest)
            _fill_databases(settings, Path(folder))
        engine = open_engine(settings)
        _check_figures(path, manifest, read_figures(engine))
    taken_at = datetime.fromisoformat(manifest.taken_at).astimezone(UTC)
    record_backup(engine, Backup(taken_at, str(path.resolve()), digest_of(path), path.stat().st_size))
    return Taken(path, path.stat().st_size, manifest)


@contextmanager
def _emptied_on_failure(home_dir: Path) -> Iterator[None]:
    """Empties the home again if the block fails; the home was empty before it."""
    try:
        yield
    # Also Ctrl-C: a home that is half filled could not be restored into again.
    except BaseException:
        # First: the server writes to the files that are deleted next.
        stop_embedded(home_dir)
        for entry in home_dir.iterdir():
            shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
        raise


def _check_target(settings: Settings) -> None:
    if settings.database_url is not None:
        raise WrongUsage(
            "`churn restore` fills an embedded database only, and CHURN_DATABASE_URL is set.",
            "unset it; or let the administrator run `tar -xf FILE churn.dump` and `pg_restore` on your own Postgres.",
        )
    if settings.home_dir.exists() and any(settings.home_dir.iterdir()):
        raise WrongUsage(
            f"{settings.home_dir} is not empty, and a restore never replaces anything.",
            "set CHURN_HOME to a new folder, then run `churn restore` again.",
        )


def _place_files(settings: Settings, folder: Path, manifest: Manifest) -> None:
    """Moves the files of the home to their places; the policy file and the settings to a folder of their own."""
    unpacked = folder / "home"
    for entry in unpacked.iterdir() if unpacked.exists() else ():
        entry.replace(settings.home_dir / entry.name)
    notes = settings.home_dir / RESTORED
    notes.mkdir()
    lines = [f"{name}={value}\n" for name, value in manifest.settings.items()]
    (notes / "settings.env").write_text("".join(lines), encoding="utf-8")
    if (folder / _POLICY).exists():
        (folder / _POLICY).replace(notes / _POLICY)


def _fill_databases(settings: Settings, folder: Path) -> None:
    address = locate(settings)
    if (folder / _MLFLOW).exists():
        create_database_if_missing(address, "mlflow")
        mlflow = make_url(address).set(database="mlflow").render_as_string(hide_password=False)
        dumps.restore(mlflow, folder / _MLFLOW)
    # Last: without this database nothing is published, so that a restore that stops before it shows nothing.
    dumps.restore(address, folder / _CHURN)


def _check_figures(path: Path, manifest: Manifest, restored: dict[str, list[float]]) -> None:
    different = sorted(day for day in manifest.figures if manifest.figures[day] != restored.get(day))
    if different:
        raise ChurnError(
            f"{path} was unpacked, but {different[0]} has other figures than when the backup was taken: "
            f"{restored.get(different[0])} instead of {manifest.figures[different[0]]}.",
            "restore another backup; CHURN_HOME is empty again.",
        )
