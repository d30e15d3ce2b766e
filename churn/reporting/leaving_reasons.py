"""Answers why customers left by their own words, and whether the columns tell it beforehand."""

from churn.contracts.leaving_reasons import ReasonTraining
from churn.errors import NotThere
from churn.stages.reasoning import renew_reasons
from churn.stores.ledgers import loads, reason_trainings
from churn.stores.workplace import Workplace


def read_reasons(workplace: Workplace) -> ReasonTraining:
    """Returns the newest attempt to learn why customers leave.

    Raises:
        NotThere: no leaver stated a reason yet.
    """
    newest = reason_trainings.find_newest(workplace.engine)
    if newest is None:
        raise NotThere(
            "No leaver stated a reason yet.",
            'declare the column of reasons with use = "reason", or take back contacts with stated_reason; then run '
            "`churn reasons --retrain`.",
        )
    return newest


def retrain_reasons(workplace: Workplace) -> str:
    """Learns the reasons that are known on the latest loaded date; returns the verdict in words.

    Raises:
        NotLoaded: no extract is loaded yet.
        RegistryDown: MLflow did not answer.
    """
    return renew_reasons(workplace, loads.require_latest_day(workplace.engine), retrain=True).summary
