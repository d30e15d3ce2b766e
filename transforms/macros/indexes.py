"""Indexes and statistics of a table, on Postgres only.

They are macros because SQLMesh's `IF` cannot contain DDL, and DuckDB does not need them.
"""

from sqlglot import exp
from sqlmesh import macro
from sqlmesh.core.macros import MacroEvaluator


@macro()
def index_the_grain(evaluator: MacroEvaluator, *columns: exp.Expression) -> exp.Expression | None:
    """Returns `CREATE UNIQUE INDEX` over the grain, once, when the table is created.

    `grain` in a MODEL header enforces nothing. On other engines than Postgres only the audits check the grain.
    """
    names = ", ".join(column.sql(dialect="postgres") for column in columns)
    return _create_index(evaluator, f"CREATE UNIQUE INDEX ON {evaluator.this_model} ({names})")


@macro()
def index_the_order(
    evaluator: MacroEvaluator, order: exp.Expression, condition: exp.Expression
) -> exp.Expression | None:
    """Returns `CREATE INDEX` over some rows, in the order of a later query.

    Args:
        order: the columns, written as after ORDER BY, as a string.
        condition: the rows, written as after WHERE, as a string.
    """
    return _create_index(evaluator, f"CREATE INDEX ON {evaluator.this_model} ({order.name}) WHERE {condition.name}")


@macro()
def analyze_the_table(evaluator: MacroEvaluator) -> exp.Expression | None:
    """Returns `ANALYZE` of the table that was just filled: the next query comes before autovacuum would analyse it.

    Without it Postgres plans as if 60 new dates were empty, and joins 420,000 rows with 420,000 rows row by row.
    """
    if evaluator.runtime_stage != "evaluating" or evaluator.gateway != "postgres":
        return None
    return exp.maybe_parse(f"ANALYZE {evaluator.this_model}", dialect="postgres")


def _create_index(evaluator: MacroEvaluator, statement: str) -> exp.Expression | None:
    # SQLMesh evaluates the macro at every stage (loading, testing, evaluating): an index must be created only once.
    if evaluator.runtime_stage != "creating" or evaluator.gateway != "postgres":
        return None
    return exp.maybe_parse(statement, dialect="postgres")
