"""What one evaluation of a model did."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Evaluation:
    """One model evaluated over a range of dates.

    Attributes:
        model: its name.
        rows: rows written; None where the engine does not say.
        milliseconds: time it took.
        audits_passed: audits that ran on the result and found nothing.
    """

    model: str
    rows: int | None
    milliseconds: int
    audits_passed: int
