"""Text that a spreadsheet would run as a formula: made harmless when a file leaves, and restored when it comes back.

A spreadsheet runs a text that begins with =, +, -, @, a tab, a carriage return or a line feed. An apostrophe in front
stops it. A plain number such as -3 is no formula, and stays what it is.
"""

import polars as pl

_STARTS = r"[=+\-@\t\r\n]"
_PLAIN_NUMBER = r"^[+\-]?[0-9]+([.,][0-9]+)?$"


def defuse(batch: pl.DataFrame) -> pl.DataFrame:
    """Puts an apostrophe in front of each text that a spreadsheet would run as a formula."""
    texts = [pl.col(name) for name, kind in batch.schema.items() if kind == pl.String]
    return batch.with_columns(
        pl.when(text.str.contains(f"^{_STARTS}") & ~text.str.contains(_PLAIN_NUMBER))
        .then(text.str.replace("^", "'"))
        .otherwise(text)
        .name.keep()
        for text in texts
    )


def restore(rows: pl.DataFrame) -> pl.DataFrame:
    """Removes the apostrophes of `defuse` from each text."""
    return rows.with_columns(pl.col(pl.String).str.replace(f"^'({_STARTS})", "${1}"))
