"""Segments of customers: what a segmentation is made of, and which customer belongs to which segment."""

from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray

IS = "="
"""Between a column and its word in the name of a flag: contract=Prepaid."""


@dataclass(frozen=True)
class Segment:
    """A segment.

    Attributes:
        number: stays the same over time, as long as a later segmentation has a segment about as this one.
        name: its two strongest features.
        strongest: its strongest features, the strongest first.
        customers: its customers on the date of the segmentation.
        centre: the mean of each feature, in the order of the segmentation.
    """

    number: int
    name: str
    strongest: tuple[str, ...]
    customers: int
    centre: tuple[float, ...]


@dataclass(frozen=True)
class Segmentation:
    """A division of the customers into segments.

    Attributes:
        features: what customers are alike in: names of numbers and flags, and COLUMN=WORD for words.
        means, deviations: of each feature, over the customers of the date.
        segments: the segments, in the order of their numbers.
        stability: how well segmentations of random halves agree, from 0 (by chance) to 1 (adjusted Rand index).
        tried: the stability of each number of segments that was tried.
        segmentation_id: its number in the ledger; 0 before it is recorded.
    """

    as_of_date: date
    features: tuple[str, ...]
    means: tuple[float, ...]
    deviations: tuple[float, ...]
    segments: tuple[Segment, ...]
    stability: float
    tried: tuple[tuple[int, float], ...]
    segmentation_id: int = 0

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of the features that it needs."""
        return tuple(dict.fromkeys(name.partition(IS)[0] for name in self.features))

    def assign(self, customers: pl.DataFrame) -> pl.Series:
        """Returns the number of the nearest segment for each customer.

        Args:
            customers: rows with `columns`, numbers and flags as float64, words as text.
        """
        rows = scale(customers, self)
        centres = (np.array([segment.centre for segment in self.segments]) - self.means) / self.deviations
        # The square of each row is the same for all centres: it decides nothing.
        distances = (centres**2).sum(axis=1) - 2 * rows @ centres.T
        numbers = np.array([segment.number for segment in self.segments], dtype=np.int16)
        return pl.Series("segment_number", numbers[distances.argmin(axis=1)], dtype=pl.Int16)


def measure_features(customers: pl.DataFrame, features: tuple[str, ...]) -> NDArray[np.float64]:
    """Returns (n, features) numbers; a value that is not known is NaN."""
    columns = [_measure(customers, name) for name in features]
    return customers.select(columns).to_numpy().astype(np.float64)


def scale(customers: pl.DataFrame, to: Segmentation) -> NDArray[np.float64]:
    """Returns (n, features) numbers in deviations from the mean; a value that is not known is the mean."""
    scaled = (measure_features(customers, to.features) - to.means) / to.deviations
    return np.nan_to_num(scaled, nan=0.0)


def _measure(customers: pl.DataFrame, name: str) -> pl.Series:
    column, is_word, word = name.partition(IS)
    if is_word:
        return (customers[column] == word).cast(pl.Float64).alias(name)
    return customers[column].cast(pl.Float64).alias(name)
