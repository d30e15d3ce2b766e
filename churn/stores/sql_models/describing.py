"""Reads the descriptions of the SQL models, for the data dictionary."""

from typing import Any

from churn.stores.postgres.catalogue import ColumnNote, TableNote
from churn.stores.sql_models.contexts import locked_context
from churn.stores.workplace import Workplace


def describe_models(workplace: Workplace) -> list[TableNote]:
    """Returns the descriptions of the SQL models; each model comes after the models that it reads."""
    with locked_context(workplace) as context:
        ordered = [
            context.get_model(name, raise_if_missing=True) for name in context.dag.sorted if name in context.models
        ]
        return [_describe(model) for model in ordered if not model.kind.is_external]


def _describe(model: Any) -> TableNote:
    notes = model.column_descriptions
    columns = [
        ColumnNote(name, kind.sql("postgres"), notes.get(name, "")) for name, kind in model.columns_to_types.items()
    ]
    grain = [column.name for expression in model.grains for column in (expression.expressions or [expression])]
    kind = "SQL view" if model.kind.is_view else "SQL, one date at a time"
    return TableNote(model.name, model.description or "", tuple(grain), kind, tuple(columns))
