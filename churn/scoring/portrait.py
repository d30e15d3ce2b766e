"""What is said of a customer beside the score: the segment of customers who are alike, and the likely reason to leave.

A pure function of a batch and of what was learned. Fitting is in `learning`; nothing here can fit.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl

from churn.contracts.leaving_reasons import NOT_ENOUGH
from churn.contracts.scores import Predictor, feature_names
from churn.contracts.segments import Segmentation

PORTRAIT = {
    "segmentation_id": pl.Int64(),
    "segment_number": pl.Int16(),
    "likely_reason": pl.String(),
    "reason_groups": pl.List(pl.String()),
    "reason_probabilities": pl.List(pl.Float64()),
    "reason_version": pl.Int32(),
}
"""The columns that a portrait adds to the scores."""
PROBABILITY_DECIMALS = 6


@dataclass(frozen=True)
class ReasonTeller:
    """A model of why customers leave.

    Attributes:
        predictor: returns (n, groups) probabilities by `predict_proba`.
        groups: the groups of reasons, in its order.
        version: its version in the registry.
    """

    predictor: Predictor
    groups: tuple[str, ...]
    version: int

    def tell(self, customers: pl.DataFrame) -> pl.DataFrame:
        """Returns the columns about reasons for each row; NULL for customers who have left already."""
        given = self.predictor.predict_proba(customers.select(feature_names(self.predictor)))
        order = np.argsort(-given, axis=1, kind="stable")
        ranked = np.take_along_axis(given, order, axis=1).round(PROBABILITY_DECIMALS)
        names = np.array(self.groups, dtype=object)[order]
        # More likely than all others together: else nobody should act on it.
        likely = np.where(ranked[:, 0] > 0.5, names[:, 0], NOT_ENOUGH)
        told = pl.DataFrame(
            {
                "likely_reason": pl.Series(likely.tolist(), dtype=pl.String),
                "reason_groups": pl.Series(names.tolist(), dtype=pl.List(pl.String)),
                "reason_probabilities": pl.Series(ranked.tolist(), dtype=pl.List(pl.Float64)),
                "reason_version": pl.Series([self.version] * len(given), dtype=pl.Int32),
            }
        )
        return told.select(pl.when(~customers["has_churned"]).then(pl.all()))


@dataclass(frozen=True)
class Portrait:
    """What was learned about customers beside the model. It is frozen and picklable, as a `Scorer` is.

    Attributes:
        segmentation: the segments; None if there are none yet.
        reasons: why customers leave; None if nobody stated it, or the columns do not tell it.
    """

    segmentation: Segmentation | None = None
    reasons: ReasonTeller | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of the features that it needs."""
        own = self.segmentation.columns if self.segmentation else ()
        return (*own, *(feature_names(self.reasons.predictor) if self.reasons else ()))

    def describe(self, customers: pl.DataFrame) -> pl.DataFrame:
        """Returns the columns of `PORTRAIT` for each row, in the order of the rows.

        Args:
            customers: rows with `columns` and has_churned; numbers and flags as float64, words as text.
        """
        told = pl.DataFrame({name: [None] * customers.height for name in PORTRAIT}, schema=PORTRAIT)
        if self.segmentation is not None:
            number = pl.lit(self.segmentation.segmentation_id, pl.Int64).alias("segmentation_id")
            told = told.with_columns(number, self.segmentation.assign(customers))
        return told if self.reasons is None else told.with_columns(self.reasons.tell(customers))


NO_PORTRAIT = Portrait()
