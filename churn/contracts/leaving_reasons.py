"""Why customers left, by their own words: reasons, their groups, and what a model can tell of them beforehand."""

from dataclasses import dataclass
from datetime import date
from typing import Literal

from churn.contracts.models import RegisteredModel

REASON_MODEL = "telco_churn_reason_model"
"""The name under which the registry has it, beside the champion."""
NOT_ENOUGH = "not enough"
"""The answer for a customer of whom the features do not say why: no group is more likely than all others together."""

ReasonVerdict = Literal["told", "not told", "too few"]
"""Told: the model beats the shares of the groups on leavers it has not seen. Not told: these columns say nothing of
the reasons. Too few: fewer leavers stated a reason than a model needs."""


@dataclass(frozen=True)
class ReasonCount:
    """How many leavers stated a reason."""

    group: str
    reason: str
    leavers: int


@dataclass(frozen=True)
class ReasonFigures:
    """How a model did on leavers that it had not seen, over repeated splits.

    Attributes:
        log_loss: of the model.
        shares_log_loss: of giving every leaver the shares of the groups.
        gain: how much less the model loses.
        gain_low, gain_high: its 95% interval.
    """

    splits: int
    log_loss: float
    shares_log_loss: float
    gain: float
    gain_low: float
    gain_high: float


@dataclass(frozen=True)
class ReasonTraining:
    """What was learned about the reasons of the leavers up to a date.

    Attributes:
        leavers_count: leavers with a reason.
        counts: by group and reason, the most frequent group first.
        figures: None if there are too few leavers.
        model: the registered model; None unless the verdict is "told".
    """

    as_of_date: date
    verdict: ReasonVerdict
    leavers_count: int
    counts: tuple[ReasonCount, ...]
    training_fingerprint: str
    figures: ReasonFigures | None = None
    model: RegisteredModel | None = None

    def sentence(self) -> str:
        """Returns the verdict in words."""
        if self.figures is None:
            return f"{self.leavers_count:,} leavers stated a reason: too few to learn from"
        told = (
            f"on leavers that it had not seen, the model has a log loss of {self.figures.log_loss:.4f}, the shares of "
            f"the reasons one of {self.figures.shares_log_loss:.4f} (gain {self.figures.gain:+.4f}, 95% "
            f"{self.figures.gain_low:+.4f} to {self.figures.gain_high:+.4f}, {self.figures.splits} splits)"
        )
        if self.verdict == "told":
            return f"why a customer leaves can be read in part: {told}"
        return f"why a customer leaves cannot be read from these columns: {told}"
