"""Splits a batch by the contract: accepted rows, and rejected rows with every rule that they break."""

from collections import Counter
from dataclasses import dataclass, field

import pandera.errors
import polars as pl

from churn.contracts.extract import OPEN_COLUMNS, CustomerExtract
from churn.intake.batches import ROW_NUMBER, TextBatch, no_misfits
from churn.intake.blanks import drop_blank_rows
from churn.intake.headers import Header
from churn.intake.mapping import Mapping
from churn.intake.rules import NUMBER_COLUMNS, name_failures, state_reasons
from churn.intake.tidying import tidy_rows, type_rows

MAX_WORD = 60
"""The longest new word, in characters. A longer text is not a word but some other value in the wrong column."""


@dataclass(frozen=True)
class Screened:
    """The two parts of one batch.

    Attributes:
        accepted: rows that satisfy `CustomerExtract`, in file order. Where new words are accepted, a row may have one.
        rejected: row_number (line in the file), reasons (list of text), row (the row as it arrived, as JSON).
        normalised: the number of cells whose spaces or case were corrected.
        new_words: (column, word) -> number of rows, in the columns that are open to new words.
        blank_rows: the number of rows in which nothing stands. They are in neither part.
    """

    accepted: pl.DataFrame
    rejected: pl.DataFrame
    normalised: int = 0
    new_words: Counter[tuple[str, str]] = field(default_factory=Counter)
    blank_rows: int = 0

    @property
    def rows_read(self) -> int:
        """The number of rows in the batch."""
        return self.accepted.height + self.rejected.height


def screen_rows(batch: TextBatch, header: Header, mapping: Mapping, accept_new_words: bool = False) -> Screened:
    """Tidies and types a batch of text rows and splits it by the contract."""
    # A corrected row counts even if it is blank: each rejected row must come back.
    text_rows = batch.rows if header.is_correction else drop_blank_rows(batch.rows)
    blank_rows = batch.blank_lines + batch.rows.height - text_rows.height
    # Most batches keep the contract without any change to their words. So the first try leaves the words alone, and
    # only a batch with a broken rule pays for correcting their spaces and case.
    is_plain = not mapping.values and mapping.churn_date_format is None
    tidied = tidy_rows(text_rows, mapping, words_too=not is_plain)
    typed = type_rows(tidied.rows)
    broken = find_broken_rules(typed, tidied.rows)
    if is_plain and broken.height:
        tidied = tidy_rows(text_rows, mapping)
        typed = type_rows(tidied.rows)
        broken = find_broken_rules(typed, tidied.rows)
    is_new = _find_new_words(broken, tidied.rows)
    new_words = _count_words(broken.filter(is_new), tidied.rows)
    if accept_new_words:
        broken = broken.filter(~is_new)
    rejected = pl.concat([_set_aside(broken, text_rows, header), batch.misfits]).sort(ROW_NUMBER)
    is_bad = pl.int_range(typed.height, eager=True).is_in(broken["index"].unique().implode())
    return Screened(typed.filter(~is_bad), rejected, tidied.normalised, new_words, blank_rows)


def find_broken_rules(typed: pl.DataFrame, tidy: pl.DataFrame) -> pl.DataFrame:
    """Returns index (position in the batch), column and rule for every rule that a row breaks."""
    unreadable = _find_unreadable(typed, tidy)
    failures = name_failures(_validate(typed))
    # A number that cannot be read is null in `typed`, so the contract calls it missing too. That second reason would
    # be wrong: the cell is not blank.
    is_reported = pl.struct("index", "rule").is_in(
        pl.concat(
            [
                unreadable.select("index", pl.format("{}_present", "column").alias("rule")),
                unreadable.filter(pl.col("column") == "total_charges").select(
                    "index", pl.lit("total_charges_present_once_billed").alias("rule")
                ),
            ]
        )
        .select(pl.struct("index", "rule"))
        .to_series()
        .implode()
    )
    return pl.concat([unreadable, failures.filter(~is_reported)])


def _validate(typed: pl.DataFrame) -> pl.DataFrame:
    """Returns Pandera's failure cases of single rows: index, column, check."""
    no_cases = pl.DataFrame(schema={"index": pl.Int32, "column": pl.String, "check": pl.String})
    if typed.is_empty():  # A batch of nothing but misfits: two million of one-letter lines make a hundred of them.
        return no_cases
    try:
        # left_on is no column of an extract: tidying read it from churn.
        CustomerExtract.validate(typed.drop("left_on", strict=False), lazy=True)
    except pandera.errors.SchemaErrors as broken:
        cases = broken.failure_cases.filter(pl.col("index").is_not_null())
        # A case without an index is about the frame (a column is missing, a type is wrong): a fault of this program,
        # not of the file.
        if cases.height < broken.failure_cases.height:
            raise
        return cases.select("index", "column", "check")
    return no_cases


def _find_unreadable(typed: pl.DataFrame, tidy: pl.DataFrame) -> pl.DataFrame:
    """Returns cells whose text is no finite number. The contract sees only that such a cell is null."""
    index = pl.int_range(typed.height, eager=True, dtype=pl.Int64).alias("index")
    unreadable = [pl.DataFrame(schema={"index": pl.Int64, "column": pl.String, "rule": pl.String})]
    for column, (rule, _) in NUMBER_COLUMNS.items():
        where = index.filter(typed[column].is_null() & tidy[column].is_not_null())
        unreadable.append(where.to_frame().with_columns(pl.lit(column).alias("column"), pl.lit(rule).alias("rule")))
    return pl.concat(unreadable)


def _set_aside(broken: pl.DataFrame, text_rows: pl.DataFrame, header: Header) -> pl.DataFrame:
    """Returns the rows that break a rule, with the columns of `Screened.rejected`."""
    if broken.is_empty():
        return no_misfits()
    reasons = state_reasons(broken, text_rows).group_by("index", maintain_order=True)
    stated = reasons.agg(pl.col("reason").alias("reasons")).sort("index")
    bad = text_rows[stated["index"]]
    as_arrived = bad.select(pl.struct(pl.col(ours).alias(name) for ours, name in header.columns.items()))
    return pl.DataFrame(
        {
            ROW_NUMBER: bad[ROW_NUMBER],
            "reasons": stated["reasons"],
            "row": as_arrived.to_series().struct.json_encode(),
        }
    )


def _find_new_words(broken: pl.DataFrame, tidy: pl.DataFrame) -> pl.Series:
    """Returns for each broken rule whether the value is a plausible new word in a column that is open to new words."""
    is_word_rule = broken["rule"].is_in([f"{column}_known" for column in OPEN_COLUMNS])
    words = [
        tidy[column][index] if is_word else None
        for is_word, index, column in zip(is_word_rule, broken["index"], broken["column"], strict=True)
    ]
    return pl.Series(
        [word is not None and len(word) <= MAX_WORD and word.isprintable() for word in words], dtype=pl.Boolean
    )


def _count_words(new: pl.DataFrame, tidy: pl.DataFrame) -> Counter[tuple[str, str]]:
    return Counter((column, tidy[column][index]) for index, column, _ in new.iter_rows())
