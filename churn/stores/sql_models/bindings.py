"""Checks in Postgres' catalogue which table each view reads, and repairs views that read a wrong table.

Postgres binds a view to a table, not to the table's name. So a view goes on reading the old version of a model until
the view is created again, and it is dropped together with that version. SQLMesh 0.236 never creates an existing view
again.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import ProgrammingError

if TYPE_CHECKING:
    from sqlmesh.core.snapshot import Snapshot


@dataclass(frozen=True)
class View:
    """A view of the current version of the models.

    Attributes:
        name: the schema and the name.
        reads: the schema and the name of each table or view that it must read; it may read no other.
        render: returns the SELECT of the view. It is called only for a repair, since rendering is slow.
    """

    name: str
    reads: frozenset[str]
    render: Callable[[], str]


def list_views(snapshots: Iterable["Snapshot"]) -> list[View]:
    """Returns the views of SQLMesh snapshots, each after the views that it reads: views of models, then views of names.

    Args:
        snapshots: every snapshot of production, including external ones.
    """
    by_name = {snapshot.name: snapshot for snapshot in snapshots}
    ordered = list(_in_order(by_name))
    return [
        *(_view_of_a_model(snapshot, by_name) for snapshot in ordered if snapshot.is_view),
        *(_view_of_a_name(snapshot) for snapshot in ordered if not snapshot.model.kind.is_external),
    ]


def _in_order(by_name: Mapping[str, "Snapshot"]) -> Iterator["Snapshot"]:
    from sqlmesh.utils.dag import DAG

    graph: DAG[str] = DAG({name: {parent.name for parent in snapshot.parents} for name, snapshot in by_name.items()})
    return (by_name[name] for name in graph.sorted if name in by_name)


def _view_of_a_model(snapshot: "Snapshot", by_name: Mapping[str, "Snapshot"]) -> View:
    from sqlmesh.core.snapshot import DeployabilityIndex

    def render() -> str:
        # With this index SQLMesh renders the names of the tables of production, not those of a development environment.
        index = DeployabilityIndex.all_deployable()
        query = snapshot.model.render_query_or_raise(snapshots=by_name, deployability_index=index)
        return str(query.sql("postgres"))

    parents = (by_name[parent.name] for parent in snapshot.parents)
    reads = frozenset(
        _short(parent.name if parent.model.kind.is_external else parent.table_name()) for parent in parents
    )
    return View(_short(snapshot.table_name()), reads, render)


def _view_of_a_name(snapshot: "Snapshot") -> View:
    table = _short(snapshot.table_name())
    return View(_short(snapshot.name), frozenset({table}), lambda: f"SELECT * FROM {table}")


def _short(name: str) -> str:
    from sqlglot import exp

    table = exp.to_table(name, dialect="postgres")
    return f"{table.db}.{table.name}"


def heal_views(engine: Engine, views: Sequence[View]) -> list[str]:
    """Creates all views again if one is missing or reads a wrong table. This is one transaction.

    Returns:
        The names of the views that were missing or wrong.
    """
    with engine.connect() as connection:
        wrong = find_unbound(connection, views)
    if wrong:
        with engine.begin() as connection:
            for view in views:
                _create_again(connection, view)
    return wrong


def find_unbound(connection: Connection, views: Sequence[View]) -> list[str]:
    """Returns the names of the views that are missing or read a wrong table."""
    rows = connection.execute(text(_BINDINGS), {"names": [view.name for view in views]})
    bound = {name: frozenset(tables) for name, tables in rows}
    return [view.name for view in views if bound.get(view.name) != view.reads]


def _create_again(connection: Connection, view: View) -> None:
    """Replaces a view. If its columns changed, drops it and the views that read it, which follow in `heal_views`."""
    definition = f"VIEW {view.name} AS {view.render()}".replace("%", "%%")
    # CREATE OR REPLACE fails if a column is removed or changes its type. The savepoint keeps that error from aborting
    # the whole transaction.
    try:
        with connection.begin_nested():
            connection.exec_driver_sql(f"CREATE OR REPLACE {definition}")
    except ProgrammingError:
        connection.exec_driver_sql(f"DROP VIEW IF EXISTS {view.name} CASCADE")
        connection.exec_driver_sql(f"CREATE {definition}")


_BINDINGS = """
    SELECT of_view.nspname || '.' || views.relname,
        array_remove(array_agg(DISTINCT of_table.nspname || '.' || tables.relname), NULL)
    FROM pg_class AS views
    JOIN pg_namespace AS of_view ON of_view.oid = views.relnamespace
    JOIN pg_rewrite AS rules ON rules.ev_class = views.oid
    LEFT JOIN pg_depend AS reads ON reads.classid = 'pg_rewrite'::regclass AND reads.objid = rules.oid
        AND reads.refclassid = 'pg_class'::regclass AND reads.refobjid <> views.oid
    LEFT JOIN pg_class AS tables ON tables.oid = reads.refobjid
    LEFT JOIN pg_namespace AS of_table ON of_table.oid = tables.relnamespace
    WHERE views.relkind = 'v' AND of_view.nspname || '.' || views.relname = ANY(:names)
    GROUP BY 1
"""
