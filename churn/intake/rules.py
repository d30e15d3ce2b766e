"""The rules of the contract by name: the name of each rule, its sentence for people, and the cells that it shows.

All rules are derived from the contract of a declaration, so that each rule is written only once. A reason reads
`tenure_at_least_0: tenure must be 0 or more, found -3`. The SQL model reporting.reject_reasons cuts it at `, found `.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import polars as pl

from churn.contracts.declaration import SHIPPED_DECLARATION, Declaration
from churn.contracts.declared_extract import build_contract
from churn.contracts.extract import ADD_ON_COLUMNS
from churn.intake.declared import name_unreadable

CELL_SHOWN = 60
"""The number of characters of a cell that a reason shows. The whole row is stored beside the reason."""

EVERY_CELL = "row_has_every_cell"
NUMBER_COLUMNS = {
    "senior_citizen": ("senior_citizen_whole_number", "must be a whole number"),
    "tenure": ("tenure_whole_number", "must be a whole number"),
    "monthly_charges": ("monthly_charges_number", "must be a finite number with a decimal point"),
    "total_charges": ("total_charges_number", "must be a finite number with a decimal point"),
}
"""Rules for reading a number: name and sentence. They apply before the rules of the contract."""

_SHOWN_BY_ROW_RULES = {
    "total_charges_present_once_billed": ("tenure", "total_charges"),
    "total_charges_cover_one_month": ("tenure", "monthly_charges", "total_charges"),
    "internet_add_ons_agree_with_internet_service": ("internet_service", *ADD_ON_COLUMNS),
    "multiple_lines_agree_with_phone_service": ("phone_service", "multiple_lines"),
}


def _words_of(check: Any) -> tuple[str, str]:
    """Returns the suffix of a rule's name and its sentence for a Pandera check."""
    facts = check.statistics
    match check.name:
        case "isin":
            return "known", f"must be {_either(facts['allowed_values'])}"
        case "greater_than_or_equal_to":
            return f"at_least_{facts['min_value']}", f"must be {facts['min_value']:,} or more"
        case "greater_than":
            return f"above_{facts['min_value']}", f"must be more than {facts['min_value']:,}"
        case "less_than_or_equal_to":
            return f"at_most_{facts['max_value']}", f"must be {facts['max_value']:,} or less"
        case "in_range":
            return "in_range", f"must be {facts['min_value']:,} to {facts['max_value']:,}"
        case "str_length":
            return "length", f"must have {facts['min_value']} to {facts['max_value']} characters"
        case "visible":
            return "printable", "must hold no control or invisible characters"
    raise AssertionError(f"this module has no sentence for the check {check.name}")


def _either(values: list[Any]) -> str:
    *first, last = [str(value) for value in values]
    return f"{', '.join(first)} or {last}"


def _name_rules(declaration: Declaration) -> Iterator[tuple[str | None, str, str, str]]:
    """Yields column (None for a rule about the whole row), Pandera's name of the check, our name and our sentence."""
    schema = build_contract(declaration)
    for column, declared in schema.columns.items():
        if not declared.nullable:
            yield column, "not_nullable", f"{column}_present", f"{column} must not be blank"
        for check in declared.checks:
            # Pandera reports a failed check by its `error` text, not by its name: the text is the key to look it up by.
            suffix, words = _words_of(check)
            yield column, check.error or check.name, f"{column}_{suffix}", f"{column} {words}"
    for check in schema.checks:
        words = check.description.rstrip(".")
        yield None, check.name, check.name, words[0].lower() + words[1:]


@dataclass(frozen=True)
class RuleBook:
    """The rules of a declaration.

    Attributes:
        named: rule_column, check (Pandera's name), rule and words.
        unreadable: for each column that is not text, the rule for reading a cell and its sentence without the column.
        sentences: every rule that a row can break, and the sentence of the rule.
    """

    named: pl.DataFrame
    unreadable: dict[str, tuple[str, str]]
    sentences: dict[str, str]


@cache
def rules_of(declaration: Declaration) -> RuleBook:
    """Returns the rules of a declaration."""
    columns = ["rule_column", "check", "rule", "words"]
    named = pl.DataFrame(list(_name_rules(declaration)), schema=columns, orient="row", strict=True)
    unreadable = {name: rule for name, rule in NUMBER_COLUMNS.items() if name in declaration.extract_columns}
    own = {column.name: name_unreadable(column) for column in declaration.stored}
    unreadable |= {name: rule for name, rule in own.items() if rule is not None}
    sentences = {
        **dict(zip(named["rule"], named["words"], strict=True)),
        **{rule: f"{column} {words}" for column, (rule, words) in unreadable.items()},
        EVERY_CELL: "a row must have as many cells as the header",
    }
    return RuleBook(named, unreadable, sentences)


RULES = rules_of(SHIPPED_DECLARATION).sentences
"""The rules of the public sample."""


def name_failures(cases: pl.DataFrame, rules: RuleBook) -> pl.DataFrame:
    """Returns index, column (None for a rule about the whole row) and rule for Pandera's failure cases."""
    # For a dataframe check Pandera names the model or any column as `column`. Only real columns keep their name.
    named = cases.with_columns(
        pl.when(pl.col("column").is_in(rules.named["rule_column"].drop_nulls().implode()))
        .then("column")
        .alias("rule_column")
    )
    joined = named.join(rules.named, on=["rule_column", "check"], how="left", nulls_equal=True, maintain_order="left")
    return joined.select(pl.col("index").cast(pl.Int64), pl.col("rule_column").alias("column"), "rule")


def state_reasons(
    broken: pl.DataFrame, text_rows: pl.DataFrame, rules: RuleBook, number: str | None = None
) -> pl.DataFrame:
    """Writes a reason for each broken rule: the rule, its sentence, and the value of the row.

    Args:
        broken: index, column, rule.
        text_rows: the batch as it arrived; `index` is the position in it.
        rules: the rules of the declaration.
        number: 1234.50 as the extract writes money; None if it writes it so.

    Returns:
        index and reason.
    """
    # Only the rows with a broken rule become Python dicts: a batch of good rows stays inside Polars.
    rows = text_rows.with_row_index("index").with_columns(pl.col("index").cast(pl.Int64))
    rows = rows.filter(pl.col("index").is_in(broken["index"].unique().implode()))
    by_index = {row["index"]: row for row in rows.iter_rows(named=True)}
    reasons = [
        f"{rule}: {_sentence(rules.sentences[rule], number)}, found {_shown(by_index[index], column, rule)}"
        for index, column, rule in broken.iter_rows()
    ]
    return broken.select("index", pl.Series("reason", reasons, dtype=pl.String))


def _sentence(sentence: str, number: str | None) -> str:
    return sentence.replace("with a decimal point", f"written like {number}") if number else sentence


def _shown(row: Mapping[str, str | None], column: str | None, rule: str) -> str:
    if column is not None:
        return _cell(row[column])
    columns = _SHOWN_BY_ROW_RULES[rule]
    if rule.startswith("internet_add_ons"):
        is_without = _cell(row["internet_service"]).lower() == "no"
        differing = [
            name for name in ADD_ON_COLUMNS if (_cell(row[name]).lower() == "no internet service") != is_without
        ]
        columns = ("internet_service", *differing)
    return ", ".join(f"{name} {_cell(row[name])}" for name in columns)


def _cell(value: str | None) -> str:
    text = "".join(
        sign if sign.isprintable() else f"\\x{ord(sign):02x}" for sign in (value or "").strip()[: CELL_SHOWN + 1]
    )
    if not text:
        return "nothing"
    return text if len(text) <= CELL_SHOWN else f"{text[:CELL_SHOWN]}..."
