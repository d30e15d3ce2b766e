"""The laws of the SQL layer, checked by `sqlmesh lint` and before every plan made by hand."""

from collections.abc import Iterator

from sqlglot import exp
from sqlmesh.core.linter.rule import Rule, RuleViolation
from sqlmesh.core.model import Model, SqlModel

READS_FROM = {
    "staging": {"raw_data"},
    "analytics": {"staging", "analytics"},
    "reporting": {"analytics", "reporting", "ops"},
}
"""Each layer and the schemas its models may read."""
LEDGERS = {"raw_data.loads", "raw_data.rejected_rows"}
"""What intake did, not what the source said of a customer: reporting tells it as it tells the ledgers of ops."""


class LayerOrder(Rule):
    """A model reads only from its own layer's sources: raw_data -> staging -> analytics -> reporting (and ops)."""

    def check_model(self, model: Model) -> RuleViolation | None:
        """Compares the schemas a model reads with those its layer may read."""
        if not isinstance(model, SqlModel):
            return None
        layer = exp.to_table(model.fqn).db
        if layer not in READS_FROM:
            return self.violation(f"{model.name} lies in no layer; the layers are {', '.join(READS_FROM)}.")
        foreign = sorted(name for name in map(_short, model.depends_on) if not _may_read(layer, name))
        if not foreign:
            return None
        allowed = ", ".join(sorted(READS_FROM[layer]))
        return self.violation(f"{model.name} reads {', '.join(foreign)}; {layer} may read {allowed} only.")


class AuditedGrain(Rule):
    """A model names its grain and audits it: unique together, and never NULL. `grain` by itself enforces nothing."""

    def check_model(self, model: Model) -> RuleViolation | None:
        """Looks for the uniqueness and the not-null audit over exactly the grain."""
        if not isinstance(model, SqlModel):
            return None
        grain = {name for expression in model.grains for name in _columns(expression)}
        if not grain:
            return self.violation(f"{model.name} does not say what one row is: add `grain`.")
        missing = sorted(self._missing(model, grain))
        if not missing:
            return None
        return self.violation(
            f"{model.name} does not audit its grain ({', '.join(sorted(grain))}): {'; '.join(missing)}."
        )

    def _missing(self, model: Model, grain: set[str]) -> Iterator[str]:
        audited = [(name, set(_columns(arguments.get("columns")))) for name, arguments in model.audits]
        unique = "unique_values" if len(grain) == 1 else "unique_combination_of_columns"
        if not any(name == unique and columns == grain for name, columns in audited):
            yield f"add {unique}"
        not_null = {column for name, columns in audited if name == "not_null" for column in columns}
        if unguarded := grain - not_null:
            yield f"add not_null for {', '.join(sorted(unguarded))}"


class DescribedColumns(Rule):
    """A model and each of its columns carry a description: the data dictionary and BI tools show it."""

    def check_model(self, model: Model) -> RuleViolation | None:
        """Lists the columns without a comment."""
        if not isinstance(model, SqlModel):
            return None
        if not model.description:
            return self.violation(f"{model.name} has no description.")
        silent = [name for name in model.columns_to_types or {} if not model.column_descriptions.get(name)]
        return self.violation(f"{model.name} does not describe {', '.join(silent)}.") if silent else None


class NoInnerStar(Rule):
    """No SELECT * anywhere, not even in a CTE: what a model reads is written down. COUNT(*) is not one."""

    def check_model(self, model: Model) -> RuleViolation | None:
        """Looks for a star among the projections of any SELECT of the model."""
        if not isinstance(model, SqlModel):
            return None
        selects = model.query.find_all(exp.Select)
        has_star = any(projection.is_star for select in selects for projection in select.expressions)
        return self.violation(f"{model.name} has a SELECT *: name the columns.") if has_star else None


def _may_read(layer: str, name: str) -> bool:
    return name.split(".")[0] in READS_FROM[layer] or (layer == "reporting" and name in LEDGERS)


def _short(fqn: str) -> str:
    table = exp.to_table(fqn)
    return f"{table.db}.{table.name}"


def _columns(expression: exp.Expression | None) -> Iterator[str]:
    if expression is not None:
        yield from (column.name for column in expression.find_all(exp.Column))
