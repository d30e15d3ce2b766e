"""The declared columns that divide the customers on pages, and their pairs. The variable has their names, in order.

Each column and each pair of columns has a place, counted from 1. A pair is called "edition and trial", and its values
"Team and yes". Three columns are never combined: the rows would be the product of all words.
"""

from itertools import combinations

from sqlglot import exp
from sqlmesh import macro
from sqlmesh.core.macros import MacroEvaluator


@macro()
def segments_count(evaluator: MacroEvaluator) -> exp.Literal:
    """Returns the number of declared segment columns and of their pairs."""
    return exp.Literal.number(len(_places(evaluator)))


@macro()
def segment_columns(evaluator: MacroEvaluator, table: exp.Expression) -> list[exp.Expression]:
    """Returns the segment columns of the features as text: a flag is yes or no."""
    return [exp.alias_(_as_word(exp.column(name, table=table.name), kind), name) for name, kind in _typed(evaluator)]


@macro()
def segment_name(evaluator: MacroEvaluator, place: exp.Expression) -> exp.Expression:
    """Returns the name of the column, or of the pair, at a place."""
    return _choose(place, [exp.Literal.string(" and ".join(names)) for names in _places(evaluator)])


@macro()
def segment_word(evaluator: MacroEvaluator, table: exp.Expression, place: exp.Expression) -> exp.Expression:
    """Returns the word of the column at a place, or the two words of the pair; (blank) where one is not known."""
    return _choose(place, [_join_words(table, names) for names in _places(evaluator)])


def _typed(evaluator: MacroEvaluator) -> list[tuple[str, str]]:
    kinds = dict(one.split(" ", 1) for one in evaluator.var("declared") or [])
    return [(name, kinds[name]) for name in _names(evaluator)]


def _names(evaluator: MacroEvaluator) -> list[str]:
    return evaluator.var("segments") or []


def _places(evaluator: MacroEvaluator) -> list[tuple[str, ...]]:
    names = _names(evaluator)
    return [*((name,) for name in names), *combinations(names, 2)]


def _join_words(table: exp.Expression, names: tuple[str, ...]) -> exp.Expression:
    blank = exp.Literal.string("(blank)")
    words = [exp.func("COALESCE", exp.column(name, table=table.name), blank.copy()) for name in names]
    return words[0] if len(words) == 1 else exp.func("CONCAT", words[0], exp.Literal.string(" and "), words[1])


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
