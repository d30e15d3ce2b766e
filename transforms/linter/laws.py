"""The lint rules of the SQL layer. SQLMesh checks them in `sqlmesh lint` and before every plan by hand."""

from collections.abc import Iterator

from sqlglot import exp
from sqlmesh.core.linter.rule import Rule, RuleViolation
from sqlmesh.core.model import Model, SqlModel

READS_FROM = {
    "staging": {"raw_data"},
    "analytics": {"staging", "analytics"},
    "reporting": {"analytics", "reporting", "ops"},
}
"""Each layer, and the schemas that its models may read."""
LEDGERS = {"raw_data.loads", "raw_data.rejected_rows"}
"""Tables of raw_data about the work of intake, not about customers: reporting may read them like the ledgers of ops."""


class LayerOrder(Rule):
    """A model reads only from the layers below it: raw_data -> staging -> analytics -> reporting (and ops)."""

    def check_model(self, model: Model) -> RuleViolation | None:
        """Compares the schemas that a model reads with those that its layer may read."""
        if not isinstance(model, SqlModel):
            return None
        layer = exp.to_table(model.fqn).db
        if layer not in READS_FROM:
            return self.violation(f"{model.name} is in no layer. Put it into one of {', '.join(READS_FROM)}.")
        foreign = sorted(name for name in map(_short, model.depends_on) if not _may_read(layer, name))
        if not foreign:
            return None
        allowed = ", ".join(sorted(READS_FROM[layer]))
        return self.violation(f"{model.name} reads {', '.join(foreign)}, but {layer} may read only {allowed}.")


class AuditedGrain(Rule):
    """A model names its grain and audits it: unique together, and never NULL. `grain` alone enforces nothing."""

    def check_model(self, model: Model) -> RuleViolation | None:
        """Looks for a uniqueness audit and a not-null audit over exactly the columns of the grain."""
        if not isinstance(model, SqlModel):
            return None
        grain = {name for expression in model.grains for name in _columns(expression)}
        if not grain:
            return self.violation(f"{model.name} has no grain. Add `grain` with the columns that identify a row.")
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
    """A model and each of its columns have a description: the data dictionary and BI tools show it."""

    def check_model(self, model: Model) -> RuleViolation | None:
        """Lists the columns without a comment."""
        if not isinstance(model, SqlModel):
            return None
        if not model.description:
            return self.violation(f"{model.name} has no description. Add `description`.")
        silent = [name for name in model.columns_to_types or {} if not model.column_descriptions.get(name)]
        if not silent:
            return None
        return self.violation(f"{model.name} has columns without a comment: {', '.join(silent)}. Describe each.")


class NoInnerStar(Rule):
    """No SELECT * anywhere, not even in a CTE: a model names the columns that it reads. COUNT(*) is allowed."""

    def check_model(self, model: Model) -> RuleViolation | None:
        """Looks for a star among the projections of any SELECT of the model."""
        if not isinstance(model, SqlModel):
            return None
        selects = model.query.find_all(exp.Select)
        has_star = any(projection.is_star for select in selects for projection in select.expressions)
        return self.violation(f"{model.name} has a SELECT *. Name the columns.") if has_star else None


def _may_read(layer: str, name: str) -> bool:
    return name.split(".")[0] in READS_FROM[layer] or (layer == "reporting" and name in LEDGERS)


def _short(fqn: str) -> str:
    table = exp.to_table(fqn)
    return f"{table.db}.{table.name}"


def _columns(expression: exp.Expression | None) -> Iterator[str]:
    if expression is not None:
        yield from (column.name for column in expression.find_all(exp.Column))
