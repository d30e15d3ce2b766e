"""Tells which declaration is in force, and what another one would change."""

from dataclasses import dataclass
from pathlib import Path

from churn.contracts.declaration import Declaration, DeclaredColumn
from churn.intake.declaring import read_extract_form
from churn.stores.ledgers import loads
from churn.stores.workplace import Workplace


@dataclass(frozen=True)
class InForce:
    """The declaration in force.

    Attributes:
        path: its file; None for the declaration of the public sample.
        features: the features that models get.
    """

    path: Path | None
    reviewed_by: str
    currency: str
    columns: tuple[DeclaredColumn, ...]
    features: tuple[str, ...]


@dataclass(frozen=True)
class DeclaredChange:
    """What another declaration would change.

    Attributes:
        added, removed, changed: names of declared columns. Their stored values stay; a removed one is no feature any
            more.
        retyped: columns that would get another type, which a load refuses.
        rebuilt_days: the stored days whose staging and features are rebuilt; 0 if no column is added or removed.
    """

    path: Path
    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[str, ...]
    retyped: tuple[str, ...]
    rebuilt_days: int


@dataclass(frozen=True)
class DeclarationReport:
    """The declaration in force, and what another one would change; None if there is no other one."""

    in_force: InForce
    change: DeclaredChange | None = None


def read_declaration_report(workplace: Workplace, other: Path | None) -> DeclarationReport:
    """Returns the declaration in force, and what `other` would change.

    Raises:
        WrongUsage: a file cannot be read, or has an entry that is not allowed.
    """
    path = workplace.settings.declaration_in_force
    now = read_extract_form(path).declaration
    in_force = InForce(path, now.reviewed_by, now.currency, now.columns, now.features.names)
    if other is None:
        return DeclarationReport(in_force)
    days = len(loads.find_current_loads(workplace.engine))
    return DeclarationReport(in_force, compare_declarations(now, read_extract_form(other).declaration, other, days))


def compare_declarations(now: Declaration, other: Declaration, path: Path, stored_days: int) -> DeclaredChange:
    """Returns what a declaration would change."""
    before = {column.name: column for column in now.stored}
    after = {column.name: column for column in other.stored}
    both = [name for name in after if name in before]
    retyped = tuple(name for name in both if after[name].sql_type != before[name].sql_type)
    changed = tuple(name for name in both if after[name] != before[name] and name not in retyped)
    added, removed = tuple(_lacking(after, before)), tuple(_lacking(before, after))
    is_rebuilt = bool(added or removed or other.extract_columns != now.extract_columns)
    return DeclaredChange(path, added, removed, changed, retyped, stored_days if is_rebuilt else 0)


def _lacking(names: dict[str, DeclaredColumn], others: dict[str, DeclaredColumn]) -> list[str]:
    """Returns the names that the others do not have, in order."""
    return [name for name in names if name not in others]
