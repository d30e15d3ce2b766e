"""Where customers come from: the simulator or a company."""

from sqlglot import exp
from sqlmesh import macro
from sqlmesh.core.macros import MacroEvaluator


@macro()
def is_synthetic(evaluator: MacroEvaluator, load_id: exp.Expression) -> exp.Expression:
    """Returns whether a load has customers of the simulator; false for a load that the ledger does not have.

    Args:
        evaluator: SQLMesh's.
        load_id: the column with its table: without it, it would be the ledger's own column.
    """
    if not (isinstance(load_id, exp.Column) and load_id.table):
        raise ValueError("@is_synthetic needs the column with its table, as in publications.load_id")
    loads = exp.select("1").from_("raw_data.loads").where(f"loads.load_id = {load_id.sql()}", "origin = 'synthetic'")
    return exp.Exists(this=loads)
