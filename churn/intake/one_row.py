"""Checks one typed row against the contract of a declaration, for a customer who does not come in a file.

The rules, their names and their sentences are those of `rules_of`: this module only applies them to Python values.
Pandera takes 10 milliseconds for a call, whatever its number of rows; this takes some microseconds. A test breaks every
rule and holds both ways equal.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import polars as pl

from churn.contracts.declaration import Declaration
from churn.contracts.declared_extract import build_contract
from churn.contracts.extract import ADD_ON_COLUMNS, OPEN_COLUMNS, VISIBLE
from churn.intake.rules import rules_of
from churn.intake.screening import MAX_WORD

Row = Mapping[str, Any]
"""The values of a row by our names; None is a blank."""


@dataclass(frozen=True)
class BrokenRule:
    """A rule that a row breaks.

    Attributes:
        column: the column, by our name; None for a rule about several columns.
        rule: the name of the rule.
        sentence: what the rule demands.
    """

    column: str | None
    rule: str
    sentence: str


def find_broken(row: Row, declaration: Declaration, accept_new_words: bool = False) -> list[BrokenRule]:
    """Returns every rule of the contract that a row breaks.

    Args:
        row: the columns of the extract and the declared ones, in their types.
        declaration: what the extract holds.
        accept_new_words: whether a column that is open to new words may have one.
    """
    contract = _compile(declaration)
    broken = []
    for column, is_nullable, checks in contract.columns:
        value = row.get(column)
        if value is None:
            if not is_nullable:
                broken.append(_tell(column, f"{column}_present", declaration))
            continue
        for rule, holds in checks:
            if not holds(value) and not (accept_new_words and _is_new_word(column, rule, value)):
                broken.append(_tell(column, rule, declaration))
    broken += [_tell(None, rule, declaration) for rule, holds in contract.rows if not holds(row)]
    return broken


Holds = Callable[[Any], bool]


@dataclass(frozen=True)
class _Contract:
    """The checks: (column, is nullable, [(rule, holds)]) and [(rule, holds for a row)]."""

    columns: list[tuple[str, bool, list[tuple[str, Holds]]]]
    rows: list[tuple[str, Callable[[Row], bool]]]


@cache
def _compile(declaration: Declaration) -> _Contract:
    schema, named = build_contract(declaration), rules_of(declaration).named
    names = {(column, check): rule for column, check, rule, _ in named.iter_rows()}
    columns = [
        (
            column,
            declared.nullable,
            [(names[column, check.error or check.name], _as_test(check)) for check in declared.checks],
        )
        for column, declared in schema.columns.items()
    ]
    return _Contract(columns, [(check.name, _ROW_TESTS[check.name]) for check in schema.checks])


def _as_test(check: Any) -> Holds:
    """Returns the function of a Pandera check for one value."""
    facts = check.statistics
    match check.name:
        case "isin":
            allowed = frozenset(facts["allowed_values"])
            return lambda value: value in allowed
        case "greater_than_or_equal_to":
            return lambda value: bool(value >= facts["min_value"])
        case "greater_than":
            return lambda value: bool(value > facts["min_value"])
        case "less_than_or_equal_to":
            return lambda value: bool(value <= facts["max_value"])
        case "in_range":
            return lambda value: bool(facts["min_value"] <= value <= facts["max_value"])
        case "str_length":
            return lambda value: bool(facts["min_value"] <= len(value) <= facts["max_value"])
        case "visible":
            return lambda value: (value.isascii() and value.isprintable()) or _is_visible(value)
    raise AssertionError(f"this module cannot apply the check {check.name} to one value")


def _is_visible(value: str) -> bool:
    # Polars, not re: Python's re has no \p classes.
    return bool(pl.Series([value], dtype=pl.String).str.contains(VISIBLE)[0])


def _is_new_word(column: str, rule: str, value: Any) -> bool:
    is_open = column in OPEN_COLUMNS and rule == f"{column}_known"
    return is_open and len(value) <= MAX_WORD and str(value).isprintable()


def _tell(column: str | None, rule: str, declaration: Declaration) -> BrokenRule:
    return BrokenRule(column, rule, rules_of(declaration).sentences[rule])


def _once_billed(row: Row) -> bool:
    return row["tenure"] in (0, None) or row["total_charges"] is not None


def _cover_one_month(row: Row) -> bool:
    if None in (row["tenure"], row["total_charges"], row["monthly_charges"]):
        return True
    return bool(row["tenure"] == 0 or row["total_charges"] >= row["monthly_charges"])


def _add_ons_agree(row: Row) -> bool:
    return _agree(row, "internet_service", "No internet service", ADD_ON_COLUMNS)


def _lines_agree(row: Row) -> bool:
    return _agree(row, "phone_service", "No phone service", ("multiple_lines",))


def _agree(row: Row, service: str, absent: str, columns: tuple[str, ...]) -> bool:
    """Whether columns say that a service is absent exactly when it is; a blank is named by another rule."""
    known = [row[name] for name in columns if row[name] is not None and row[service] is not None]
    return all((value == absent) == (row[service] == "No") for value in known)


_ROW_TESTS: dict[str, Callable[[Row], bool]] = {
    "total_charges_present_once_billed": _once_billed,
    "total_charges_cover_one_month": _cover_one_month,
    "internet_add_ons_agree_with_internet_service": _add_ons_agree,
    "multiple_lines_agree_with_phone_service": _lines_agree,
}
