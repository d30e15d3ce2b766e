"""A segment of customers whose expected loss rose, as monitoring finds it and pages, messages and machines read it."""

from dataclasses import dataclass
from datetime import date

DAYS_LOOKED_AT = 7
"""A rise is named for so many published dates: after that it is the level against which others are compared."""
FEWEST_STEPS = 14
"""Earlier steps of a segment that say how much it moves without a cause."""


@dataclass(frozen=True)
class Spike:
    """A segment whose expected loss rose.

    Attributes:
        segment: the columns and their words, such as (("internet_service", "Fiber optic"),). One or two.
        since: the date of the first higher level.
        customers: the active customers of the segment now.
        rise: by which share its expected loss per customer rose since then; without money, its probability.
        expected_leavers: how many of them are expected to leave.
        usd: what the rise adds to the expected loss of these customers, in USD; None without a value a month.
        p_value: how likely a step of this size is by chance, before all segments and dates are allowed for.
    """

    segment: tuple[tuple[str, str], ...]
    since: date
    customers: int
    rise: float
    expected_leavers: float
    usd: float | None
    p_value: float

    @property
    def words(self) -> str:
        """The segment as people say it: internet service Fiber optic, contract Month-to-month."""
        return ", ".join(f"{column.replace('_', ' ')} {word}" for column, word in self.segment)
