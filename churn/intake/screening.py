"""Rows that keep the contract, and rows that do not with every rule they broke."""

from dataclasses import dataclass

import pandera.errors
import polars as pl

from churn.contracts import EXTRACT_COLUMNS, CustomerExtract
from churn.intake.reading import ROW_NUMBER

_NUMBERS = {
    "senior_citizen": pl.Int64,
    "tenure": pl.Int64,
    "monthly_charges": pl.Float64,
    "total_charges": pl.Float64,
}
_CELL_SHOWN = 60


@dataclass(frozen=True)
class Screened:
    """One batch, split.

    Attributes:
        accepted: rows that satisfy `CustomerExtract`, in file order.
        rejected: row_number (line in the file), reasons (list of text), row (the row as it arrived, as JSON).
    """

    accepted: pl.DataFrame
    rejected: pl.DataFrame


def screen_rows(text_rows: pl.DataFrame) -> Screened:
    """Types a batch of text rows and splits it by the contract.

    Args:
        text_rows: row_number and the 21 extract columns as text, as `reading` yields them.
    """
    typed = type_rows(text_rows)
    reasons = find_reasons(typed, text_rows)
    if reasons.is_empty():
        return Screened(typed, _no_rejects())
    is_bad = pl.int_range(typed.height, eager=True).is_in(reasons["index"].implode())
    bad = text_rows.filter(is_bad)
    rejected = pl.DataFrame(
        {
            ROW_NUMBER: bad[ROW_NUMBER].cast(pl.Int64),
            "reasons": reasons.sort("index")["reasons"],
            "row": bad.select(pl.struct(EXTRACT_COLUMNS).struct.json_encode()).to_series(),
        }
    )
    return Screened(typed.filter(~is_bad), rejected)


def type_rows(text_rows: pl.DataFrame) -> pl.DataFrame:
    """Returns the extract columns trimmed and typed; blank and unreadable cells become null."""
    trimmed = text_rows.select(pl.col(EXTRACT_COLUMNS).str.strip_chars().replace("", None))
    return trimmed.with_columns(pl.col(name).cast(kind, strict=False) for name, kind in _NUMBERS.items())


def find_reasons(typed: pl.DataFrame, text_rows: pl.DataFrame) -> pl.DataFrame:
    """Returns index (position in the batch) and reasons (list of text) of the rows that break a rule."""
    try:
        CustomerExtract.validate(typed, lazy=True)
    except pandera.errors.SchemaErrors as broken:
        cases = broken.failure_cases.filter(pl.col("index").is_not_null())
        if cases.height < broken.failure_cases.height:
            raise
    else:
        cases = pl.DataFrame(schema={"index": pl.Int32, "column": pl.String, "check": pl.String})
    unreadable = _find_unreadable(typed, text_rows)
    stated = pl.concat([_state_rules(cases, text_rows), unreadable])
    return stated.group_by("index", maintain_order=True).agg(
        pl.col("reason").unique(maintain_order=True).alias("reasons")
    )


def _state_rules(cases: pl.DataFrame, text_rows: pl.DataFrame) -> pl.DataFrame:
    """One row per broken rule: index and reason, as 'tenure: greater_than_or_equal_to(0), found -3'."""
    is_column = pl.col("column").is_in(EXTRACT_COLUMNS)
    cells = [text_rows[name] if name in EXTRACT_COLUMNS else None for name in cases["column"]]
    found = [None if cell is None else cell[index] for cell, index in zip(cells, cases["index"], strict=True)]
    shown = pl.Series("found", found, dtype=pl.String).fill_null("nothing").str.slice(0, _CELL_SHOWN)
    return cases.with_columns(shown).select(
        pl.col("index").cast(pl.Int64),
        pl.when(is_column)
        .then(pl.format("{}: {}, found {}", "column", "check", "found"))
        .otherwise(pl.col("check"))
        .alias("reason"),
    )


def _find_unreadable(typed: pl.DataFrame, text_rows: pl.DataFrame) -> pl.DataFrame:
    """Cells with text that is no number or not a finite one; Pandera sees only that they are null or out of range."""
    found = [pl.DataFrame(schema={"index": pl.Int64, "reason": pl.String})]
    for name in _NUMBERS:
        written = text_rows[name].str.strip_chars().fill_null("") != ""
        is_unreadable = written & (typed[name].is_null())
        cells = text_rows.with_row_index("index").filter(is_unreadable)
        found.append(
            cells.select(
                pl.col("index").cast(pl.Int64),
                pl.format("{}: not a number, found {}", pl.lit(name), pl.col(name).str.slice(0, _CELL_SHOWN)).alias(
                    "reason"
                ),
            )
        )
    return pl.concat(found)


def _no_rejects() -> pl.DataFrame:
    return pl.DataFrame(schema={ROW_NUMBER: pl.Int64, "reasons": pl.List(pl.String), "row": pl.String})
