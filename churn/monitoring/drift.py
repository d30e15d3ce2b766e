"""How far a day's customers differ from those that the champion was trained on, and from the day before."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

_SMALLEST = 1e-4
"""The share that an empty bin counts as: its logarithm would be infinite."""


@dataclass(frozen=True)
class FeatureDay:
    """A feature on a day. A value is None if it cannot be compared: no profile of the model, or no day before.

    Attributes:
        bins: the customers in each bin of the model's profile; () without a profile.
        psi: the population stability index against the training part; 0.1 is a visible shift, 0.25 a large one.
        psi_previous: the same against the previous published date.
        mean: of the known values; None for words.
    """

    feature: str
    missing_share: float
    mean: float | None
    bins: tuple[int, ...]
    psi: float | None = None
    trained_missing_share: float | None = None
    psi_previous: float | None = None
    previous_missing_share: float | None = None
    previous_mean: float | None = None
    previous_bins: tuple[int, ...] = ()


def measure_psi(counts: Sequence[float], reference: Sequence[float]) -> float | None:
    """Returns the population stability index of two spreads over the same bins; None if one of them is empty."""
    now, before = np.asarray(counts, dtype=float), np.asarray(reference, dtype=float)
    if not now.sum() or not before.sum() or len(now) != len(before):
        return None
    now, before = (np.maximum(part / part.sum(), _SMALLEST) for part in (now, before))
    return float(np.sum((now - before) * np.log(now / before)))


@dataclass(frozen=True)
class Movement:
    """The change of the expected loss since the previous published date, in USD; the parts add up to the change.

    Attributes:
        before: the expected loss of the previous date, as readers saw it first.
        after: the expected loss of the date.
        by_correction: the previous date was corrected or scored again since.
        by_joined, by_gone: customers who are only in the later, or only in the earlier date: the mix.
        by_price: the charges of the customers of both dates changed.
        by_behaviour: their features changed.
        by_model: another model scored them; 0 with the same model, None if the earlier model could not be loaded: then
            by_behaviour holds both.
    """

    before: float
    after: float
    by_correction: float
    by_joined: float
    by_gone: float
    by_price: float
    by_behaviour: float
    by_model: float | None
    joined_count: int
    gone_count: int
