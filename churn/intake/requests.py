"""Takes in customers who come as JSON values instead of cells of a file: the same door, without a file.

A value that is written in a file, such as a date or a word of the company, is written in the same way here; a number
is a number. With the columns and words of the public sample nothing has to be translated. With a declaration the values
take the way of a file: they are written as text, and `make_core`, `tidy_rows` and `type_rows` read them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl

from churn.contracts.declaration import Declaration
from churn.contracts.extract import EXTRACT_COLUMNS
from churn.intake.batches import ROW_NUMBER
from churn.intake.core import make_core
from churn.intake.extract_form import ExtractForm
from churn.intake.headers import name_wanted
from churn.intake.one_row import BrokenRule, Row, find_broken
from churn.intake.rules import rules_of
from churn.intake.tidying import tidy_rows, type_rows

LABEL = "churn"
LEFT_SOURCE = "churn#1"


@dataclass(frozen=True)
class TakenIn:
    """One customer at the door.

    Attributes:
        row: the row of raw_data: snapshot_date, the columns of the extract and the declared ones; None for a column
            that the extract does not have.
        broken: the rules that the customer breaks; a row that breaks one must not be scored.
    """

    row: Row
    broken: list[BrokenRule]


def name_fields(extract_form: ExtractForm) -> dict[str, str]:
    """Returns the fields of a customer: our name -> the name in the company's extract.

    Columns that the core is made from have our name with a # and a number, as in a file.
    """
    own = {ours: names[0] for ours, names in name_wanted(extract_form).items()}
    # Two files may have a column of the same name: that of a second file has the name of its source in front.
    seconds = (column for column in extract_form.declaration.stored if column.origin)
    return own | {column.name: f"{column.origin}.{column.source}" for column in seconds}


def take_in(
    customers: Sequence[Mapping[str, Any]], extract_form: ExtractForm, day: date, accept_new_words: bool = False
) -> list[TakenIn]:
    """Returns the rows of customers, in order, with the rules that each breaks.

    Args:
        customers: values by the names of `name_fields`; without the label a customer has not left.
        extract_form: how the company's extract is written, and what it declares.
        day: the business date, to which start dates and last activities are held.
        accept_new_words: whether a column that is open to new words may have one.
    """
    declaration = extract_form.declaration
    rows = _as_they_are(customers) if is_public(extract_form) else _as_a_file(customers, extract_form, day)
    taken = []
    for row, unreadable in rows:
        named = {one.column for one in unreadable}
        # A cell that cannot be read is NULL: that it is blank would be said of it a second time.
        found = [one for one in find_broken(row, declaration, accept_new_words) if one.column not in named]
        fixed = {"snapshot_date": day, "left_on": None, "load_id": None, "is_reconstructed": False}
        taken.append(TakenIn({**row, **fixed}, [*unreadable, *found]))
    return taken


def is_public(extract_form: ExtractForm) -> bool:
    """Returns whether customers come with the names and words of the public sample, so that nothing is translated."""
    return extract_form.model_copy(update={"churn": ExtractForm().churn}) == ExtractForm()


Read = tuple[dict[str, Any], list[BrokenRule]]


def _as_they_are(customers: Sequence[Mapping[str, Any]]) -> list[Read]:
    return [({**dict.fromkeys(EXTRACT_COLUMNS), LABEL: "No", **_given(customer)}, []) for customer in customers]


def _given(customer: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in customer.items() if not (name == LABEL and value is None)}


def _as_a_file(customers: Sequence[Mapping[str, Any]], extract_form: ExtractForm, day: date) -> list[Read]:
    """Reads customers by the functions that read a file."""
    declaration = extract_form.declaration
    # Numbers of JSON have a decimal point, however the company's files write theirs.
    plain = extract_form.model_copy(update={"decimal_comma": False, "numbers": None})
    fields = [*name_fields(extract_form)]
    text = {name: [_write(customer.get(name)) for customer in customers] for name in fields}
    cells = pl.DataFrame(
        {ROW_NUMBER: range(1, len(customers) + 1), **text}, schema_overrides=dict.fromkeys(fields, pl.String)
    )
    made = make_core(cells, plain, day)
    label = LEFT_SOURCE if LEFT_SOURCE in fields else LABEL
    if plain.churn_date_format is None:  # A blank leaving date says by itself that the customer has not left.
        has_not = pl.Series([customer.get(label) is None for customer in customers])
        made = made.with_columns(pl.when(has_not).then(pl.lit("No")).otherwise(LABEL).alias(LABEL))
    tidy = tidy_rows(made, plain, snapshot_date=day).rows
    typed = type_rows(tidy, plain)
    blank = dict.fromkeys(EXTRACT_COLUMNS)
    return [
        ({**blank, **row}, _find_unreadable(row, text_row, declaration))
        for row, text_row in zip(typed.to_dicts(), tidy.to_dicts(), strict=True)
    ]


def _find_unreadable(row: Row, text_row: Mapping[str, str | None], declaration: Declaration) -> list[BrokenRule]:
    """Returns the rules about reading that a row breaks: its text is there, and its value is not."""
    rules = rules_of(declaration)
    return [
        BrokenRule(column, rule, rules.sentences[rule])
        for column, (rule, _) in rules.unreadable.items()
        if row[column] is None and text_row[column] is not None
    ]


def _write(value: object) -> str | None:
    """Returns a value as a file would have it."""
    if value is None or isinstance(value, str):
        return value
    return str(value).lower() if isinstance(value, bool) else repr(value)
