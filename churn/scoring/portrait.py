"""What is said of a customer beside the score: the segment of customers who are alike.

A pure function of a batch and of what was learned. Fitting is in `learning`; nothing here can fit.
"""

from dataclasses import dataclass

import polars as pl

from churn.contracts.segments import Segmentation

PORTRAIT = {"segmentation_id": pl.Int64, "segment_number": pl.Int16}
"""The columns that a portrait adds to the scores."""


@dataclass(frozen=True)
class Portrait:
    """What was learned about customers beside the model. It is frozen and picklable, as a `Scorer` is.

    Attributes:
        segmentation: the segments; None if there are none yet.
    """

    segmentation: Segmentation | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of the features that it needs."""
        return self.segmentation.columns if self.segmentation else ()

    def describe(self, customers: pl.DataFrame) -> pl.DataFrame:
        """Returns the columns of `PORTRAIT` for each row, in the order of the rows.

        Args:
            customers: rows with `columns`, numbers and flags as float64, words as text.
        """
        unknown = pl.DataFrame({name: [None] * customers.height for name in PORTRAIT}, schema=PORTRAIT)
        if self.segmentation is None:
            return unknown
        return unknown.with_columns(
            pl.lit(self.segmentation.segmentation_id, pl.Int64).alias("segmentation_id"),
            self.segmentation.assign(customers),
        )


NO_PORTRAIT = Portrait()
