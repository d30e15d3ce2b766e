"""Turns the features of a company's own columns into numbers, as a fitted step of the pipeline.

A word becomes a flag for each common word; a feature with many words becomes the rate of leavers of its word, shrunk
towards the mean of all. A blank number becomes the median and a flag, or stays blank for boosted trees, which learn
where blanks belong. Features that are numbers without blanks pass through unchanged.
"""

import numpy as np
import polars as pl
from numpy.typing import NDArray
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import OneHotEncoder, TargetEncoder

from churn.learning.params import ModelParams

MOST_FLAGS = 20
"""A feature with more words than this gets one rate instead of flags."""
FEWEST_ROWS = 20
"""A word with fewer rows of the training shares a flag with the other rare words."""

_PLAIN = "plain"


def fit_encoder(params: ModelParams, train: pl.DataFrame, fills_blanks: bool) -> ColumnTransformer:
    """Returns the encoder of the features that the models get, fitted on the training part.

    Args:
        params: the features, and which of them are words or may be blank.
        train: the training part.
        fills_blanks: whether a blank number gets the median and a flag; else it stays blank.
    """
    given, kept = params.given, params.features()
    filled = given.blanks if fills_blanks else ()
    plain = [given.names.index(name) for name in kept if name not in (*given.words, *filled)]
    words = [(name, _encode_words(train[name]), [given.names.index(name)]) for name in kept if name in given.words]
    blanks = [
        (name, SimpleImputer(strategy="median", add_indicator=True), [given.names.index(name)])
        for name in kept
        if name in filled
    ]
    encoder = ColumnTransformer([(_PLAIN, "passthrough", plain), *blanks, *words])
    fitted: ColumnTransformer = encoder.fit(train.select(given.names), train["has_churned"].to_numpy())
    return fitted


def _encode_words(words: pl.Series) -> OneHotEncoder | TargetEncoder:
    if words.n_unique() > MOST_FLAGS:
        # cv: each row gets the rate of the other folds. With its own label in the rate, a rare word would reveal it.
        return TargetEncoder(target_type="binary", cv=5)
    return OneHotEncoder(handle_unknown="infrequent_if_exist", min_frequency=FEWEST_ROWS, sparse_output=False)


def find_sources(encoder: ColumnTransformer) -> NDArray[np.int64]:
    """Returns for each encoded column the position of the feature that it comes from."""
    sources = np.zeros(_width(encoder), dtype=np.int64)
    for name, _, positions in encoder.transformers_:
        if name in encoder.output_indices_ and name != "remainder":
            sources[encoder.output_indices_[name]] = positions if name == _PLAIN else positions[0]
    return sources


def encode_directions(encoder: ColumnTransformer, directions: tuple[int, ...]) -> tuple[int, ...]:
    """Returns the direction of each encoded column: that of its feature, and 0 for flags of words and of blanks.

    Args:
        encoder: the fitted encoder.
        directions: the direction of each given feature.
    """
    encoded = np.zeros(_width(encoder), dtype=np.int64)
    for name, transformer, positions in encoder.transformers_:
        place = encoder.output_indices_[name]
        if name == _PLAIN:
            encoded[place] = [directions[position] for position in positions]
        elif isinstance(transformer, SimpleImputer):
            encoded[place.start] = directions[positions[0]]
    return tuple(encoded.tolist())


def _width(encoder: ColumnTransformer) -> int:
    return max(place.stop for place in encoder.output_indices_.values())
