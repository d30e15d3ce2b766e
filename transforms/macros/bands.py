"""Bands of numbers, for segments that people can name."""

from sqlglot import exp
from sqlmesh import macro
from sqlmesh.core.macros import MacroEvaluator


@macro()
def tenure_band(evaluator: MacroEvaluator, months: exp.Expression) -> exp.Expression:
    """Returns the band of a number of months as a customer: 0-12, 13-24, 25-48 or 49+."""
    upper = {12: "0-12", 24: "13-24", 48: "25-48"}
    cases = [exp.If(this=months.copy() <= last, true=exp.Literal.string(band)) for last, band in upper.items()]
    return exp.Case(ifs=cases, default=exp.Literal.string("49+"))
