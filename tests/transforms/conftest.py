"""The SQLMesh project as it lies in the repository, loaded once."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from churn.stores.sql_models.contexts import TRANSFORMS_DIR
from tests.conftest import new_database


@pytest.fixture(scope="package")
def project(server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A SQLMesh context of transforms/ on an empty database. Shared: it plans nothing."""
    os.environ.setdefault("MAX_FORK_WORKERS", "1")
    from sqlmesh.core.context import Context

    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setenv("CHURN_DATABASE_URL", new_database(server))
        monkeypatch.setenv("CHURN_HOME", str(tmp_path_factory.mktemp("project")))
        context = Context(paths=[str(TRANSFORMS_DIR)])
        yield context
        context.close()


def models_of(project: Any) -> dict[str, Any]:
    """The project's SQL models by schema.name."""
    return {model.name: model for model in project.models.values() if not model.kind.is_external}


def read_sql(name: str) -> str:
    """The text of a model's file."""
    layer, _, table = name.partition(".")
    return Path(TRANSFORMS_DIR, "models", layer, f"{table}.sql").read_text()
