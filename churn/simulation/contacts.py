"""Retention calls with a known effect: which customers are called, and what a call does to each of them.

Each customer responds to calls in one of four ways: persuadable (a call makes staying likelier), sure and lost (a call
changes nothing) and do-not-disturb (a call makes leaving likelier). No extract contains the response. The called
customers are drawn at random, so that an estimate of the effect can be compared with the truth.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

Floats = NDArray[np.float64]

EVERY_DAYS = 30
LASTING_DAYS = 60
RESPONSES = {"persuadable": (0.30, -1.0), "sure": (0.35, 0.0), "lost": (0.25, 0.0), "do_not_disturb": (0.10, 0.6)}
"""For each response: the share of customers, and what a call adds to the log-odds of leaving while its effect lasts."""


@dataclass(frozen=True)
class Contacts:
    """The calls of a simulation: every 30 days this share of the active customers, drawn at random, is called."""

    share: float = 0.0


def response_of(numbers: Floats) -> NDArray[np.int64]:
    """Returns (n,) positions in RESPONSES. Each customer has one fixed random number, so the response never changes."""
    bounds = np.cumsum([share for share, _ in RESPONSES.values()])[:-1]
    return np.searchsorted(bounds, numbers, side="right").astype(np.int64)


def call_log_odds(numbers: Floats) -> Floats:
    """Returns (n,) what a call adds to the log-odds of leaving of each customer."""
    return np.array([effect for _, effect in RESPONSES.values()])[response_of(numbers)]


def draw_called(
    contacts: Contacts, is_active: NDArray[np.bool_], day: int, generator: np.random.Generator
) -> NDArray[np.bool_]:
    """Returns (n,) whether each customer is called on a day. Calls take place every 30 days, from day 0 on."""
    if not contacts.share or day < 0 or day % EVERY_DAYS:
        return np.zeros(len(is_active), dtype=bool)
    return is_active & (generator.random(len(is_active)) < contacts.share)


def describe_responses(numbers: Floats) -> pl.Series:
    """Returns the name of the response of each customer."""
    return pl.Series("response", np.array(list(RESPONSES))[response_of(numbers)])
