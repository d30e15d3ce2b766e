"""Drops tables that no environment uses any more, with SQLMesh's janitor, and measures the freed space."""

from dataclasses import dataclass

from sqlalchemy import text

from churn.stores.sql_models.contexts import locked_context
from churn.stores.sql_models.failures import understand_plan
from churn.stores.workplace import Workplace


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


def drop_old_tables(workplace: Workplace) -> Cleaning:
    """Drops the tables and views of unused versions, once the time is over for which old versions are kept.

    Raises:
        TransformFailed: a table could not be dropped.
    """
    from sqlmesh.utils.errors import SQLMeshError

    tables, size = _measure(workplace)
    with locked_context(workplace) as context:
        try:
            context.run_janitor(ignore_ttl=False)
        except SQLMeshError as error:
            raise understand_plan(workplace, context, error, []) from error
    tables_left, size_left = _measure(workplace)
    return Cleaning(tables - tables_left, size, size_left)


def _measure(workplace: Workplace) -> tuple[int, int]:
    query = """
        SELECT count(*), coalesce(sum(pg_total_relation_size(tables.oid)), 0)
        FROM pg_class AS tables JOIN pg_namespace AS schemas ON schemas.oid = tables.relnamespace
        WHERE schemas.nspname LIKE 'sqlmesh\\_\\_%' AND tables.relkind IN ('r', 'v')
    """
    with workplace.engine.connect() as connection:
        count, size = connection.execute(text(query)).one()
    return int(count), int(size)
