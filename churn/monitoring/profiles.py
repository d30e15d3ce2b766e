"""Describes how the features of a training part are spread, to compare every later day with it."""

from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from churn.contracts.declaration import BLANK_WORD
from churn.contracts.profiles import FeatureProfile

_BINS = 10
_MOST_WORDS = 30


def profile_features(rows: pl.DataFrame, names: Sequence[str]) -> dict[str, FeatureProfile]:
    """Returns the profile of each feature.

    Args:
        rows: the customers, with the features: numbers as float64, words as text with `BLANK_WORD` for none.
        names: the features.
    """
    return {
        name: _profile_words(rows[name]) if rows[name].dtype == pl.String else _profile(rows[name]) for name in names
    }


def _profile(values: pl.Series) -> FeatureProfile:
    known = values.drop_nulls().to_numpy()
    edges = _find_edges(known)
    counts = np.bincount(np.searchsorted(edges, known, side="right"), minlength=len(edges) + 1)
    shares = tuple(float(share) for share in counts / max(len(known), 1))
    return FeatureProfile(tuple(map(float, edges)), (), shares, 1 - len(known) / max(len(values), 1))


def _find_edges(known: NDArray[np.float64]) -> NDArray[np.float64]:
    distinct = np.unique(known)
    if len(distinct) <= 1:
        return distinct  # A constant: its value and everything below it are two bins.
    if len(distinct) <= _BINS:
        return distinct[1:]
    return np.unique(np.quantile(known, np.arange(1, _BINS) / _BINS))


def _profile_words(values: pl.Series) -> FeatureProfile:
    known = values.filter(values != BLANK_WORD)
    listed = known.value_counts(sort=True).head(_MOST_WORDS)
    words, counts = listed.get_column(values.name).to_list(), listed.get_column("count").to_list()
    whole = max(len(known), 1)
    shares = (1 - sum(counts) / whole, *(count / whole for count in counts))
    return FeatureProfile((), tuple(words), shares, 1 - len(known) / max(len(values), 1))
