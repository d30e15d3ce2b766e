"""Gives the SQL models the columns that a company declares, for `transforms/config.py`.

SQLMesh sees only names and types: if it saw phrases, a changed phrase would rebuild all of history. They come in as a
variable, because SQLMesh does not notice when a file that a macro opens has changed.
"""

from typing import Any

from sqlmesh.core.loader import SqlMeshLoader

from churn.contracts.extract import EXTRACT_COLUMNS
from churn.intake.declaring import read_declared
from churn.settings import load_settings
from churn.stores.sql_models.latest import derive_latest

DECLARED_TABLE = "raw_data.declared_columns"


def declared_variables() -> dict[str, list[str]]:
    """Returns the variables of the macros in transforms/macros/declared.py.

    They are `declared`, with NAME TYPE for each declared column, `segments`, those that divide the customers on pages,
    `over_days`, with NAME DAYS for each column with features that look back, `involuntary`, with NAME WORD for each
    word of a leaver who did not decide to leave, and `absent`, the columns of the public sample that the extract does
    not have.
    """
    declaration = read_declared(load_settings())
    return {
        "declared": [f"{column.name} {column.sql_type}" for column in declaration.stored],
        "segments": [column.name for column in declaration.stored if column.is_segment],
        "over_days": [" ".join([name, *map(str, days)]) for name, days in declaration.over_days.items()],
        "involuntary": [f"{column.name} {word}" for column in declaration.stored for word in column.involuntary],
        "absent": [name for name in EXTRACT_COLUMNS if name not in declaration.extract_columns],
    }


class DeclaredLoader(SqlMeshLoader):
    """Loads the project, with the declared columns in the external model of their table, and the `_latest` views."""

    def _load_external_models(self, *arguments: Any, **options: Any) -> Any:
        from sqlglot import exp

        models = super()._load_external_models(*arguments, **options)
        declared = dict(one.split(" ", 1) for one in declared_variables()["declared"])
        types = {name: exp.DataType.build(kind, dialect="postgres") for name, kind in declared.items()}
        for fqn, model in models.items():
            if types and model.name == DECLARED_TABLE:
                columns = {**model.columns_to_types_, **types}
                models.update({fqn: model.copy(update={"columns_to_types_": columns})})
        return models

    def _load_sql_models(
        self, macros: Any, jinja_macros: Any, audits: Any, signals: Any, *arguments: Any, **options: Any
    ) -> Any:
        models = super()._load_sql_models(macros, jinja_macros, audits, signals, *arguments, **options)
        derived = derive_latest(
            models,
            defaults=self.config.model_defaults.dict(),
            macros=macros,
            audit_definitions=audits,
            module_path=self.config_path,
            dialect=self.config.model_defaults.dialect,
            physical_schema_mapping=self.config.physical_schema_mapping,
            project=self.config.project,
            default_catalog=self.context.default_catalog,
        )
        models.update({model.fqn: model for model in derived})
        return models
