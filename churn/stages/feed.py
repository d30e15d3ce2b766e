"""Keeps a date whose feed is at fault from readers, if the policy says so."""

from datetime import date

from churn.economics.limits import load_limits
from churn.errors import ContractBroken
from churn.monitoring.causes import find_faults
from churn.stages.drift import compare_features
from churn.stores.ledgers import promotions, publications
from churn.stores.rows import changes
from churn.stores.workplace import Workplace


def refuse_faulty(workplace: Workplace, as_of_date: date) -> None:
    """Compares the features of a scored date with those of the published date before it, if `feed_fault` is "hold".

    Raises:
        ContractBroken: the feed is at fault. The date stays staged, and readers see the date before.
    """
    engine, limits = workplace.engine, load_limits(workplace.settings.policies)
    if limits.feed_fault != "hold":
        return
    day, previous = publications.find_publication(engine, as_of_date), changes.find_previous(engine, as_of_date)
    if day is None or day.status == "published" or previous is None:
        return
    decision = promotions.find_decision(engine, day.model_version)
    profiles = dict(decision.evidence.profiles) if decision else {}
    with engine.connect() as connection:
        features = compare_features(workplace, connection, day, previous, profiles)
    if faults := find_faults(features, limits):
        told = "; ".join(cause.evidence for cause in faults[:3])
        raise ContractBroken(
            f"The extract of {as_of_date} looks faulty: {told}. Its scores are held back; readers still see "
            f"{previous.prediction_date}.",
            f"load the corrected file with `churn run --source FILE --as-of {as_of_date}`, or publish it unchanged "
            f"with `churn score --as-of {as_of_date}`.",
        )
