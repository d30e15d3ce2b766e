"""Several dates in one run: a refused one does not stop the others, and is not forgotten."""

from dataclasses import dataclass, field
from datetime import date
from functools import partial

from prefect import Task

from churn.errors import AuditFailed, ContractBroken
from churn.stages import Outcome


@dataclass
class Attempts:
    """What the stages of a run did so far, and which dates were refused."""

    outcomes: list[Outcome] = field(default_factory=list)
    refusals: list[ContractBroken | AuditFailed] = field(default_factory=list)

    def attempt(self, *stages: partial[Outcome]) -> bool:
        """Runs stages until one refuses its date; returns whether none did. Any other error ends the run."""
        try:
            self.outcomes.extend(stage() for stage in stages)
        except (ContractBroken, AuditFailed) as refusal:
            self.refusals.append(refusal)
            return False
        return True

    def attempt_days(self, days: list[date], *stages: Task[[list[date]], Outcome]) -> list[date]:
        """Runs stages on days together, or, where that is refused, day by day; returns the days that were sound."""
        if self.attempt(*(partial(stage, days) for stage in stages)):
            return days
        return [] if len(days) == 1 else [sound for day in days for sound in self.attempt_days([day], *stages)]

    def finish(self) -> list[Outcome]:
        """Returns what was done.

        Raises:
            ContractBroken: the first refusal, or
            AuditFailed: likewise.
        """
        if self.refusals:
            raise self.refusals[0]
        return self.outcomes
