"""Indexes and statistics of a table, on Postgres only: other engines have none worth the name; `IF` cannot hold DDL."""

from sqlglot import exp
from sqlmesh import macro
from sqlmesh.core.macros import MacroEvaluator


@macro()
def index_the_grain(evaluator: MacroEvaluator, *columns: exp.Expression) -> exp.Expression | None:
    """Returns `CREATE UNIQUE INDEX` over the grain, once, when the table is created.

    `grain` in a MODEL header enforces nothing; elsewhere than on Postgres the grain rests on its audits.
    """
    names = ", ".join(column.sql(dialect="postgres") for column in columns)
    return _create_index(evaluator, f"CREATE UNIQUE INDEX ON {evaluator.this_model} ({names})")


@macro()
def index_the_order(
    evaluator: MacroEvaluator, order: exp.Expression, condition: exp.Expression
) -> exp.Expression | None:
    """Returns `CREATE INDEX` that keeps some rows in the order in which they will be asked for.

    Args:
        order: columns as after ORDER BY, as a string.
        condition: which rows, as after WHERE, as a string.
    """
    return _create_index(evaluator, f"CREATE INDEX ON {evaluator.this_model} ({order.name}) WHERE {condition.name}")


@macro()
def analyze_the_table(evaluator: MacroEvaluator) -> exp.Expression | None:
    """Returns `ANALYZE` of the table just filled: what joins it next is planned before Postgres would look by itself.

    Without it 60 new dates are taken for empty, and a join of 420,000 rows with as many is done row by row.
    """
    if evaluator.runtime_stage != "evaluating" or evaluator.gateway != "postgres":
        return None
    return exp.maybe_parse(f"ANALYZE {evaluator.this_model}", dialect="postgres")


def _create_index(evaluator: MacroEvaluator, statement: str) -> exp.Expression | None:
    if evaluator.runtime_stage != "creating" or evaluator.gateway != "postgres":
        return None
    return exp.maybe_parse(statement, dialect="postgres")
