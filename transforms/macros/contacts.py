"""Words of the retention loop that a contract of the library already names."""

from sqlglot import exp
from sqlmesh import macro
from sqlmesh.core.macros import MacroEvaluator

from churn.contracts.campaigns import EVENTS, REACHED


@macro()
def is_reached(evaluator: MacroEvaluator, event: exp.Expression) -> exp.Expression:
    """Returns whether an event says that the company spoke to the customer."""
    return exp.In(this=event, expressions=[exp.Literal.string(word) for word in REACHED])


@macro()
def event_rank(evaluator: MacroEvaluator, event: exp.Expression) -> exp.Expression:
    """Returns how far an event takes a contact: the furthest is its state, in whatever order events arrive."""
    ranked = exp.Case()
    for rank, word in enumerate(EVENTS, 1):
        ranked = ranked.when(exp.EQ(this=event.copy(), expression=exp.Literal.string(word)), exp.Literal.number(rank))
    return ranked
