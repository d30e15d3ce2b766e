"""Tidies and types the columns that a company declares beside the core."""

import polars as pl

from churn.contracts.declaration import NUMBER_TYPES, Declaration, DeclaredColumn
from churn.intake.blanks import is_marker
from churn.intake.extract_form import ExtractForm
from churn.intake.numbers import NumberForm, plain_number

TRUE_WORDS = ("yes", "true", "1", "1.0", "y", "t", "x", "j", "ja", "oui", "si", "sí")
FALSE_WORDS = ("no", "false", "0", "0.0", "n", "f", "nein", "non")


def tidy_declared(text_rows: pl.DataFrame, extract_form: ExtractForm) -> list[pl.Series]:
    """Returns the stored declared columns as text: trimmed, the company's words replaced, blank cells null."""
    columns = []
    for column in extract_form.declaration.stored:
        cells = text_rows[column.name].str.strip_chars()
        replaced = cells.replace(dict(column.words)) if column.words else cells
        is_blank = (replaced == "") | is_marker(replaced)
        tidy = replaced.set(is_blank.fill_null(True), None)
        if (form := extract_form.number_form) and column.type in NUMBER_TYPES:
            tidy = _read_form(tidy, form)
        columns.append(tidy)
    return columns


def _read_form(tidy: pl.Series, form: NumberForm) -> pl.Series:
    """Returns numbers as 1234.50. A sign of per cent stays behind them."""
    cells = pl.col(tidy.name)
    is_percent = cells.str.ends_with("%")
    plain = plain_number(cells.str.strip_suffix("%").str.strip_chars(), form)
    read = pl.when(is_percent).then(pl.concat_str(plain, pl.lit("%"))).otherwise(plain)
    return tidy.to_frame().select(read.alias(tidy.name)).to_series()


def type_declared(tidy_rows: pl.DataFrame, declaration: Declaration) -> pl.DataFrame:
    """Returns the rows with the declared columns in their types. A text of another type becomes null."""
    return tidy_rows.with_columns(_typed(column).alias(column.name) for column in declaration.stored)


def _typed(column: DeclaredColumn) -> pl.Expr:
    cells = pl.col(column.name)
    if column.type in NUMBER_TYPES:
        share = cells.str.strip_suffix("%").str.strip_chars().cast(pl.Float64, strict=False) / 100
        number = cells.cast(pl.Float64, strict=False)
        if column.type == "share":
            number = pl.when(cells.str.ends_with("%")).then(share).otherwise(number)
        typed: pl.Expr = pl.when(number.is_finite()).then(number + 0.0)
        if column.type == "count":
            typed = pl.when(typed == typed.round()).then(typed).cast(pl.Int64, strict=False)
    elif column.type == "flag":
        word = cells.str.to_lowercase()
        typed = pl.when(word.is_in(TRUE_WORDS)).then(True).when(word.is_in(FALSE_WORDS)).then(False)
    elif column.type == "date":
        typed = cells.str.to_date(column.date_format, strict=False)
    else:
        return cells
    return pl.when(cells.is_null()).then(_zero(column)).otherwise(typed) if column.blank == "zero" else typed


def _zero(column: DeclaredColumn) -> pl.Expr:
    """Returns the value of a blank cell that stands for nothing: 0, or false for a flag."""
    return {"flag": pl.lit(False), "count": pl.lit(0, dtype=pl.Int64)}.get(column.type, pl.lit(0.0))


def name_unreadable(column: DeclaredColumn) -> tuple[str, str] | None:
    """Returns the rule for reading a cell of a column, as its name and its sentence; None for words."""
    match column.type:
        case "count":
            return f"{column.name}_whole_number", "must be a whole number"
        case "number" | "money":
            return f"{column.name}_number", "must be a finite number with a decimal point"
        case "share":
            return f"{column.name}_share", "must be a share such as 0.25 or 25%"
        case "flag":
            return f"{column.name}_yes_or_no", "must be yes or no"
        case "date":
            return f"{column.name}_date", f"must be a date written as {column.date_format}"
        case "word":
            return None
