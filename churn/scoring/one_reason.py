"""The reasons of one customer: what `reasons.tell_reasons` says of a batch of one, without a frame.

A query of a frame takes as long for one customer as for a thousand. The phrases are the same conditions, applied to
numbers instead of columns; a test holds both equal for every customer of an extract.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import polars as pl

from churn.scoring.own_reasons import Floats, OwnSubject, Wording, tell_subject
from churn.scoring.reasons import KNOWN, REASONS_COUNT, SUBJECTS, find_shipped, is_offline


@dataclass(frozen=True)
class _Told:
    """A subject of a model: its name if it is one of the public sample, and the places of its features."""

    name: str | None
    own: OwnSubject | None
    places: tuple[int, ...]


@lru_cache(maxsize=16)
def _list_subjects(wording: Wording) -> tuple[_Told, ...]:
    shipped = [(name, None, features) for name, features in find_shipped(wording).items()]
    own = [(None, subject, subject.features) for subject in wording.own]
    return tuple(
        _Told(name, subject, tuple(wording.features.index(feature) for feature in features))
        for name, subject, features in [*shipped, *own]
    )


def tell_one(features: Mapping[str, Any], contributions: Floats, wording: Wording) -> list[str]:
    """Returns the three subjects that change the score of a customer most, the largest first.

    Args:
        features: the features of the model, and contract, internet_service and payment_method.
        contributions: (features,) contributions to the log-odds, in the order of `wording.features`.
        wording: the features of the model, and the subjects of the company's own columns.
    """
    subjects = _list_subjects(wording)
    weights = _gather(subjects, features, contributions)
    # A stable sort: of two equal contributions the first subject wins, as in a batch.
    strongest = sorted(range(len(subjects)), key=lambda place: -abs(weights[place]))[:REASONS_COUNT]
    return [
        f"{'-' if weights[place] < 0 else '+'} {_phrase(subjects[place], features, contributions, wording)}"
        for place in strongest
    ]


def _gather(subjects: tuple[_Told, ...], features: Mapping[str, Any], contributions: Floats) -> list[float]:
    """Returns the contribution of each subject; without internet, protection and streaming count for internet."""
    values = contributions.tolist()
    weights = [sum((values[place] for place in subject.places), 0.0) for subject in subjects]
    names = {subject.name: place for place, subject in enumerate(subjects)}
    if {"internet", "protection", "streaming"} <= set(names) and is_offline(_Numbers(features)):
        for name in ("protection", "streaming"):
            weights[names["internet"]] += weights[names[name]]
            weights[names[name]] = 0.0
    return weights


def _phrase(told: _Told, features: Mapping[str, Any], contributions: Floats, wording: Wording) -> str:
    if told.own is not None:
        frame = pl.DataFrame({name: [features[name]] for name in told.own.features})
        phrases = tell_subject(frame, contributions[None, :], wording.features, told.own)
        return phrases.vocabulary[int(phrases.codes[0])]
    assert told.name is not None
    subject = SUBJECTS[told.name]
    word = features[subject.word[0]] if subject.word is not None else None
    if subject.word is not None and word is not None and word not in KNOWN[subject.word[0]]:
        return f"{subject.word[1]} {word}"
    row = _Numbers(features)
    return next((words for condition, words in subject.phrases if condition(row)), subject.otherwise)


@dataclass(frozen=True)
class _Numbers:
    """A row whose values are numbers of NumPy: of two truths, Python's own ~ would make a number."""

    features: Mapping[str, Any]

    def __getitem__(self, name: str) -> np.float64:
        return np.float64(self.features[name])
