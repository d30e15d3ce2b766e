"""The features of how declared numbers developed. The variable has NAME DAYS DAYS ... for each of these columns."""

from sqlglot import exp, parse_one
from sqlmesh import macro
from sqlmesh.core.macros import MacroEvaluator


@macro()
def looking_back(evaluator: MacroEvaluator, table: exp.Expression) -> list[exp.Expression]:
    """Returns the columns that look back, as the features have them."""
    return [exp.column(name, table=table.name) for name, _ in _split(evaluator)]


@macro()
def declared_past(evaluator: MacroEvaluator, now: exp.Expression, then: exp.Expression) -> list[exp.Expression]:
    """Returns the mean and the change over each number of days, and the days since the last change.

    A mean adds up decimals: the sum of floats depends on their order, and Postgres promises none.
    """
    found = []
    for name, every in _split(evaluator):
        current, value = f'{now.name}."{name}"', f'{then.name}."{name}"'
        for days in every:
            mean = f"AVG({value}::DECIMAL(28, 9)) FILTER (WHERE days_before < {days})"
            found.append(
                _feature(
                    f"ROUND({mean}, 6)", f"{name}_mean_{days}d", f"mean over {days} days, that of the date included"
                )
            )
            # The first array by its first number is the oldest extract.
            known = f"{value} IS NOT NULL AND 2 * days_before BETWEEN {max(days, 2)} AND {2 * days}"
            oldest = f"(MIN(ARRAY[(-days_before)::DOUBLE PRECISION, {value}]) FILTER (WHERE {known}))[2]"
            change = f"ROUND((MAX({current}) - {oldest})::DECIMAL(28, 9), 6)"
            words = f"less that of the oldest extract that is {days / 2:g} to {days} days old; NULL without one"
            found.append(_feature(change, f"{name}_change_{days}d", words))
        since = f"MIN(days_before) FILTER (WHERE days_before <= {max(every)} AND {value} <> {current})"
        words = f"days since the newest extract with another value; NULL if none of {max(every)} days has one"
        found.append(_feature(since, f"{name}_days_since_change", words))
    return found


def _feature(expression: str, name: str, words: str) -> exp.Expression:
    named = exp.alias_(parse_one(f"({expression})::DOUBLE PRECISION", dialect="postgres"), name)
    named.add_comments([f" Of the declared column: {words} "])
    return named


def _split(evaluator: MacroEvaluator) -> list[tuple[str, list[int]]]:
    columns = (one.split(" ") for one in evaluator.var("over_days") or [])
    return [(name, [int(days) for days in every]) for name, *every in columns]
