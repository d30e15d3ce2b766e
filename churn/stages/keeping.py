"""Takes backups and restores them, while no run is at work."""

from pathlib import Path

from churn.settings import Settings
from churn.stages import Outcome, one_pipeline
from churn.stores.keeping import backups
from churn.stores.keeping.backups import RESTORED, Taken
from churn.stores.workplace import Workplace


def take_backup(workplace: Workplace, path: Path) -> Outcome:
    """Writes one file with both databases, the models and the policy file, and reads it back.

    Raises:
        Busy: a run is at work.
        WrongUsage: the file exists already.
        DumpFailed: pg_dump refused.
    """
    with one_pipeline(workplace):
        taken = backups.take_backup(workplace, path)
    return Outcome(
        f"the backup {path} holds {_tell_days(taken)} ({taken.bytes / 1e6:,.1f} MB). "
        f"It does not hold {_tell_left_out(taken)}. It names customers: keep it as safe as the database"
    )


def restore_backup(settings: Settings, path: Path) -> Outcome:
    """Fills an empty home from a backup file, and compares the figures of every published date.

    Raises:
        WrongUsage: the home is not empty, the file is no backup or has changed, or the database is not embedded.
        DumpFailed: pg_restore refused.
    """
    taken = backups.restore_backup(settings, path)
    policy = settings.home_dir / RESTORED / "policy.toml"
    since = taken.manifest.taken_at[:16]
    notes = [f"the home {settings.home_dir} holds {_tell_days(taken)}, with the same figures as on {since}"]
    if taken.manifest.settings:
        notes.append(f"the settings of that home are in {settings.home_dir / RESTORED / 'settings.env'}")
    if policy.exists():
        notes.append(f"its policy file is {policy}: set CHURN_POLICIES to it")
    return Outcome("; ".join(notes))


def _tell_days(taken: Taken) -> str:
    days = sorted(taken.manifest.figures)
    if not days:
        return "no published date"
    return f"{len(days)} published date{'s' if len(days) > 1 else ''} up to {days[-1]}"


def _tell_left_out(taken: Taken) -> str:
    return "; nor ".join(taken.manifest.left_out)
