"""Tidies text: trims spaces, replaces the words of the declaration by ours, corrects upper and lower case.

Nothing is guessed: an unknown word stays unchanged, and the contract then names it.
"""

from dataclasses import dataclass
from datetime import date

import polars as pl

from churn.contracts.extract import KNOWN_WORDS
from churn.intake.blanks import is_marker
from churn.intake.declared import tidy_declared, type_declared
from churn.intake.extract_form import ExtractForm
from churn.intake.numbers import plain_number
from churn.intake.rules import NUMBER_COLUMNS

_MONTHS_IN = {"days": 12 / 365.25, "weeks": 7 * 12 / 365.25, "months": 1.0, "years": 12.0}
"""The months in one unit of tenure."""


_ANSWERS = {"1": "Yes", "true": "Yes", "0": "No", "false": "No"}
_SENIOR = {word: mark for answer, mark in (("Yes", "1"), ("No", "0")) for word in (answer, answer.lower())}
_SENIOR |= {"true": "1", "True": "1", "TRUE": "1", "false": "0", "False": "0", "FALSE": "0"}


@dataclass(frozen=True)
class Tidied:
    """A batch of tidied text rows.

    Attributes:
        rows: the extract columns and the declared ones, trimmed; blank cells are null. Also left_on, if churn has a
            leaving date.
        normalised: the number of cells whose spaces or case were corrected.
        without_end: the number of leaving dates that stand for none.
    """

    rows: pl.DataFrame
    normalised: int
    without_end: int = 0


def tidy_rows(
    text_rows: pl.DataFrame, extract_form: ExtractForm, words_too: bool = True, snapshot_date: date | None = None
) -> Tidied:
    """Tidies the extract columns of a batch.

    Args:
        text_rows: the batch as it arrived.
        extract_form: how the extract differs from the public names and words.
        words_too: False leaves the columns of words unchanged, for a batch that probably keeps the contract already.
        snapshot_date: the business date of the extract; None if it is not known.
    """
    columns, normalised = [], 0
    for name in extract_form.declaration.extract_columns:
        cells, theirs = text_rows[name], extract_form.words_of(name)
        if name in KNOWN_WORDS and (not words_too or (not theirs and cells.is_in(KNOWN_WORDS[name]).all())):
            columns.append(cells)
            continue
        trimmed = cells.str.strip_chars()
        theirs = _SENIOR | theirs if name == "senior_citizen" else theirs
        mapped = trimmed.replace(theirs) if theirs else trimmed
        tidy = _put_case_right(mapped, extract_form.declaration.known_words(name)) if name in KNOWN_WORDS else mapped
        normalised += int((((cells != trimmed) & (trimmed != "")) | (mapped != tidy)).sum())
        is_blank = tidy == ""
        if words_too or name == "customer_id":
            is_blank |= is_marker(tidy)
        columns.append(tidy.set(is_blank, None))
    rows = pl.DataFrame([*columns, *tidy_declared(text_rows, extract_form)])
    if form := extract_form.number_form:
        rows = rows.with_columns(plain_number(pl.col(name), form) for name in extract_form.money_columns)
    if extract_form.churn_date_format:
        left_on = pl.col("churn").str.to_date(extract_form.churn_date_format, strict=False).alias("left_on")
        dated = rows.with_columns(left_on)
        without_end = int(dated.select(is_no_date(pl.col("left_on")).sum()).item())
        return Tidied(dated.with_columns(_left_by_date(snapshot_date or date.max)), normalised, without_end)
    return Tidied(rows, normalised)


def _put_case_right(words: pl.Series, known: tuple[str, ...]) -> pl.Series:
    written = {word.lower(): word for word in known}
    if written.keys() >= {"yes", "no"}:  # Where both are answers, 1 and 0 can mean nothing else.
        written = _ANSWERS | written
    return words.str.to_lowercase().replace_strict(written, default=words, return_dtype=pl.String)


def _left_by_date(snapshot_date: date) -> list[pl.Expr]:
    """Returns left_on, and churn from it: a date up to the snapshot date is Yes, a later date or a blank is No.

    The contract names any other text. Example: on 2026-11-01 a customer with 21.11.2026 is active, with a known end;
    31.12.9999 and 01.01.1900 stand for no date.
    """
    left_on = pl.col("left_on")
    is_none = is_no_date(left_on)
    has_left = left_on.is_not_null() & ~is_none & (left_on <= snapshot_date)
    is_active = pl.col("churn").is_null() | left_on.is_not_null()
    churn = pl.when(has_left).then(pl.lit("Yes")).when(is_active).then(pl.lit("No")).otherwise(pl.col("churn"))
    return [pl.when(~is_none).then(left_on).alias("left_on"), churn.alias("churn")]


def is_no_date(left_on: pl.Expr) -> pl.Expr:
    """Returns whether a date stands for none: systems write the last or the first day that they know."""
    return (left_on.dt.year() >= 2090) | (left_on.dt.year() <= 1970)


def type_rows(tidy_rows: pl.DataFrame, extract_form: ExtractForm) -> pl.DataFrame:
    """Returns the rows with numbers as numbers, and tenure in months. A text that is no finite number becomes null."""
    numbers = [pl.col(name).cast(pl.Float64, strict=False) for name in NUMBER_COLUMNS if name in tidy_rows.columns]
    # Adding 0.0 turns -0.0 into 0.0, so that no sign of zero reaches the database.
    finite = tidy_rows.with_columns(pl.when(number.is_finite()).then(number + 0.0) for number in numbers)
    whole = [pl.col(name) for name in ("senior_citizen", "tenure") if name in tidy_rows.columns]
    # Beyond 2**53 a float64 cannot hold every whole number: the cast would change the value.
    is_whole = [(number == number.round()) & (number.abs() < 2**53) for number in whole]
    typed = finite.with_columns(
        pl.when(fits).then(number).cast(pl.Int64) for fits, number in zip(is_whole, whole, strict=True)
    )
    # 240 days are 7 whole months. A negative tenure stays one, for the contract to name.
    months = (pl.col("tenure") * _MONTHS_IN[extract_form.tenure_unit or "months"]).floor().cast(pl.Int64)
    is_in_months = extract_form.tenure_unit in (None, "months") or not extract_form.declaration.has_tenure
    in_months = typed if is_in_months else typed.with_columns(months.alias("tenure"))
    return type_declared(in_months, extract_form.declaration)
