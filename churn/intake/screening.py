"""Splits a batch by the contract: accepted rows, and rejected rows with every rule that they break."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, timedelta

import pandera.errors
import polars as pl

from churn.contracts.declaration import SHIPPED_DECLARATION, Declaration
from churn.contracts.declared_extract import build_contract
from churn.contracts.extract import OPEN_COLUMNS
from churn.contracts.formulas import restore
from churn.intake.batches import ROW_NUMBER, TextBatch, no_misfits
from churn.intake.blanks import drop_blank_rows
from churn.intake.core import make_core
from churn.intake.extract_form import ExtractForm
from churn.intake.headers import CURRENCY_COLUMN, Header
from churn.intake.rules import RuleBook, name_failures, rules_of, state_reasons
from churn.intake.tidying import Tidied, tidy_rows, type_rows
from churn.timeline import today

MAX_WORD = 60
"""The longest new word, in characters. A longer text is not a word but some other value in the wrong column."""


@dataclass(frozen=True)
class Screened:
    """The two parts of one batch.

    Attributes:
        accepted: rows that keep the contract of the declaration, in file order. Where new words are accepted, a row may
            have one.
        rejected: row_number (line in the file), reasons (list of text), row (the row as it arrived, as JSON).
        normalised: the number of cells whose spaces or case were corrected.
        new_words: (column, word) -> number of rows, in the columns that are open to new words.
        blank_rows: the number of rows in which nothing stands. They are in neither part.
        left_later: accepted customers whose leaving date is after the snapshot date.
        row_numbers: the row number of each accepted row.
        left_long_ago: customers who left before the time that the extract covers. They are in neither part.
        without_end: leaving dates that stand for none, such as 31.12.9999.
        currencies: currency -> number of rows, where the file has a column that names it.
        forgotten: the number of rows of customers who were forgotten. They are in neither part.
    """

    accepted: pl.DataFrame
    rejected: pl.DataFrame
    normalised: int = 0
    new_words: Counter[tuple[str, str]] = field(default_factory=Counter)
    blank_rows: int = 0
    left_later: int = 0
    left_long_ago: int = 0
    without_end: int = 0
    currencies: Counter[str] = field(default_factory=Counter)
    row_numbers: pl.Series = field(default_factory=lambda: pl.Series([], dtype=pl.Int64))
    forgotten: int = 0

    @property
    def rows_read(self) -> int:
        """The number of rows in the batch."""
        return self.accepted.height + self.rejected.height


def screen_rows(
    batch: TextBatch,
    header: Header,
    extract_form: ExtractForm,
    accept_new_words: bool = False,
    snapshot_date: date | None = None,
) -> Screened:
    """Tidies and types a batch of text rows and splits it by the contract.

    Args:
        batch: the rows as they arrived.
        header: the columns of the file.
        extract_form: how the file differs from the public names and words.
        accept_new_words: whether a row may have a new word in a column that is open to new words.
        snapshot_date: the business date of the extract, with which leaving dates are compared.
    """
    # A corrected row counts even if it is blank: each rejected row must come back.
    text_rows = restore(batch.rows) if header.is_correction else drop_blank_rows(batch.rows)
    blank_rows = batch.blank_lines + batch.rows.height - text_rows.height
    text_rows = make_core(text_rows, extract_form, snapshot_date or today())
    tidied, typed, broken = _apply_contract(text_rows, extract_form, snapshot_date)
    is_gone = _left_long_ago(typed, extract_form, snapshot_date)
    broken = broken.filter(~broken["index"].is_in(is_gone.arg_true().cast(pl.Int64).implode()))
    is_new = _find_new_words(broken, tidied.rows)
    new_words = _count_words(broken.filter(is_new), tidied.rows)
    if accept_new_words:
        broken = broken.filter(~is_new)
    rejected = pl.concat([_set_aside(broken, text_rows, header, extract_form), batch.misfits]).sort(ROW_NUMBER)
    is_bad = pl.int_range(typed.height, eager=True).is_in(broken["index"].unique().implode())
    accepted = typed.filter(~(is_bad | is_gone))
    is_later = accepted["left_on"] > snapshot_date if "left_on" in accepted.columns and snapshot_date else None
    return Screened(
        accepted,
        rejected,
        tidied.normalised,
        new_words,
        blank_rows,
        left_later=int(is_later.sum()) if is_later is not None else 0,
        left_long_ago=int(is_gone.sum()),
        without_end=tidied.without_end,
        currencies=_count_currencies(text_rows),
        row_numbers=text_rows[ROW_NUMBER].filter(~(is_bad | is_gone)),
    )


def _apply_contract(
    text_rows: pl.DataFrame, extract_form: ExtractForm, snapshot_date: date | None
) -> tuple[Tidied, pl.DataFrame, pl.DataFrame]:
    """Returns the tidied rows, the typed rows, and the rules that they break."""
    # Most batches keep the contract without any change to their words. So the first try leaves the words alone, and
    # only a batch with a broken rule pays for correcting their spaces and case.
    is_plain = not extract_form.values and extract_form.churn_date_format is None
    for words_too in [False, True] if is_plain else [True]:
        tidied = tidy_rows(text_rows, extract_form, words_too, snapshot_date)
        typed = type_rows(tidied.rows, extract_form)
        broken = find_broken_rules(typed, tidied.rows, extract_form.declaration)
        if broken.is_empty():
            break
    return tidied, typed, broken


def _left_long_ago(typed: pl.DataFrame, extract_form: ExtractForm, snapshot_date: date | None) -> pl.Series:
    """Returns for each row whether its customer left before the time in which an extract shows leavers.

    Example: with a horizon of 30 days and a tolerance of 7, on 2026-11-01 it is before 2026-09-25.
    """
    if snapshot_date is None or "left_on" not in typed.columns:
        return pl.repeat(False, typed.height, eager=True, dtype=pl.Boolean)
    covered = timedelta(days=extract_form.churn.read_horizon().days + extract_form.churn.tolerance_days)
    return (typed["left_on"] < snapshot_date - covered).fill_null(False)


def _count_currencies(text_rows: pl.DataFrame) -> Counter[str]:
    if CURRENCY_COLUMN not in text_rows.columns:
        return Counter()
    named = text_rows[CURRENCY_COLUMN].str.strip_chars().str.to_uppercase().str.slice(0, 20)
    counts = named.filter(named != "").value_counts()
    return Counter(dict(counts.iter_rows()))


def find_broken_rules(
    typed: pl.DataFrame, tidy: pl.DataFrame, declaration: Declaration = SHIPPED_DECLARATION
) -> pl.DataFrame:
    """Returns index (position in the batch), column and rule for every rule that a row breaks."""
    rules = rules_of(declaration)
    unreadable = _find_unreadable(typed, tidy, rules)
    failures = name_failures(_validate(typed, declaration), rules)
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


def _validate(typed: pl.DataFrame, declaration: Declaration) -> pl.DataFrame:
    """Returns Pandera's failure cases of single rows: index, column, check."""
    no_cases = pl.DataFrame(schema={"index": pl.Int32, "column": pl.String, "check": pl.String})
    if typed.is_empty():  # A batch of nothing but misfits: two million of one-letter lines make a hundred of them.
        return no_cases
    try:
        # left_on is no column of an extract: tidying read it from churn.
        build_contract(declaration).validate(typed.drop("left_on", strict=False), lazy=True)
    except pandera.errors.SchemaErrors as broken:
        cases = broken.failure_cases.filter(pl.col("index").is_not_null())
        # A case without an index is about the frame (a column is missing, a type is wrong): a fault of this program,
        # not of the file.
        if cases.height < broken.failure_cases.height:
            raise
        return cases.select("index", "column", "check")
    return no_cases


def _find_unreadable(typed: pl.DataFrame, tidy: pl.DataFrame, rules: RuleBook) -> pl.DataFrame:
    """Returns cells whose text is no finite number. The contract sees only that such a cell is null."""
    index = pl.int_range(typed.height, eager=True, dtype=pl.Int64).alias("index")
    unreadable = [pl.DataFrame(schema={"index": pl.Int64, "column": pl.String, "rule": pl.String})]
    for column, (rule, _) in rules.unreadable.items():
        where = index.filter(typed[column].is_null() & tidy[column].is_not_null())
        unreadable.append(where.to_frame().with_columns(pl.lit(column).alias("column"), pl.lit(rule).alias("rule")))
    return pl.concat(unreadable)


def _set_aside(
    broken: pl.DataFrame, text_rows: pl.DataFrame, header: Header, extract_form: ExtractForm
) -> pl.DataFrame:
    """Returns the rows that break a rule, with the columns of `Screened.rejected`."""
    if broken.is_empty():
        return no_misfits()
    example = extract_form.number_form.example if extract_form.number_form else None
    rules = rules_of(extract_form.declaration)
    reasons = state_reasons(broken, text_rows, rules, example).group_by("index", maintain_order=True)
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
