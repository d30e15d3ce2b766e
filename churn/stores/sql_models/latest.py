"""Derives the `_latest` views from the views by date: the rows of the latest published date, for tools that add up.

A derived view has every column of its base with the same meaning, so that the two cannot come apart. Rejected: a file
for each, which would repeat 130 described columns.
"""

from collections.abc import Mapping
from typing import Any

LATEST = ("kpi_daily", "risk_by_segment", "action_list", "customer_scores")
"""The views of `reporting` with a row for each date, of which the latest date has a view of its own."""


def derive_latest(models: Mapping[str, Any], **options: Any) -> list[Any]:
    """Returns the `_latest` model of each base that is among the models.

    Args:
        models: the loaded SQL models.
        options: how SQLMesh loads a model of the project: defaults, macros, audits, catalogue.
    """
    from sqlmesh.core.dialect import parse
    from sqlmesh.core.model import load_sql_based_model

    bases = {model.name: model for model in models.values()}
    return [
        load_sql_based_model(
            parse(_write(bases[f"reporting.{view}"]), "postgres"), path=bases[f"reporting.{view}"]._path, **options
        )
        for view in LATEST
        if f"reporting.{view}" in bases
    ]


def _write(base: Any) -> str:
    """Returns the file that the view would have."""
    from sqlglot import exp

    grain = ", ".join(column.name for expression in base.grains for column in expression.find_all(exp.Column))
    unique = "unique_combination_of_columns" if "," in grain else "unique_values"
    described = base.column_descriptions
    columns = ",\n".join(
        # A column that is being added may have no comment yet: the lint says so, and not an error of this view.
        f"latest.{name}::{kind.sql('postgres')} AS {name}{f' /* {described[name]} */' if name in described else ''}"
        for name, kind in base.columns_to_types.items()
    )
    said = f"The rows of {base.name} of the latest published date. {base.description}".replace("'", "''")
    return f"""
        MODEL (
            name {base.name}_latest, kind VIEW, dialect postgres, description '{said}', grain ({grain}),
            audits ({unique}(columns := ({grain})), not_null(columns := ({grain})))
        );
        SELECT {columns}
        FROM {base.name} AS latest
        WHERE latest.prediction_date = (SELECT MAX(prediction_date) FROM ops.publications WHERE status = 'published')
    """
