"""Homes with an embedded Postgres: one is made and backed up, and each test restores it into a home of its own."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from churn.settings import Settings, load_settings
from churn.stages import keeping
from churn.stores.postgres.database import open_engine
from churn.stores.postgres.embedded import stop_embedded
from tests.support.telecoms import _learn
from tests.support.workplaces import at, leave


@contextmanager
def opened(home: Path) -> Iterator[Settings]:
    """Settings of a home with an embedded Postgres, which stops at the end of the block."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setenv("CHURN_HOME", str(home))
        for name in ("CHURN_DATABASE_URL", "MLFLOW_TRACKING_URI", "CHURN_MLFLOW_TRACKING_URI"):
            monkeypatch.delenv(name, raising=False)
        leave()
        settings = load_settings()
        try:
            yield settings
        finally:
            leave()
            if (home / "postgres").exists():
                open_engine(settings).dispose()
                stop_embedded(home)
            os.environ.pop("MLFLOW_TRACKING_URI", None)


def take_first_backup(folder: Path) -> Path:
    """Publishes 1,200 customers with a trained model in a new home, and returns its backup file."""
    with opened(folder / "first") as settings:
        _learn(settings, folder)
        keeping.take_backup(at(settings), folder / "first.tar")
    return folder / "first.tar"
