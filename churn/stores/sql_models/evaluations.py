"""The record of one evaluation of a SQL model."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Evaluation:
    """One model evaluated over a range of dates.

    Attributes:
        model: the name of the model.
        rows: the number of written rows; None if the engine does not report it.
        milliseconds: the duration.
        audits_passed: the number of audits that the result passed.
    """

    model: str
    rows: int | None
    milliseconds: int
    audits_passed: int
