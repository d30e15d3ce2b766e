"""Tidies text: trims spaces, replaces the words of the mapping by ours, corrects upper and lower case.

Nothing is guessed: an unknown word stays unchanged, and the contract then names it.
"""

from dataclasses import dataclass

import polars as pl

from churn.contracts.extract import EXTRACT_COLUMNS, KNOWN_WORDS
from churn.intake.blanks import is_marker
from churn.intake.mapping import Mapping
from churn.intake.rules import NUMBER_COLUMNS


@dataclass(frozen=True)
class Tidied:
    """A batch of tidied text rows.

    Attributes:
        rows: the extract columns, trimmed; blank cells are null. Also left_on, if churn has a leaving date.
        normalised: the number of cells whose spaces or case were corrected.
    """

    rows: pl.DataFrame
    normalised: int


def tidy_rows(text_rows: pl.DataFrame, mapping: Mapping, words_too: bool = True) -> Tidied:
    """Tidies the extract columns of a batch.

    Args:
        text_rows: the batch as it arrived.
        mapping: how the extract differs from the public names and words.
        words_too: False leaves the columns of words unchanged, for a batch that probably keeps the contract already.
    """
    columns, normalised = [], 0
    for name in EXTRACT_COLUMNS:
        cells, theirs = text_rows[name], mapping.words_of(name)
        if name in KNOWN_WORDS and (not words_too or (not theirs and cells.is_in(KNOWN_WORDS[name]).all())):
            columns.append(cells)
            continue
        trimmed = cells.str.strip_chars()
        mapped = trimmed.replace(theirs) if theirs else trimmed
        tidy = _put_case_right(mapped) if name in KNOWN_WORDS else mapped
        normalised += int((((cells != trimmed) & (trimmed != "")) | (mapped != tidy)).sum())
        is_blank = tidy == ""
        if words_too or name == "customer_id":
            is_blank |= is_marker(tidy)
        columns.append(tidy.set(is_blank, None))
    rows = pl.DataFrame(columns)
    if mapping.decimal_comma:
        rows = rows.with_columns(pl.col("monthly_charges", "total_charges").str.replace(",", ".", literal=True))
    if mapping.churn_date_format:
        left_on = pl.col("churn").str.to_date(mapping.churn_date_format, strict=False).alias("left_on")
        rows = rows.with_columns(left_on).with_columns(_left_by_date())
    return Tidied(rows, normalised)


def _put_case_right(words: pl.Series) -> pl.Series:
    known = {word.lower(): word for word in KNOWN_WORDS[words.name]}
    return words.str.to_lowercase().replace_strict(known, default=words, return_dtype=pl.String)


def _left_by_date() -> pl.Expr:
    """Returns churn from a date of leaving: a date is Yes, a blank is No. The contract names any other text."""
    is_dated = pl.col("left_on").is_not_null()
    return pl.when(is_dated).then(pl.lit("Yes")).otherwise(pl.col("churn").fill_null("No")).alias("churn")


def type_rows(tidy_rows: pl.DataFrame) -> pl.DataFrame:
    """Returns the rows with numbers as numbers. A text that is no finite number becomes null."""
    numbers = [pl.col(name).cast(pl.Float64, strict=False) for name in NUMBER_COLUMNS]
    # Adding 0.0 turns -0.0 into 0.0, so that no sign of zero reaches the database.
    finite = tidy_rows.with_columns(pl.when(number.is_finite()).then(number + 0.0) for number in numbers)
    whole = [pl.col(name) for name in ("senior_citizen", "tenure")]
    # Beyond 2**53 a float64 cannot hold every whole number: the cast would change the value.
    is_whole = [(number == number.round()) & (number.abs() < 2**53) for number in whole]
    return finite.with_columns(
        pl.when(fits).then(number).cast(pl.Int64) for fits, number in zip(is_whole, whole, strict=True)
    )
