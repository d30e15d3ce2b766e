"""The columns that a company declares, in staging and in the features. The variable has NAME TYPE for each of them."""

from sqlglot import exp
from sqlmesh import macro
from sqlmesh.core.macros import MacroEvaluator


@macro()
def has_declared(evaluator: MacroEvaluator) -> exp.Boolean:
    """Returns whether the company declares columns of its own."""
    return exp.Boolean(this=bool(evaluator.var("declared")))


@macro()
def declares(evaluator: MacroEvaluator, column: exp.Expression) -> exp.Boolean:
    """Returns whether the extract has a column of the public sample."""
    return exp.Boolean(this=column.name not in (evaluator.var("absent") or []))


@macro()
def declared_columns(evaluator: MacroEvaluator, table: exp.Expression) -> list[exp.Expression]:
    """Returns the declared columns of a table, unchanged."""
    return [exp.column(name, table=table.name) for name, _ in _split(evaluator.var("declared"))]


@macro()
def declared_typed(evaluator: MacroEvaluator, table: exp.Expression) -> list[exp.Expression]:
    """Returns the declared columns of a table in their types, each with its comment."""
    return [
        _named(exp.cast(exp.column(name, table=table.name), kind, dialect="postgres"), name, "")
        for name, kind in _split(evaluator.var("declared"))
    ]


@macro()
def declared_features(evaluator: MacroEvaluator, table: exp.Expression, day: exp.Expression) -> list[exp.Expression]:
    """Returns the declared columns as features: a date becomes the days from it to a day, a count a number."""
    features = []
    for name, kind in _split(evaluator.var("declared")):
        column: exp.Expression = exp.column(name, table=table.name)
        if kind == "DATE":
            days = exp.paren(exp.Sub(this=day.copy(), expression=column))
            features.append(
                _named(exp.cast(days, "DOUBLE PRECISION", dialect="postgres"), name, ", as days since then")
            )
        else:
            stored = kind if kind in ("BOOLEAN", "TEXT") else "DOUBLE PRECISION"
            features.append(_named(exp.cast(column, stored, dialect="postgres"), name, ""))
    return features


@macro()
def left_involuntarily(evaluator: MacroEvaluator, table: exp.Expression) -> exp.Expression:
    """Returns whether a customer left without deciding to: a declared word says so, such as non-payment."""
    pairs = [(name, word) for name, _, word in (one.partition(" ") for one in evaluator.var("involuntary") or [])]
    if not pairs:
        return exp.Boolean(this=False)
    said = exp.or_(*(exp.column(name, table=table.name).eq(word) for name, word in pairs))
    has_left = exp.column("churn", table=table.name).eq("Yes")
    return exp.Coalesce(this=exp.paren(exp.and_(has_left, exp.paren(said))), expressions=[exp.Boolean(this=False)])


def _split(declared: list[str] | None) -> list[tuple[str, str]]:
    return [(name, kind) for name, _, kind in (one.partition(" ") for one in declared or [])]


def _named(expression: exp.Expression, name: str, more: str) -> exp.Expression:
    named = exp.alias_(expression, name)
    named.add_comments([f" The declared column {name}{more} "])
    return named
