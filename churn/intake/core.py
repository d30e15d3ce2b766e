"""Makes the core columns of the contract from what a declared extract has instead.

A customer number may be in two columns, the value a month the sum of several, tenure a start date, and the label a word
of the company's own or the last activity. What arrived stands in columns named after ours with a `#`, such as
`monthly_charges#1`; the core columns are made from them as text, so that one contract checks every extract.
"""

from datetime import date

import polars as pl

from churn.contracts.declaration import Core, LeftSource
from churn.intake.batches import ROW_NUMBER
from churn.intake.extract_form import ExtractForm
from churn.intake.numbers import plain_number

KEY_JOINT = "/"
"""Joins the two parts of a customer number: customer 17 with subscription 2 is 17/2."""
ROW_PREFIX = "row "
"""The customer number of a file without any is its row: row 12."""


def make_core(rows: pl.DataFrame, extract_form: ExtractForm, snapshot_date: date) -> pl.DataFrame:
    """Returns the rows with the core columns of the contract as text.

    Args:
        rows: the cells as they arrived, under the names of `Declaration.core_sources`.
        extract_form: the declaration, and how its numbers are written.
        snapshot_date: the business date, to which start dates and last activities are held.
    """
    core = extract_form.declaration.core
    if core is None:
        return rows
    made = [_customer_id(core), _churn(core.left, snapshot_date)]
    if extract_form.declaration.has_value:
        made.append(_value(core, extract_form))
    if extract_form.declaration.has_tenure:
        made.append(_tenure(core, snapshot_date))
    return rows.with_columns(made)


def _customer_id(core: Core) -> pl.Expr:
    if not core.who:
        return pl.format(f"{ROW_PREFIX}{{}}", ROW_NUMBER).alias("customer_id")
    parts = [pl.col(f"customer_id#{place}").str.strip_chars() for place in range(1, len(core.who) + 1)]
    if len(parts) == 1:
        return parts[0].alias("customer_id")
    # A blank part makes the whole number blank: 17/ would be a customer of its own.
    is_blank = pl.any_horizontal(part.is_null() | (part == "") for part in parts)
    return pl.when(~is_blank).then(pl.concat_str(parts, separator=KEY_JOINT)).alias("customer_id")


def _value(core: Core, extract_form: ExtractForm) -> pl.Expr:
    """Returns the value a month. Example: a basic price of 39.90 and options of 6.00 are 45.9."""
    names = [f"monthly_charges#{place}" for place in range(1, len(core.value) + 1)]
    if len(names) == 1:
        return pl.col(names[0]).alias("monthly_charges")
    numbers = [_read_number(name, extract_form).cast(pl.Float64, strict=False) for name in names]
    # A part that is no number is shown as it arrived: the rule of the number then names it.
    wrong = [
        pl.when(number.is_null()).then(pl.col(name).fill_null("")) for name, number in zip(names, numbers, strict=True)
    ]
    total = pl.sum_horizontal(numbers, ignore_nulls=False).round(6).cast(pl.String)
    return pl.coalesce(*wrong, total).alias("monthly_charges")


def _read_number(name: str, extract_form: ExtractForm) -> pl.Expr:
    cells, form = pl.col(name).str.strip_chars(), extract_form.number_form
    return plain_number(cells, form) if form else cells


def _tenure(core: Core, snapshot_date: date) -> pl.Expr:
    """Returns the time as a customer; from a start date in whole months.

    Example: from 2024-03-15 to 2026-11-14 are 31 months, to 2026-11-15 are 32.
    """
    cells = pl.col("tenure#1").str.strip_chars()
    if core.start_date is None:
        return cells.alias("tenure")
    start = cells.str.to_date(core.start_date_format, strict=False)
    months = (snapshot_date.year - start.dt.year()) * 12 + snapshot_date.month - start.dt.month()
    whole = months - (start.dt.day() > snapshot_date.day).cast(pl.Int32)
    return pl.when(start.is_not_null()).then(whole.cast(pl.String)).otherwise(cells).alias("tenure")


def _churn(left: LeftSource, snapshot_date: date) -> pl.Expr:
    """Returns the label as Yes or No; a leaving date and a word that nobody declared stay as they arrived."""
    if left.kind == "missing":
        return pl.lit("No").alias("churn")
    cells = pl.col("churn#1").str.strip_chars()
    if left.kind == "end_date":
        return cells.alias("churn")
    if left.kind == "inactive":
        last = cells.str.to_date(left.date_format, strict=False)
        is_gone = (pl.lit(snapshot_date) - last).dt.total_days() > left.inactive_days
        return pl.when(is_gone).then(pl.lit("Yes")).when(~is_gone).then(pl.lit("No")).otherwise(cells).alias("churn")
    # A blank cell may be declared as a word: a flag that only leavers have.
    word = cells.str.to_lowercase().fill_null("")
    has_left, has_stayed = word.is_in(_lower(left.words)), word.is_in(_lower(left.stayed_words))
    if not left.stayed_words:
        has_stayed = word != ""
    return pl.when(has_left).then(pl.lit("Yes")).when(has_stayed).then(pl.lit("No")).otherwise(cells).alias("churn")


def _lower(words: tuple[str, ...]) -> list[str]:
    return [word.lower() for word in words]
