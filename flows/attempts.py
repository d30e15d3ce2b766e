"""What a run goes on after, and does not forget: a refused date among others, a training that could not be."""

from dataclasses import dataclass, field
from datetime import date
from functools import partial

from prefect import Task

from churn.errors import AuditFailed, ContractBroken, RegistryDown, TooFewLeavers, WrongUsage
from churn.settings import load_settings
from churn.stages import Outcome
from flows.runs import tell_degraded


@dataclass
class Attempts:
    """What the stages of a run did so far, and which dates were refused."""

    outcomes: list[Outcome] = field(default_factory=list)
    refusals: list[ContractBroken | AuditFailed | WrongUsage] = field(default_factory=list)

    def attempt(self, *stages: partial[Outcome]) -> bool:
        """Runs stages until one refuses its date; returns whether none did. Any other error ends the run."""
        try:
            self.outcomes.extend(stage() for stage in stages)
        except (ContractBroken, AuditFailed, WrongUsage) as refusal:
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
            AuditFailed: likewise, or
            WrongUsage: likewise; a file may have a date that lies in the future.
        """
        if self.refusals:
            raise self.refusals[0]
        return self.outcomes


def learn_or_keep(train: partial[Outcome]) -> Outcome:
    """Training; without a registry, or enough leavers, the champion stays, people are told, and scoring goes on.

    Raises:
        RegistryDown: there is no champion yet, or
        TooFewLeavers: likewise.
    """
    from churn.stages import learning

    try:
        outcome = train()
    except (RegistryDown, TooFewLeavers) as why:
        kept = learning.keep_champion(load_settings(), why)
        tell_degraded("training", why)
        return kept
    if not outcome.is_skipped:  # a skipped one has not asked the registry
        tell_degraded("training", None)
    return outcome
