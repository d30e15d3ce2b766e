"""Lists of columns that a contract of the library already names."""

from sqlglot import exp
from sqlmesh import macro
from sqlmesh.core.macros import MacroEvaluator

from churn.contracts.extract import EXTRACT_COLUMNS


@macro()
def snapshot_columns(evaluator: MacroEvaluator, table: exp.Expression) -> list[exp.Expression]:
    """Returns the columns of a stored snapshot: its date, those of the extract, the leaving date, and the load."""
    return [exp.column(name, table=table.name) for name in ("snapshot_date", *EXTRACT_COLUMNS, "left_on", "load_id")]
