"""How well a column alone separates the customers who left from those who stayed."""

import polars as pl

from churn.intake.draft import LeftGuess
from churn.intake.profiling import ColumnProfile, Profile

_FEWEST = 20
"""With fewer leavers or stayers a figure says nothing."""


def read_label(profile: Profile, left: LeftGuess) -> pl.Series | None:
    """Returns for each row whether the customer left; None if the file does not say it for enough customers."""
    column = next((column for column in profile.columns if column.source in left.columns), None)
    if column is None:
        return None
    if left.flag is None:
        dates = column.cells.str.to_date(left.date_format, strict=False)
        label = (dates.is_not_null() & (dates.dt.year() > 1970) & (dates.dt.year() < 2090)).fill_null(False)
    else:
        label = column.cells.is_in(left.words).fill_null(False)
    return label if _FEWEST <= int(label.sum()) <= len(label) - _FEWEST else None


def measure_alone(column: ColumnProfile, label: pl.Series | None) -> float | None:
    """Returns the ROC-AUC of a column alone, .5 to 1; None without a label, or if the column says one thing only.

    Words are ranked by their share of leavers in the other half of the rows: in the same rows a word of each customer's
    own would separate everybody.
    """
    if label is None or column.is_constant:
        return None
    score = column.values.fill_null(column.values.median()) if column.is_number else None
    if score is None or column.blanks:
        score = _rate_words(column, label)
    ranks = score.rank()
    leavers = int(label.sum())
    stayers = len(label) - leavers
    area = (float(ranks.filter(label).sum()) - leavers * (leavers + 1) / 2) / (leavers * stayers)
    return max(area, 1 - area)


def _rate_words(column: ColumnProfile, label: pl.Series) -> pl.Series:
    """Returns for each row the share of leavers among the rows of the other half with the same word."""
    # Numbers of many values in twenty groups of like size.
    groups = (column.values.rank() * 20 / (column.rows + 1)).floor().cast(pl.String)
    number = groups if column.is_number and column.distinct > 20 else column.cells
    rows = pl.DataFrame([number.alias("word"), label.alias("label")]).with_columns(
        pl.col("word").fill_null(""), (pl.int_range(pl.len()) % 2).alias("half")
    )
    rates = rows.group_by("word", "half").agg(pl.col("label").mean().alias("rate"))
    rated = rows.join(
        rates.with_columns((1 - pl.col("half")).alias("half")), on=["word", "half"], how="left", maintain_order="left"
    )
    return rated["rate"].fill_null(label.mean())
