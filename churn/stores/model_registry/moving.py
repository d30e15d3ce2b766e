"""Corrects the artifact locations of MLflow's records after CHURN_HOME was moved or restored to another path.

MLflow 3 stores the absolute address of every run's and model's artifacts. In a moved home they would point to the old
folder, and no model could be loaded or logged.
"""

from pathlib import Path
from urllib.parse import unquote, urlsplit

import sqlalchemy as sa
from sqlalchemy import Connection

_LOCATIONS = {
    "experiments": "artifact_location",
    "runs": "artifact_uri",
    "logged_models": "artifact_location",
    "model_versions": "storage_location",
}


def follow_home(uri: str, experiment: str, artifacts_dir: Path, is_shared: bool) -> None:
    """Points MLflow's records to the present folder of the artifacts, if they name another one.

    Machines that share one database each have a folder of their own. There the records change only if the old folder
    is gone and the files are here.

    Args:
        uri: SQLAlchemy's address of MLflow's database, which may be empty.
        experiment: the experiment whose location tells where the artifacts were.
        artifacts_dir: where the artifacts are now.
        is_shared: whether other homes may use the same database.
    """
    engine = sa.create_engine(uri, poolclass=sa.NullPool)
    with engine.begin() as connection:
        old, new = _find_location(connection, experiment), artifacts_dir.as_uri()
        if old is None or old == new or not old.startswith("file:"):
            return
        if is_shared and (Path(unquote(urlsplit(old).path)).exists() or not artifacts_dir.is_dir()):
            return
        for table, column in _LOCATIONS.items():
            # starts_with and substr, not LIKE: a path may have % or _.
            moved = f"UPDATE {table} SET {column} = :new || substr({column}, :length) WHERE starts_with({column}, :old)"
            connection.execute(sa.text(moved), {"new": new, "old": old, "length": len(old) + 1})


def may_write_records(uri: str) -> bool:
    """Returns whether this user may write MLflow's tables, or create them where there are none.

    Asked first: MLflow 3.17 tries for minutes to create its tables, and says nothing until it gives up.
    """
    engine = sa.create_engine(uri, poolclass=sa.NullPool)
    rights = """
        SELECT CASE WHEN to_regclass('experiments') IS NULL
            THEN coalesce(has_schema_privilege(current_schema(), 'CREATE'), false)
            ELSE has_table_privilege('experiments', 'INSERT') END
    """
    with engine.connect() as connection:
        return bool(connection.scalar(sa.text(rights)))


def _find_location(connection: Connection, experiment: str) -> str | None:
    if connection.scalar(sa.text("SELECT to_regclass('experiments')")) is None:
        return None
    query = sa.text("SELECT artifact_location FROM experiments WHERE name = :name")
    location: str | None = connection.scalar(query, {"name": experiment})
    return location
