"""Changes the champion by hand, and reads the ledger of decisions."""

from dataclasses import dataclass, replace
from datetime import date

from churn.contracts.decisions import Promotion
from churn.errors import NotThere, WrongUsage
from churn.stages import Outcome
from churn.stores.ledgers import promotions, publications
from churn.stores.ledgers.promotions import require_champion
from churn.stores.model_registry import loading, registry
from churn.stores.workplace import Workplace
from churn.timeline import now_utc, tell_dates


@dataclass(frozen=True)
class Succession:
    """A promotion by hand, before it is made.

    Attributes:
        promotion: the decision that the ledger will keep: the version, the reason and the person.
        kept_days: version -> the published days whose scores it made and keeps.
    """

    promotion: Promotion
    kept_days: dict[int, list[date]]

    def sentences(self) -> list[str]:
        """Returns what the promotion does and what it leaves unchanged."""
        before = self.promotion.champion_version
        instead = f" instead of version {before}" if before else ""
        return [
            f"Version {self.promotion.model_version} ({self.promotion.family}) becomes the champion{instead}.",
            *(
                f"{len(days):,} published day{'' if len(days) == 1 else 's'} ({tell_dates(days)}) "
                f"keep{'s' if len(days) == 1 else ''} the scores of version {version}."
                for version, days in sorted(self.kept_days.items())
            ),
        ]


def plan_promotion(workplace: Workplace, version: int, why: str, person: str) -> Succession:
    """Returns what a promotion by hand would do. Nothing is changed yet.

    Raises:
        NotThere: the version is not in the ledger, or neither the registry nor CHURN_HOME has its file.
        WrongUsage: the version is the champion already, or no reason was given.
        ModelRefused: the version cannot be loaded on this machine.
    """
    if not why.strip():
        raise WrongUsage("A promotion by hand needs a reason.", 'give the reason with --why "...".')
    judged = promotions.require_decision(workplace.engine, version)
    champion = promotions.find_champion(workplace.engine)
    if champion is not None and champion.model_version == version:
        raise WrongUsage(
            f"Version {version} is the champion already.", "run `churn model list` to see the other versions."
        )
    # With a champion that cannot be loaded, tomorrow's run would fail.
    loading.load_predictor(workplace.settings, judged.model)
    by_hand = replace(
        judged,
        decided_at=now_utc(),
        decision="promote",
        decided_by="person",
        reasons=(why.strip(),),
        champion_version=champion.model_version if champion else None,
        person=person,
    )
    scored = publications.find_scored_days(workplace.engine)
    return Succession(by_hand, {other: days for other, days in scored.items() if other != version})


def promote_by_hand(workplace: Workplace, succession: Succession) -> Outcome:
    """Makes a version the champion, whatever the gate decided, and records reason and person in the ledger.

    The version's tags in MLflow keep what the gate decided and why.
    """
    promotion = succession.promotion
    # The ledger comes last. If the registry fails, nothing is recorded, and the same command can run again.
    registry.name_champion(workplace.settings, promotion.model)
    promotions.record_promotion(workplace.engine, promotion)
    return Outcome(
        f"version {promotion.model_version} ({promotion.family}) is the champion: {promotion.reasons[0]}. "
        "`churn score` scores the latest day with it"
    )


def find_previous_champion(workplace: Workplace) -> int:
    """Returns the version that was champion before the current one.

    Raises:
        NotThere: the current champion is the first one.
    """
    champion = require_champion(workplace.engine)
    if champion.champion_version is None:
        raise NotThere(
            f"Version {champion.model_version} is the first champion; there is no version to go back to.",
            'promote another version with `churn model promote VERSION --why "..."`.',
        )
    return champion.champion_version


def read_models(workplace: Workplace) -> list[Promotion]:
    """Returns the latest decision on each version, the newest version first."""
    latest = {decision.model_version: decision for decision in promotions.read_history(workplace.engine)}
    return sorted(latest.values(), key=lambda decision: -decision.model_version)


def read_history(workplace: Workplace) -> list[Promotion]:
    """Returns every decision of the ledger, the oldest first."""
    return promotions.read_history(workplace.engine)


def find_champion_version(workplace: Workplace) -> int | None:
    """Returns the champion's version, or None if there is no champion yet."""
    champion = promotions.find_champion(workplace.engine)
    return champion.model_version if champion else None
