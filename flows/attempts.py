"""What does not stop a run: a refused date, a training that is not possible, customers whom the model has not seen."""

from dataclasses import dataclass, field
from datetime import date
from functools import partial

from prefect import Task

from churn.errors import AuditFailed, ContractBroken, RegistryDown, TooFewLeavers, WrongUsage
from churn.stages import Outcome
from churn.stores.workplace import Workplace
from flows.runs import tell_degraded


@dataclass
class Attempts:
    """The outcomes of the stages of a run so far, and the refusals."""

    outcomes: list[Outcome] = field(default_factory=list)
    refusals: list[ContractBroken | AuditFailed | WrongUsage] = field(default_factory=list)

    def attempt(self, *stages: partial[Outcome]) -> bool:
        """Runs stages until one refuses its date. Returns whether no stage refused. Any other error ends the run."""
        try:
            self.outcomes.extend(stage() for stage in stages)
        except (ContractBroken, AuditFailed, WrongUsage) as refusal:
            self.refusals.append(refusal)
            return False
        return True

    def attempt_days(self, workplace: Workplace, days: list[date], *stages: Task[..., Outcome]) -> list[date]:
        """Runs stages on all days together, or day by day if a stage refuses. Returns the days without a refusal."""
        # Together is faster by far (one refresh of the SQL models); day by day finds the one bad day among the others.
        if self.attempt(*(partial(stage, workplace, days) for stage in stages)):
            return days
        if len(days) == 1:
            return []
        return [sound for day in days for sound in self.attempt_days(workplace, [day], *stages)]

    def finish(self, last: WrongUsage | None = None) -> list[Outcome]:
        """Returns the outcomes. Raises the first refusal, if there is one.

        Args:
            last: a refusal that was known before the run, and is raised if no stage refused.

        Raises:
            ContractBroken: an extract broke the contract.
            AuditFailed: an audit failed.
            WrongUsage: a file cannot be used, for example because its date is in the future.
        """
        refusals = [*self.refusals, *([last] if last else [])]
        if refusals:
            raise refusals[0]
        return self.outcomes


def learn_or_keep(workplace: Workplace, train: partial[Outcome]) -> Outcome:
    """Trains. Without a registry or enough leavers the champion stays, an alert is sent, and scoring goes on.

    Raises:
        RegistryDown: the registry does not answer, and there is no champion yet.
        TooFewLeavers: there are too few leavers or stayers, and there is no champion yet.
    """
    from churn.stages import learning

    try:
        outcome = train()
    except (RegistryDown, TooFewLeavers) as why:
        kept = learning.keep_champion(workplace, why)
        tell_degraded(workplace.settings, "training", why)
        return kept
    if not outcome.is_skipped:  # A skipped training has not called the registry, so it proves no recovery.
        tell_degraded(workplace.settings, "training", None)
    return outcome


def publish_if_sound(workplace: Workplace, as_of: date, publish: partial[Outcome]) -> Outcome:
    """Publishes a date.

    Raises:
        ContractBroken: the policy holds back dates whose feed is at fault, and this one is.
    """
    from churn.stages import feed

    feed.refuse_faulty(workplace, as_of)
    return publish()


def score_and_warn(workplace: Workplace, as_of: date, score: partial[Outcome]) -> Outcome:
    """Scores a date. An alert is sent if too many customers lie outside what the model has seen."""
    from churn.stages import scoring

    outcome = score()
    tell_degraded(workplace.settings, "features in range", scoring.judge_ranges(workplace, as_of))
    return outcome
