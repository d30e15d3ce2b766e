"""Lets an incident send no alert until a date, with a reason that the ledger keeps."""

from datetime import date

from churn.errors import NotThere, WrongUsage
from churn.stages import Outcome
from churn.stores.ledgers.snoozes import Snooze, record_snooze
from churn.stores.workplace import Workplace
from churn.timeline import now_utc, today


def snooze(workplace: Workplace, incident_key: str, until: date, person: str, why: str) -> Outcome:
    """Sends no alert of an open incident until the end of a day. If it still lasts then, the next run sends one.

    Raises:
        WrongUsage: the day is past, or there is no reason.
        NotThere: no such incident is open.
    """
    if until < today():
        raise WrongUsage(f"--until {until} is past.", "choose today or a later date.")
    if not why.strip():
        raise WrongUsage("--why is empty.", "say why nobody needs to hear of the incident.")
    if not record_snooze(workplace.engine, Snooze(incident_key, until, person, why.strip(), now_utc())):
        raise NotThere(f"Incident {incident_key} is not open.", "run `churn alerts list` to see the open incidents.")
    return Outcome(f"Incident {incident_key} sends no alert until the end of {until}")
