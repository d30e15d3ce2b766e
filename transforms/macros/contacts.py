"""Words of the retention loop that a contract of the library already names."""

from sqlglot import exp
from sqlmesh import macro
from sqlmesh.core.macros import MacroEvaluator

from churn.contracts.campaigns import REACHED


@macro()
def is_reached(evaluator: MacroEvaluator, event: exp.Expression) -> exp.Expression:
    """Returns whether an event says that the company spoke to the customer."""
    return exp.In(this=event, expressions=[exp.Literal.string(word) for word in REACHED])
