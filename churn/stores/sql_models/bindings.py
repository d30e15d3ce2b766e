"""Which table each view reads: looked at in Postgres' catalogue, and put right where it is not the one it should be.

Postgres binds a view to a table, not to a name: a view made of one version of a model goes on reading that version
until it is made anew, and disappears with it. SQLMesh 0.236 never makes a view anew that exists.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import ProgrammingError


@dataclass(frozen=True)
class View:
    """A view of the current version of the models.

    Attributes:
        name: schema and name.
        reads: schema and name of each table or view that it must read, and no other.
        render: gives its SELECT; asked only of a view that is wrong, for rendering takes longer than looking.
    """

    name: str
    reads: frozenset[str]
    render: Callable[[], str]


def list_views(snapshots: Iterable[Any]) -> list[View]:
    """Returns the views of a set of SQLMesh snapshots, each after those it reads: those of models, then those of names.

    Args:
        snapshots: every snapshot of production, external ones included.
    """
    by_name = {snapshot.name: snapshot for snapshot in snapshots}
    ordered = list(_in_order(by_name))
    return [
        *(_view_of_a_model(one, by_name) for one in ordered if one.is_view),
        *(_view_of_a_name(one) for one in ordered if not one.model.kind.is_external),
    ]


def _in_order(by_name: dict[str, Any]) -> Iterator[Any]:
    from sqlmesh.utils.dag import DAG

    graph: DAG[str] = DAG({name: {parent.name for parent in one.parents} for name, one in by_name.items()})
    return (by_name[name] for name in graph.sorted if name in by_name)


def _view_of_a_model(snapshot: Any, by_name: dict[str, Any]) -> View:
    from sqlmesh.core.snapshot import DeployabilityIndex

    def render() -> str:
        index = DeployabilityIndex.all_deployable()
        query = snapshot.model.render_query_or_raise(snapshots=by_name, deployability_index=index)
        return str(query.sql("postgres"))

    parents = (by_name[parent.name] for parent in snapshot.parents)
    reads = frozenset(_short(one.name if one.model.kind.is_external else one.table_name()) for one in parents)
    return View(_short(snapshot.table_name()), reads, render)


def _view_of_a_name(snapshot: Any) -> View:
    table = _short(snapshot.table_name())
    return View(_short(snapshot.name), frozenset({table}), lambda: f"SELECT * FROM {table}")


def _short(name: str) -> str:
    from sqlglot import exp

    table = exp.to_table(name, dialect="postgres")
    return f"{table.db}.{table.name}"


def heal_views(engine: Engine, views: Sequence[View]) -> list[str]:
    """Makes the views anew when one is missing or reads another table than it should, all in one transaction.

    Returns:
        The names of the views that were wrong.
    """
    with engine.connect() as connection:
        wrong = find_unbound(connection, views)
    if wrong:
        with engine.begin() as connection:
            for view in views:
                _make_anew(connection, view)
    return wrong


def find_unbound(connection: Connection, views: Sequence[View]) -> list[str]:
    """Returns the names of the views that are missing or read another table than they should."""
    rows = connection.execute(text(_BINDINGS), {"names": [view.name for view in views]})
    bound = {name: frozenset(tables) for name, tables in rows}
    return [view.name for view in views if bound.get(view.name) != view.reads]


def _make_anew(connection: Connection, view: View) -> None:
    """Replaces a view, or, where its columns changed, drops it with what reads it, which is made anew after it."""
    definition = f"VIEW {view.name} AS {view.render()}".replace("%", "%%")
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
