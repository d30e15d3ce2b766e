"""The champion by hand: promote a version, roll back, look at the ledger."""

from dataclasses import replace

from churn.errors import NotThere, WrongUsage
from churn.settings import Settings
from churn.stages import Outcome
from churn.stores.ledgers import promotions
from churn.stores.ledgers.promotions import Promotion, require_champion
from churn.stores.model_registry import loading, registry
from churn.stores.postgres.database import open_engine
from churn.timeline import now_utc


def promote_version(settings: Settings, version: int, why: str) -> Outcome:
    """Makes a version the champion whatever the gate said of it, and writes why into the ledger.

    Raises:
        NotThere: the ledger or the registry does not know the version.
        WrongUsage: it is the champion already, or no reason was given.
        ModelRefused: it cannot be loaded here.
    """
    engine = open_engine(settings)
    if not why.strip():
        raise WrongUsage("A promotion by hand needs a reason.", 'say why: --why "...".')
    judged = promotions.find_decision(engine, version)
    if judged is None:
        raise NotThere(f"The ledger knows no model version {version}.", "see `churn model list`.")
    champion = promotions.find_champion(engine)
    if champion is not None and champion.model_version == version:
        raise WrongUsage(f"Version {version} is the champion already.", "see `churn model history`.")
    loading.load_predictor(settings, version)  # A champion that cannot be loaded would stop tomorrow's scores.
    by_hand = replace(
        judged,
        decided_at=now_utc(),
        decision="promote",
        decided_by="person",
        reasons=[why.strip(), *judged.reasons],
        champion_version=champion.model_version if champion else None,
    )
    registry.tag_decision(settings, version, "promote", why.strip())
    registry.name_champion(settings, version)
    promotions.record_promotion(engine, by_hand)  # last: should the registry fail, the same command mends it
    return Outcome(f"version {version} ({judged.family}) is the champion: {why.strip()}")


def roll_back(settings: Settings, why: str) -> Outcome:
    """Undoes the last change of champion: the version that stood before it is champion again.

    Raises:
        NotThere: there was no change to undo.
    """
    champion = require_champion(open_engine(settings))
    if champion.champion_version is None:
        raise NotThere(
            f"Version {champion.model_version} is the first champion; there is none before it.",
            "promote another with `churn model promote VERSION --why ...`.",
        )
    return promote_version(settings, champion.champion_version, why)


def read_models(settings: Settings) -> list[Promotion]:
    """Returns the latest decision on each version, newest version first."""
    latest = {one.model_version: one for one in promotions.read_history(open_engine(settings))}
    return sorted(latest.values(), key=lambda one: -one.model_version)


def read_history(settings: Settings) -> list[Promotion]:
    """Returns every decision of the ledger, oldest first."""
    return promotions.read_history(open_engine(settings))


def find_champion_version(settings: Settings) -> int | None:
    """Returns the champion's version, or None before the first."""
    champion = promotions.find_champion(open_engine(settings))
    return champion.model_version if champion else None
