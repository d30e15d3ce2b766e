"""Computes the features of one customer with the SQL of staging.stg_telco_churn and analytics.fct_customer_features."""

import importlib.util
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from churn.errors import TransformFailed
from churn.settings import PROJECT_DIR
from churn.stores.sql_models.row_functions import Step, Values, compile_row

if TYPE_CHECKING:
    from sqlglot import exp
    from sqlmesh.core.macros import MacroEvaluator

_MODELS = PROJECT_DIR / "transforms" / "models"
_STAGING, _FEATURES = "staging.stg_telco_churn", "analytics.fct_customer_features"


def compile_features(wanted: Sequence[str]) -> Callable[[Values], Values]:
    """Returns a function from a row of raw_data to the features of the customer.

    The row has snapshot_date, the columns of raw_data.telco_churn_raw and the declared columns; what the extract does
    not have is None. The declaration in force decides the declared columns.

    Args:
        wanted: the columns of analytics.fct_customer_features to compute.

    Raises:
        TransformFailed: the SQL has another form than this module expects, or an operator that it does not know.
    """
    staging, features = _render(_STAGING, is_outer_only=True), _render(_FEATURES)
    customers, prices = _find_parts(features)
    chosen = {name: it for name, it in _columns_of(features).items() if name in wanted}
    steps = [
        Step("staged", ("given",), _columns_of(staging)),
        Step("customers", ("staged",), _columns_of(customers)),
        Step("prices", ("customers",), _columns_of(prices)),
        Step("features", ("customers", "prices"), chosen),
    ]
    return compile_row(steps, "given", _FEATURES)


def _find_parts(features: "exp.Select") -> tuple["exp.Select", "exp.Select"]:
    """Returns the query named customers and the lateral one named prices."""
    from sqlglot import exp

    named = [cte.this for cte in features.ctes if cte.alias == "customers"]
    lateral = [one.this.this for one in features.find_all(exp.Lateral) if one.alias == "prices"]
    if len(features.ctes) != 1 or len(named) != 1 or len(lateral) != 1:
        raise TransformFailed(
            f"{_FEATURES} has other parts than the query customers and the lateral query prices.",
            "change churn/stores/sql_models/one_customer.py together with the SQL model.",
        )
    return named[0], lateral[0]


def _columns_of(query: "exp.Select") -> dict[str, "exp.Expression"]:
    return {one.alias_or_name: one.unalias() for one in query.expressions}


def _render(name: str, is_outer_only: bool = False) -> "exp.Select":
    """Returns the query of a model with its macros replaced, without the filter on dates.

    SQLMesh's context would need the database for its records, and two seconds more.
    """
    from sqlglot import exp
    from sqlmesh.core.dialect import parse

    layer, _, table = name.partition(".")
    text = (_MODELS / layer / f"{table}.sql").read_text(encoding="utf-8")
    query = next(one for one in parse(text, default_dialect="postgres") if isinstance(one, exp.Select)).copy()
    for condition in list(query.find_all(exp.Where)):
        condition.pop()
    if is_outer_only:
        query.set("with_", None)
    rendered = _make_evaluator().transform(query)
    assert isinstance(rendered, exp.Select), name
    return rendered


def _make_evaluator() -> "MacroEvaluator":
    """Returns an evaluator with the project's macros and variables."""
    from sqlmesh import macro
    from sqlmesh.core.macros import MacroEvaluator

    from churn.stores.sql_models.declared import declared_variables

    built_in = macro.get_registry()
    try:
        for file in sorted(Path(PROJECT_DIR, "transforms", "macros").glob("*.py")):
            spec = importlib.util.spec_from_file_location(f"macros.{file.stem}", file)
            assert spec is not None, file
            assert spec.loader is not None, file
            spec.loader.exec_module(importlib.util.module_from_spec(spec))
        evaluator = MacroEvaluator(dialect="postgres")
    finally:
        # SQLMesh 0.236 takes every macro of the registry for one of its own when it loads a project, and then keeps it
        # out of the models: they would all be new versions, and without their indexes.
        macro.set_registry(built_in)
    evaluator.locals["__sqlmesh__vars__"] = declared_variables()
    return evaluator
