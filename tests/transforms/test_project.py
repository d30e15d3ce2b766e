"""The SQLMesh project as a whole: its laws, its unit tests, its style, and what it shares with the Python side."""

import io
import re
from dataclasses import asdict
from typing import Any

import pytest
import sqlalchemy as sa
from sqlglot import exp

from churn.contracts.features import FEATURES
from churn.stores.postgres import tables
from churn.stores.shown.marts import VIEWS
from churn.stores.sql_models.contexts import TRANSFORMS_DIR
from churn.stores.sql_models.latest import LATEST
from tests.support.policies import POLICIES
from tests.transforms.conftest import models_of


def test_the_project_keeps_its_laws(project: Any) -> None:
    violations = project.lint_models(raise_on_error=False)

    assert [f"{one.model.name}: {one.violation_msg}" for one in violations] == []


def test_every_unit_test_of_the_models_passes(project: Any) -> None:
    told = io.StringIO()
    result = project.test(stream=told)

    assert result.wasSuccessful(), [test.test_name for test, _ in [*result.failures, *result.errors]]
    assert result.testsRun >= len(models_of(project))


def test_the_files_are_formatted(project: Any) -> None:
    assert project.format(check=True), "run `uv run sqlmesh -p transforms format`"


@pytest.mark.parametrize("dialect", ["duckdb", "spark"])
def test_every_model_renders_for_another_engine(project: Any, dialect: str) -> None:
    for name, model in models_of(project).items():
        sql = model.render_query_or_raise(start="2026-01-31", end="2026-01-31").sql(dialect=dialect)

        assert exp.maybe_parse(sql, dialect=dialect).named_selects == list(model.columns_to_types), name


def test_models_know_the_tables_that_python_writes(project: Any) -> None:
    declared = {table.fullname: table for table in tables.metadata.sorted_tables}

    for model in project.models.values():
        if model.kind.is_external:
            table = declared[model.name]
            assert model.description == table.comment, model.name
            types = {name: kind.sql("postgres") for name, kind in model.columns_to_types.items()}
            assert types == {column.name: _type_of(column) for column in table.columns}, model.name


def _type_of(column: sa.Column[Any]) -> str:
    from sqlalchemy.dialects import postgresql

    kind = column.type.compile(postgresql.dialect())
    names = {"INTEGER": "INT", "NUMERIC": "DECIMAL", "TIMESTAMP WITH TIME ZONE": "TIMESTAMPTZ"}
    return names.get(kind, kind)


@pytest.mark.parametrize("feature", FEATURES)
def test_a_feature_of_the_contract_is_a_column_of_the_model(project: Any, feature: str) -> None:
    columns = models_of(project)["analytics.fct_customer_features"].columns_to_types

    assert feature in columns, f"add {feature} to transforms/models/analytics/fct_customer_features.sql"
    kind = columns[feature]
    assert kind.is_type("boolean", "int", "double"), f"{feature} is no number a model can be given"
    assert kind.is_type("boolean") == feature.startswith(("is_", "has_", "uses_", "no_")), (
        f"{feature}: a yes/no feature is named is_, has_, uses_ or no_ and cast to BOOLEAN, any other is a number"
    )


def test_no_model_or_audit_knows_a_bound_or_an_action_of_a_tier(project: Any) -> None:
    """A company changes them in its policy file: written into SQL, an edit of the policy would rebuild history."""
    values = {
        str(value) for name, value in asdict(POLICIES.tiers).items() if name.endswith(("_probability", "_action"))
    }
    for path in [*(TRANSFORMS_DIR / "models").rglob("*.sql"), *(TRANSFORMS_DIR / "audits").glob("*.sql")]:
        text = re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.DOTALL)
        literals = {literal.strip("'") for literal in re.findall(r"'[^']*'|\b\d+\.\d+\b", text)}

        assert not literals & values, path


def test_money_that_readers_get_has_its_currency_beside_it(project: Any) -> None:
    for name, model in models_of(project).items():
        columns = set(model.columns_to_types)
        if name.startswith("reporting.") and any(column.endswith("_usd") for column in columns):
            assert "currency" in columns, name


@pytest.mark.parametrize("view", VIEWS)
def test_a_view_that_leaves_the_house_says_whether_its_customers_are_synthetic(project: Any, view: str) -> None:
    assert "is_synthetic" in models_of(project)[f"reporting.{view}"].columns_to_types


@pytest.mark.parametrize("view", LATEST)
def test_a_latest_view_has_the_columns_and_the_meanings_of_its_base(project: Any, view: str) -> None:
    base, latest = (models_of(project)[f"reporting.{view}{ending}"] for ending in ("", "_latest"))

    assert latest.columns_to_types == base.columns_to_types
    assert latest.column_descriptions == base.column_descriptions


def test_views_are_what_readers_keep(project: Any) -> None:
    """A refresh names the tables it evaluates; were a reporting model a table, it would go stale."""
    kinds = {name: str(model.kind.name) for name, model in models_of(project).items()}

    assert {kind for name, kind in kinds.items() if name.startswith("reporting.")} == {"VIEW"}
    assert {name for name, kind in kinds.items() if kind == "VIEW" and not name.startswith("reporting.")} == {
        "analytics.declared_changes",
        "analytics.price_changes",
        "analytics.training_examples",
    }
    assert set(kinds.values()) == {"VIEW", "INCREMENTAL_BY_TIME_RANGE"}
