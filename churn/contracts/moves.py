"""Why the score of a customer moved between two dates, in the words of the reasons."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

WINDOWS = (1, 7, 30)
"""Since how many days before: yesterday, a week, a month."""
BY_MODEL, BY_CORRECTION, BY_OTHERS = "another model", "corrected data", "other features"
"""The parts that are no subject of a reason."""


@dataclass(frozen=True)
class MovePart:
    """A part of a move.

    Attributes:
        what: the subject as a reason says it, with what it was before; or BY_MODEL, BY_CORRECTION or BY_OTHERS.
        log_odds: what it adds to the log-odds of leaving.
    """

    what: str
    log_odds: float


@dataclass(frozen=True)
class ScoreMove:
    """A move of a score. The parts add up to the change of the log-odds.

    Attributes:
        days: since how many days before: one of WINDOWS.
        earlier_date: the published date that is so many days before, or the nearest one before that.
        probability_before: the score of that date as readers saw it first.
        probability_after: the score of the later date.
        parts: the largest first.
    """

    days: int
    earlier_date: date
    probability_before: float
    probability_after: float
    parts: tuple[MovePart, ...]

    @property
    def log_odds(self) -> float:
        """The change of the log-odds."""
        return sum(part.log_odds for part in self.parts)


def pair_parts(words: Sequence[str], log_odds: Sequence[float]) -> tuple[MovePart, ...]:
    """Returns the parts that are stored as two lists of the same length."""
    return tuple(MovePart(what, amount) for what, amount in zip(words, log_odds, strict=True))
