"""Cells and rows in which nothing stands.

Databases and pandas write a missing value as a word. Such a word is a blank cell: as a customer number it would be a
customer of its own. A spreadsheet leaves rows of nothing but separators where rows were deleted.
"""

import polars as pl

_WORDS = ("null", "\\N", "(null)", "<null>", "na", "n/a", "#n/a", "<na>", "none")
_MARKERS = pl.Series([form for word in _WORDS for form in (word, word.upper(), word.capitalize())])
# NaN is no blank in a column of numbers: there it is named as a number that is not finite.
_ID_MARKERS = pl.concat([_MARKERS, pl.Series(["NaN", "nan", "NAN", "#NAME?", "#REF!", "#VALUE!"])])


def is_marker(trimmed: pl.Series) -> pl.Series:
    """Returns for each trimmed cell whether it is a word for a missing value."""
    return trimmed.is_in((_ID_MARKERS if trimmed.name.startswith("customer_id") else _MARKERS).implode())


def drop_blank_rows(rows: pl.DataFrame) -> pl.DataFrame:
    """Returns the rows in which some column that was read holds more than a blank or a word for a missing value."""
    # The first column is the customer number, which a blank row lacks. Most batches have one in every row, and are done
    # after this one column.
    first, *others = [name for name in rows.columns if name != "row_number"]
    is_blank = _is_blank(rows[first])
    for name in others:
        if not is_blank.any():
            return rows
        is_blank &= _is_blank(rows[name])
    return rows.filter(~is_blank)


def _is_blank(cells: pl.Series) -> pl.Series:
    trimmed = cells.str.strip_chars()
    return (trimmed.is_null() | (trimmed == "") | is_marker(trimmed)).fill_null(True)
