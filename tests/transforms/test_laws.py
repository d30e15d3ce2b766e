"""Every law of the SQL layer catches a model that breaks it, and says what to do."""

from typing import Any

import pytest

SOUND = """
MODEL (
  name {name},
  kind FULL,
  description 'One row per customer.',
  grain (customer_id),
  audits (unique_values(columns := (customer_id)), not_null(columns := (customer_id)))
);
SELECT customer_id::TEXT AS customer_id, /* Number */ 1::INT AS n /* Always 1 */ FROM {source}
"""


def break_law(law: str, sql: str) -> str | None:
    """What a law of transforms/linter/laws.py says about a model; None when it has nothing to say."""
    from sqlmesh.core.dialect import parse
    from sqlmesh.core.model import load_sql_based_model

    from transforms.linter import laws

    model = load_sql_based_model(parse(sql, default_dialect="postgres"), dialect="postgres")
    violation = getattr(laws, law)(None).check_model(model)
    return violation.violation_msg if violation else None


LAWS = ("LayerOrder", "AuditedGrain", "DescribedColumns", "NoInnerStar")


@pytest.mark.parametrize("law", LAWS)
def test_a_sound_model_breaks_no_law(law: str) -> None:
    assert break_law(law, SOUND.format(name="analytics.sound", source="staging.stg_telco_churn")) is None


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("staging.hasty", "analytics.fct_customer_features"),
        ("analytics.hasty", "raw_data.telco_churn_raw"),
        ("analytics.hasty", "ops.publications"),
        ("reporting.hasty", "staging.stg_telco_churn"),
        ("reporting.hasty", "raw_data.telco_churn_raw"),
    ],
)
def test_a_model_that_skips_a_layer_is_named_with_what_it_reads(name: str, source: str) -> None:
    said = break_law("LayerOrder", SOUND.format(name=name, source=source))

    assert said is not None
    assert said.startswith(f"{name} reads {source}, but ")


def test_a_model_outside_the_layers_is_caught() -> None:
    said = break_law("LayerOrder", SOUND.format(name="scratch.mine", source="staging.stg_telco_churn"))

    assert said == "scratch.mine is in no layer. Put it into one of staging, analytics, reporting."


def test_a_model_without_a_grain_is_caught() -> None:
    sql = SOUND.format(name="analytics.m", source="staging.s").replace("grain (customer_id),", "")

    said = "analytics.m has no grain. Add `grain` with the columns that identify a row."
    assert break_law("AuditedGrain", sql) == said


def test_a_grain_that_no_audit_guards_is_caught() -> None:
    sql = SOUND.format(name="analytics.m", source="staging.s").replace("grain (customer_id)", "grain (customer_id, n)")

    assert break_law("AuditedGrain", sql) == (
        "analytics.m does not audit its grain (customer_id, n): add not_null for n; add unique_combination_of_columns."
    )


def test_a_column_without_a_comment_is_named() -> None:
    sql = SOUND.format(name="analytics.m", source="staging.s").replace("/* Always 1 */", "")

    assert break_law("DescribedColumns", sql) == "analytics.m has columns without a comment: n. Describe each."


def test_a_model_without_a_description_is_caught() -> None:
    sql = SOUND.format(name="analytics.m", source="staging.s").replace("description 'One row per customer.',", "")

    assert break_law("DescribedColumns", sql) == "analytics.m has no description. Add `description`."


def test_a_star_hidden_in_a_cte_is_caught() -> None:
    hidden = SOUND.replace("SELECT customer_id", "WITH all_of_it AS (SELECT * FROM {source}) SELECT customer_id")
    sql = hidden.replace("*/ FROM {source}", "*/ FROM all_of_it").format(name="analytics.m", source="staging.s")

    assert break_law("NoInnerStar", sql) == "analytics.m has a SELECT *. Name the columns."


def test_counting_rows_is_not_a_star() -> None:
    sql = SOUND.format(name="analytics.m", source="staging.s").replace("1::INT AS n", "COUNT(*)::INT AS n")

    assert break_law("NoInnerStar", sql) is None


def test_every_law_is_switched_on(project: Any) -> None:
    rules = project.config.linter.rules

    assert {law.lower() for law in LAWS} <= rules
    assert {"nomissingaudits", "nomissingunittest", "ambiguousorinvalidcolumn"} <= rules
