"""Telling people that a run failed, once, and that all is well again, once.

Addresses are apprise's (Slack, e-mail, webhook and a hundred more). What was told is kept in ops.incidents, or, while
the database does not answer, in a file under CHURN_HOME. Nothing here may fail a run: what cannot be sent is logged.
"""

import hashlib
import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from churn.alerts.incident_file import IncidentFile
from churn.errors import Busy, ChurnError, understand
from churn.secrecy import hide_secrets
from churn.settings import Settings
from churn.stores.ledgers import incidents, publications
from churn.stores.ledgers.incidents import Incident
from churn.stores.postgres.database import ask_alive, open_engine
from churn.timeline import now_utc

if TYPE_CHECKING:
    from sqlalchemy import Engine

DAILY = "churn_pipeline"
"""The flow whose failure leaves readers with an old date."""

_VARYING = re.compile(r"0x[0-9a-f]+|[0-9a-f]{8}-[0-9a-f-]{27}|(?<=pid )\d+")
_log = logging.getLogger("churn.alerts")


@dataclass(frozen=True)
class Message:
    """What is sent.

    Attributes:
        kind: critical, error, warning or recovered.
    """

    kind: str
    title: str
    body: str


def tell_failure(
    settings: Settings, flow: str, as_of: date | None, error: BaseException, link: str | None = None
) -> None:
    """Tells that a flow failed, unless the same incident was told already.

    Args:
        settings: whom to tell; with no address nothing is done.
        flow: its name.
        as_of: the date it was to make.
        error: why.
        link: where the run can be looked at.
    """
    if settings.alert_urls is None:
        return
    known = understand(error)
    engine = _reach(settings)
    readers = _tell_readers(engine, "still see", IncidentFile(settings.home_dir).published)
    incident = _describe(settings, flow, as_of, known, _grade(engine, flow, as_of, known))
    if not _open(settings, engine, incident):
        return
    if send(settings, _word_failure(incident, readers, link)):
        _mark_told(settings, engine, incident)


def tell_recovery(settings: Settings, flow: str) -> None:
    """Tells, after a flow did well, which incidents are over. Those of dates that readers do not see yet are not."""
    if settings.alert_urls is None:
        return
    engine = open_engine(settings)
    latest = publications.find_publication(engine)
    published = latest.prediction_date if latest else None
    file = IncidentFile(settings.home_dir)
    over = [*file.close(flow, published), *incidents.close_incidents(engine, flow, published, now_utc())]
    file.remember_published(published)
    if over:
        send(settings, _word_recovery(flow, over, _tell_readers(engine, "see")))


def send(settings: Settings, message: Message) -> bool:
    """Sends a message to every address; returns whether all took it."""
    import apprise

    logging.getLogger("apprise").setLevel(logging.CRITICAL)  # It repeats addresses; what failed is told below.
    kinds = {"warning": apprise.NotifyType.WARNING, "recovered": apprise.NotifyType.SUCCESS}
    target = apprise.Apprise()
    is_understood = settings.alert_urls is not None and target.add(settings.alert_urls.get_secret_value())
    is_sent = target.notify(
        title=message.title,
        body=message.body,
        notify_type=kinds.get(message.kind, apprise.NotifyType.FAILURE),
        body_format=apprise.NotifyFormat.TEXT,
    )
    if not (is_understood and is_sent):
        _log.error("Not every address of CHURN_ALERT_URLS took the message: %s", message.title)
    return bool(is_sent)


def _reach(settings: Settings) -> "Engine | None":
    """The database, if it answers now: an engine that was opened earlier says nothing of that."""
    try:
        engine = open_engine(settings)
        ask_alive(engine)
    except ChurnError:
        return None
    return engine


def _describe(settings: Settings, flow: str, as_of: date | None, error: ChurnError, severity: str) -> Incident:
    fact = hide_secrets(error.fact, settings)
    key = hashlib.sha256(f"{flow}/{type(error).__name__}/{_VARYING.sub('', fact)}".encode()).hexdigest()[:16]
    return Incident(key, flow, as_of, severity, fact, hide_secrets(error.next_step, settings), now_utc())


def _grade(engine: "Engine | None", flow: str, as_of: date | None, error: ChurnError) -> str:
    """Critical: nobody can read. Error: readers have an old date. Warning: the rest."""
    if engine is None:
        return "critical"
    publication = publications.find_publication(engine, as_of) if as_of else None
    is_shown = publication is not None and publication.status == "published"
    return "error" if flow == DAILY and not is_shown and not isinstance(error, Busy) else "warning"


def _open(settings: Settings, engine: "Engine | None", incident: Incident) -> bool:
    if engine is None:
        return IncidentFile(settings.home_dir).open(incident)
    return incidents.open_incident(engine, incident)


def _mark_told(settings: Settings, engine: "Engine | None", incident: Incident) -> None:
    if engine is None:
        IncidentFile(settings.home_dir).mark_told(incident.incident_key)
    else:
        incidents.mark_told(engine, incident.incident_key, now_utc())


def _tell_readers(engine: "Engine | None", see: str, remembered: date | None = None) -> str:
    if engine is None:
        known = f"; the last date they saw is {remembered}" if remembered else ""
        return f"the database does not answer, so readers see nothing{known}."
    latest = publications.find_publication(engine)
    if latest is None or latest.published_at is None:
        return "nothing has been published yet."
    return f"readers {see} {latest.prediction_date}, published {latest.published_at:%Y-%m-%d %H:%M} UTC."


def _word_failure(incident: Incident, readers: str, link: str | None) -> Message:
    of_day = f" of {incident.as_of_date}" if incident.as_of_date else ""
    lines = [
        f"What happened: {incident.fact}",
        f"Still true: {readers}",
        f"Next: {incident.next_step}",
        *([f"Run: {link}"] if link else []),
    ]
    return Message(incident.severity, f"[churn] {incident.severity}: {incident.flow}{of_day} failed", "\n".join(lines))


def _word_recovery(flow: str, over: Sequence[Incident], readers: str) -> Message:
    since = min(incident.opened_at for incident in over)
    lines = [
        *(f"Over: {incident.fact}" for incident in over),
        f"Now true: {readers}",
        f"It lasted from {since:%Y-%m-%d %H:%M} to {now_utc():%Y-%m-%d %H:%M} UTC. Nothing to do.",
    ]
    return Message("recovered", f"[churn] recovered: {flow} does well again", "\n".join(lines))
