"""The steps of a run, each callable alone: what a flow's task does in one call.

A stage finds what it needs by its date, says what it did in one line, and does nothing when there is nothing to do.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Outcome:
    """What a stage did.

    Attributes:
        summary: one line for a person.
        is_skipped: there was nothing to do.
    """

    summary: str
    is_skipped: bool = False
