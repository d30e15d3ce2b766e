"""Drops tables that no environment uses any more, with SQLMesh's janitor, and measures the freed space."""

from dataclasses import dataclass

from sqlalchemy import text

from churn.settings import Settings
from churn.stores.postgres.database import open_engine
from churn.stores.sql_models.contexts import locked_context
from churn.stores.sql_models.failures import understand_plan


@dataclass(frozen=True)
class Cleaning:
    """The result of dropping old tables.

    Attributes:
        tables_count: the number of dropped tables and views.
        bytes_before: the size of all tables of SQL models and their indexes before, in bytes.
        bytes_after: the same size afterwards.
    """

    tables_count: int
    bytes_before: int
    bytes_after: int


def drop_old_tables(settings: Settings) -> Cleaning:
    """Drops the tables and views of unused versions, once the time is over for which old versions are kept.

    Raises:
        TransformFailed: a table could not be dropped.
    """
    from sqlmesh.utils.errors import SQLMeshError

    tables, size = _measure(settings)
    with locked_context(settings) as context:
        try:
            context.run_janitor(ignore_ttl=False)
        except SQLMeshError as error:
            raise understand_plan(settings, context, error, []) from error
    tables_left, size_left = _measure(settings)
    return Cleaning(tables - tables_left, size, size_left)


def _measure(settings: Settings) -> tuple[int, int]:
    query = """
        SELECT count(*), coalesce(sum(pg_total_relation_size(tables.oid)), 0)
        FROM pg_class AS tables JOIN pg_namespace AS schemas ON schemas.oid = tables.relnamespace
        WHERE schemas.nspname LIKE 'sqlmesh\\_\\_%' AND tables.relkind IN ('r', 'v')
    """
    with open_engine(settings).connect() as connection:
        count, size = connection.execute(text(query)).one()
    return int(count), int(size)
