"""Gives a new physical table the unique index that `grain` only promises."""

from sqlglot import exp
from sqlmesh import macro
from sqlmesh.core.macros import MacroEvaluator


@macro()
def index_the_grain(evaluator: MacroEvaluator, *columns: exp.Expression) -> exp.Expression | None:
    """Returns `CREATE UNIQUE INDEX` over the grain, once, when the table is created.

    `grain` in a MODEL header enforces nothing. Other engines have no unique indexes worth the name, so only the
    Postgres gateway gets one; elsewhere the grain rests on its audits.
    """
    if evaluator.runtime_stage != "creating" or evaluator.gateway != "postgres":
        return None
    table = evaluator.this_model
    names = ", ".join(column.sql(dialect="postgres") for column in columns)
    return exp.maybe_parse(f"CREATE UNIQUE INDEX ON {table} ({names})", dialect="postgres")
