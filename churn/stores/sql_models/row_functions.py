"""Compiles SELECTs into a function of one row, so that one customer's features need no database.

The SQL stays the only definition of a feature: this module knows what the operators of Postgres mean for one row, NULL
included, and nothing about customers. An operator that it does not know is refused when it compiles, not when a row
comes. Compiling to Python source costs some milliseconds once, and a row then takes 50 microseconds; a DuckDB query of
the same text takes about 3 milliseconds of every request.
"""

import math
import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from sqlglot import exp

from churn.errors import TransformFailed

Values = Mapping[str, Any]
"""One row: each column with its value; None is NULL."""


@dataclass(frozen=True)
class Step:
    """One SELECT of a chain.

    Attributes:
        name: the name of its variable; the next steps read it.
        reads: the name of the step whose row it reads, and of further ones beside it.
        columns: each column with its expression.
    """

    name: str
    reads: tuple[str, ...]
    columns: Mapping[str, exp.Expression]


def compile_row(steps: Sequence[Step], row: str, what: str) -> Callable[[Values], Values]:
    """Returns a function that computes the columns of the last step from one row.

    Args:
        steps: the SELECTs in order.
        row: the name under which the steps read the given row.
        what: the name of the SQL model, for errors.

    Raises:
        TransformFailed: an expression has an operator that this module does not know.
    """
    lines = [f"def compute({row}):"]
    for step in steps:
        columns = ", ".join(f"{name!r}: {_Writer(step, name, what).write(it)}" for name, it in step.columns.items())
        lines.append(f"    {step.name} = {{{columns}}}")
    lines.append(f"    return {steps[-1].name}")
    scope: dict[str, Any] = dict(_FUNCTIONS)
    # The source holds literals of the project's own SQL, each written by repr(), and never a value of a request.
    exec(compile("\n".join(lines), f"<{what}>", "exec"), scope)
    function: Callable[[Values], Values] = scope["compute"]
    return function


@dataclass(frozen=True)
class _Writer:
    """Writes the Python of one column."""

    step: Step
    column: str
    what: str

    def write(self, node: exp.Expression) -> str:
        """Returns the Python expression of a node."""
        kind = type(node)
        if kind in _LEAVES:
            return _LEAVES[kind](node)
        if kind in _CALLS:
            return self._call(_CALLS[kind], *_arguments_of(node))
        match node:
            case exp.Column():
                return f"{self._find_step(node)}[{node.name!r}]"
            case exp.Paren():
                return f"({self.write(node.this)})"
            case exp.Cast():
                return self._call(_find_cast(node), node.this)
            case exp.Case():
                return self._write_case(node)
            case exp.Like() if isinstance(node.expression, exp.Literal):
                return f"like({self.write(node.this)}, {_as_pattern(node.expression.name)!r})"
        raise TransformFailed(
            f"The column {self.column} of {self.what} uses {type(node).__name__.upper()}, which cannot be computed for "
            "one customer without the database.",
            "write it with operators that churn/stores/sql_models/row_functions.py has, or add the operator there.",
        )

    def _call(self, name: str, *arguments: exp.Expression) -> str:
        return f"{name}({', '.join(self.write(argument) for argument in arguments)})"

    def _find_step(self, column: exp.Column) -> str:
        first, *beside = self.step.reads
        return column.table if column.table in beside else first

    def _write_case(self, node: exp.Case) -> str:
        default = node.args.get("default")
        written = self.write(default) if default is not None else "None"
        for branch in reversed(node.args["ifs"]):
            condition = self.write(branch.this)
            if node.this is not None:
                condition = f"equal({self.write(node.this)}, {condition})"
            written = f"({self.write(branch.args['true'])} if {condition} else {written})"
        return written


def _arguments_of(node: exp.Expression) -> list[exp.Expression]:
    """Returns what an operator or a function is applied to."""
    beside = [node.expression] if node.args.get("expression") is not None else []
    return [node.this, *beside, *node.expressions]


def _find_cast(node: exp.Cast) -> str:
    wanted = node.to.this
    if wanted in exp.DataType.INTEGER_TYPES:
        return "as_int"
    if wanted in (exp.DataType.Type.DOUBLE, exp.DataType.Type.FLOAT):
        return "as_float"
    # A row has TEXT and DATE in their type.
    return "as_bool" if wanted == exp.DataType.Type.BOOLEAN else "as_it_is"


def _as_pattern(like: str) -> str:
    return "".join({"%": ".*", "_": "."}.get(sign, re.escape(sign)) for sign in like)


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.DOTALL)


def _null_if_any(apply: Callable[..., Any]) -> Callable[..., Any]:
    def call(*values: Any) -> Any:
        return None if None in values else apply(*values)

    return call


def _both(one: bool | None, other: bool | None) -> bool | None:
    if one is False or other is False:
        return False
    return None if one is None or other is None else True


def _either(one: bool | None, other: bool | None) -> bool | None:
    if one is True or other is True:
        return True
    return None if one is None or other is None else False


def _subtract(one: Any, other: Any) -> Any:
    # Postgres counts the days between two dates; Python has a type of its own for it.
    return (one - other).days if isinstance(one, date) else one - other


def _coalesce(*values: Any) -> Any:
    return next((value for value in values if value is not None), None)


def _greatest(*values: Any) -> Any:
    return max((value for value in values if value is not None), default=None)  # Postgres leaves NULLs out.


_LEAVES: dict[type[exp.Expression], Callable[[exp.Expression], str]] = {
    exp.Literal: lambda node: repr(node.name) if node.is_string else node.name,
    exp.Boolean: lambda node: repr(bool(node.this)),
    exp.Null: lambda node: "None",
}
_CALLS: dict[type[exp.Expression], str] = {
    exp.Add: "add",
    exp.Sub: "subtract",
    exp.Mul: "multiply",
    exp.Div: "divide",
    exp.EQ: "equal",
    exp.NEQ: "differs",
    exp.LT: "below",
    exp.LTE: "at_most",
    exp.GT: "above",
    exp.GTE: "at_least",
    exp.And: "both",
    exp.Or: "either",
    exp.Is: "is_same",
    exp.Not: "not_",
    exp.Neg: "neg_",
    exp.Ln: "ln_",
    exp.Coalesce: "coalesce",
    exp.Greatest: "greatest",
}
_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "add": _null_if_any(operator.add),
    "subtract": _null_if_any(_subtract),
    "multiply": _null_if_any(operator.mul),
    "divide": _null_if_any(operator.truediv),  # No model divides two whole numbers: a test holds every row equal.
    "equal": _null_if_any(operator.eq),
    "differs": _null_if_any(operator.ne),
    "below": _null_if_any(operator.lt),
    "at_most": _null_if_any(operator.le),
    "above": _null_if_any(operator.gt),
    "at_least": _null_if_any(operator.ge),
    "both": _both,
    "either": _either,
    "is_same": operator.is_,
    "like": _null_if_any(lambda text, pattern: _compiled(pattern).fullmatch(text) is not None),
    "coalesce": _coalesce,
    "greatest": _greatest,
    "ln_": _null_if_any(math.log),
    "not_": _null_if_any(operator.not_),
    "neg_": _null_if_any(operator.neg),
    "as_int": _null_if_any(round),  # Postgres rounds a half to the even number, and so does Python.
    "as_float": _null_if_any(float),
    "as_bool": _null_if_any(bool),
    "as_it_is": lambda value: value,
}
