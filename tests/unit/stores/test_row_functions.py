"""The SQL of one customer's features, compiled, means what a database makes of it: NULL included."""

import datetime
from typing import Any

import duckdb
import pytest
import sqlglot
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlglot import exp

from churn.errors import TransformFailed
from churn.stores.sql_models.one_customer import compile_features
from churn.stores.sql_models.row_functions import Step, compile_row

EXPRESSIONS = (
    "a + b", "a - b", "a * b", "x / GREATEST(b, 1)", "1.0 / (1 + b * b)", "-a",
    "a = b", "a <> b", "a < b", "a <= b", "a > b", "a >= b", "NOT a = b", "a IS NULL", "NOT a IS NULL",
    "p AND q", "p OR q", "NOT p", "p AND NOT q OR a > b", "(p AND q)::INT", "3 * p::INT + q::INT",
    "COALESCE(a, b)", "COALESCE(a, b, 7)", "GREATEST(a, b)", "GREATEST(a, 1)", "LN(1 + b * b)",
    "w LIKE '%(automatic)'", "w LIKE 'a_c%'", "w = 'abc'",
    "CASE WHEN p THEN a WHEN q THEN b END", "CASE w WHEN 'No' THEN 'None' ELSE w END",
    "CASE WHEN a IS NULL THEN NULL WHEN a <= 12 THEN '0-12' ELSE '13+' END", "(d - e)::DOUBLE PRECISION",
    "a::DOUBLE PRECISION", "x::INT", "p::BOOLEAN",
)  # fmt: skip
COLUMNS = {"a": "INT", "b": "INT", "x": "DOUBLE", "p": "BOOLEAN", "q": "BOOLEAN", "w": "TEXT", "d": "DATE", "e": "DATE"}
NUMBERS = st.none() | st.integers(-20, 20)
DAYS = st.none() | st.dates(datetime.date(2000, 1, 1), datetime.date(2030, 1, 1))
ROWS = st.fixed_dictionaries(
    {
        "a": NUMBERS, "b": NUMBERS, "x": st.none() | st.floats(-100, 100, allow_subnormal=False), "d": DAYS, "e": DAYS,
        "p": st.none() | st.booleans(), "q": st.none() | st.booleans(),
        "w": st.none() | st.sampled_from(["No", "abc", "abcd", "Card (automatic)", "(automatic) card", ""]),
    }
)  # fmt: skip


PARSED = {text: sqlglot.parse_one(text, dialect="postgres") for text in EXPRESSIONS}
COMPILED = compile_row([Step("made", ("given",), PARSED)], "given", "a test")


def ask_duckdb(row: dict[str, Any]) -> tuple[Any, ...]:
    typed = ", ".join(f"${name}::{kind} AS {name}" for name, kind in COLUMNS.items())
    written = ", ".join(expression.sql("duckdb") for expression in PARSED.values())
    found = duckdb.execute(f"SELECT {written} FROM (SELECT {typed})", row).fetchone()
    assert found is not None
    return found


@settings(max_examples=60, deadline=None)
@given(row=ROWS)
def test_every_operator_gives_the_value_of_a_database(row: dict[str, Any]) -> None:
    for (text, here), there in zip(COMPILED(row).items(), ask_duckdb(row), strict=True):
        assert here == (pytest.approx(float(there), rel=1e-14) if _is_number(there) else there), text


def _is_number(value: object) -> bool:
    return value is not None and not isinstance(value, bool | str)


def test_an_operator_that_nobody_knows_is_refused_before_any_customer_comes() -> None:
    with pytest.raises(TransformFailed, match="uses POW, which cannot be computed for one customer"):
        compile_row(
            [Step("made", ("given",), {"squared": exp.Pow(this=exp.column("a"), expression=exp.column("b"))})],
            "given",
            "a test",
        )


def test_a_column_beside_wins_over_the_row_only_by_its_name() -> None:
    steps = [
        Step("customers", ("given",), {"a": exp.column("a")}),
        Step("prices", ("customers",), {"a": exp.Add(this=exp.column("a"), expression=exp.Literal.number(5))}),
        Step("both", ("customers", "prices"), {"own": exp.column("a", "customers"), "list": exp.column("a", "prices")}),
    ]

    assert compile_row(steps, "given", "a test")({"a": 1}) == {"own": 1, "list": 6}


def test_the_macros_of_the_project_do_not_stay_among_those_of_sqlmesh() -> None:
    """Were they still there, SQLMesh would load every model without its macros, as a new version of it."""
    from sqlmesh import macro

    before = set(macro.get_registry())
    compile_features(["tenure_months"])

    assert set(macro.get_registry()) == before
    assert "declared_columns" not in before
