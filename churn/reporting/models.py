"""Changes the champion by hand, and reads the ledger of decisions."""

from dataclasses import replace

from churn.contracts.decisions import Promotion
from churn.errors import NotThere, WrongUsage
from churn.stages import Outcome
from churn.stores.ledgers import promotions
from churn.stores.ledgers.promotions import require_champion
from churn.stores.model_registry import loading, registry
from churn.stores.workplace import Workplace
from churn.timeline import now_utc


def promote_version(workplace: Workplace, version: int, why: str) -> Outcome:
    """Makes a version the champion, whatever the gate decided, and records the reason in the ledger.

    Raises:
        NotThere: the version is not in the ledger or not in the registry.
        WrongUsage: the version is the champion already, or no reason was given.
        ModelRefused: the version cannot be loaded on this machine.
    """
    if not why.strip():
        raise WrongUsage("A promotion by hand needs a reason.", 'give the reason with --why "...".')
    judged = promotions.find_decision(workplace.engine, version)
    if judged is None:
        raise NotThere(f"Model version {version} does not exist.", "run `churn model list` to see the versions.")
    champion = promotions.find_champion(workplace.engine)
    if champion is not None and champion.model_version == version:
        raise WrongUsage(
            f"Version {version} is the champion already.", "run `churn model list` to see the other versions."
        )
    # With a champion that cannot be loaded, tomorrow's run would fail.
    loading.load_predictor(workplace.settings, version)
    by_hand = replace(
        judged,
        decided_at=now_utc(),
        decision="promote",
        decided_by="person",
        reasons=(why.strip(), *judged.reasons),
        champion_version=champion.model_version if champion else None,
    )
    # The ledger comes last. If the registry fails, nothing is recorded, and the same command can run again.
    registry.tag_decision(workplace.settings, version, "promote", why.strip())
    registry.name_champion(workplace.settings, version)
    promotions.record_promotion(workplace.engine, by_hand)
    return Outcome(f"version {version} ({judged.family}) is the champion: {why.strip()}")


def roll_back(workplace: Workplace, why: str) -> Outcome:
    """Makes the previous champion the champion again.

    Raises:
        NotThere: the current champion is the first one.
    """
    champion = require_champion(workplace.engine)
    if champion.champion_version is None:
        raise NotThere(
            f"Version {champion.model_version} is the first champion; there is no version to go back to.",
            'promote another version with `churn model promote VERSION --why "..."`.',
        )
    return promote_version(workplace, champion.champion_version, why)


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
