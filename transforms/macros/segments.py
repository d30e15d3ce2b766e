"""The declared columns that divide the customers on pages. The variable has their names, in order."""

from sqlglot import exp
from sqlmesh import macro
from sqlmesh.core.macros import MacroEvaluator


@macro()
def segments_count(evaluator: MacroEvaluator) -> exp.Literal:
    """Returns the number of declared segment columns."""
    return exp.Literal.number(len(_names(evaluator)))


@macro()
def segment_columns(evaluator: MacroEvaluator, table: exp.Expression) -> list[exp.Expression]:
    """Returns the segment columns of the features as text: a flag is yes or no."""
    return [exp.alias_(_as_word(exp.column(name, table=table.name), kind), name) for name, kind in _typed(evaluator)]


@macro()
def segment_name(evaluator: MacroEvaluator, place: exp.Expression) -> exp.Expression:
    """Returns the name of the column at a place, counted from 1."""
    return _choose(place, [exp.Literal.string(name) for name in _names(evaluator)])


@macro()
def segment_word(evaluator: MacroEvaluator, table: exp.Expression, place: exp.Expression) -> exp.Expression:
    """Returns the word of the column at a place."""
    return _choose(place, [exp.column(name, table=table.name) for name in _names(evaluator)])


def _typed(evaluator: MacroEvaluator) -> list[tuple[str, str]]:
    kinds = dict(one.split(" ", 1) for one in evaluator.var("declared") or [])
    return [(name, kinds[name]) for name in _names(evaluator)]


def _names(evaluator: MacroEvaluator) -> list[str]:
    return evaluator.var("segments") or []


def _as_word(column: exp.Expression, kind: str) -> exp.Expression:
    if kind != "BOOLEAN":
        return column
    return exp.case().when(column, exp.Literal.string("yes")).when(exp.not_(column), exp.Literal.string("no"))


def _choose(place: exp.Expression, values: list[exp.Expression]) -> exp.Expression:
    """Returns a CASE over the places; NULL without any value."""
    if not values:
        return exp.cast(exp.null(), "TEXT")
    chosen = exp.case()
    for number, value in enumerate(values, 1):
        chosen = chosen.when(exp.EQ(this=place.copy(), expression=exp.Literal.number(number)), value)
    return chosen
