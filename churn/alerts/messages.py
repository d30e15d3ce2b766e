"""Sends one alert when a run fails, and one alert when the failure is over.

Addresses are those of apprise (Slack, e-mail, webhook and a hundred more). ops.incidents records which alerts were
sent; while the database does not answer, a file under CHURN_HOME does. An alert must never fail a run: an alert that
cannot be sent is logged.
"""

import hashlib
import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from churn.alerts.incident_file import IncidentFile
from churn.contracts.statuses import AlertKind, Severity
from churn.errors import Busy, ChurnError, understand
from churn.secrecy import hide_secrets
from churn.settings import Settings
from churn.stores.ledgers import incidents, publications, snoozes
from churn.stores.ledgers.incidents import Incident
from churn.stores.postgres.database import ask_alive, open_engine
from churn.timeline import now_utc, today

if TYPE_CHECKING:
    from sqlalchemy import Engine

DAILY = "churn_pipeline"
"""The flow that publishes the newest date: when it fails, readers see an old date."""

# Parts of a message that differ each time (addresses in memory, UUIDs, process ids) must not make a new incident of it.
_VARYING = re.compile(r"0x[0-9a-f]+|[0-9a-f]{8}-[0-9a-f-]{27}|(?<=pid )\d+")
_log = logging.getLogger("churn.alerts")


@dataclass(frozen=True)
class Message:
    """An alert.

    Attributes:
        kind: critical, error, warning, recovered or digest.
        attached: a file that goes with it; an address that takes no files gets the text alone.
    """

    kind: AlertKind
    title: str
    body: str
    attached: Path | None = None


def tell_failure(
    settings: Settings, flow: str, as_of: date | None, error: BaseException, link: str | None = None
) -> None:
    """Sends an alert that a flow failed, unless an alert for the same incident was sent already.

    Args:
        settings: the addresses; without an address the function does nothing.
        flow: the name of the flow.
        as_of: the date that the flow was working on.
        error: the failure.
        link: the address of the run in Prefect's pages.
    """
    if settings.alert_urls is None:
        return
    known = understand(error)
    engine = _reach(settings)
    readers = _tell_readers(engine, "still see", IncidentFile(settings.home_dir).published)
    incident = _describe(settings, flow, as_of, known, _grade(engine, flow, as_of, known))
    if not _open(settings, engine, incident) or _is_snoozed(engine, incident):
        return
    # Only after sending: an alert that could not be sent is tried again with the next failure.
    if send(settings, _word_failure(incident, readers, link)):
        _mark_told(settings, engine, incident)


def tell_recovery(settings: Settings, flow: str) -> None:
    """Sends an alert that the incidents of a flow are over, after the flow succeeded.

    An incident of a date that readers do not see yet is not over.
    """
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
    """Sends a message to every address. Returns whether every address accepted it."""
    import apprise  # Not above: it imports a hundred plugins, which a run without alerts never needs.

    logging.getLogger("apprise").setLevel(logging.CRITICAL)  # Its log lines contain the addresses, tokens included.
    kinds = {
        "warning": apprise.NotifyType.WARNING,
        "recovered": apprise.NotifyType.SUCCESS,
        "digest": apprise.NotifyType.INFO,
    }
    target = apprise.Apprise()
    is_understood = settings.alert_urls is not None and target.add(settings.alert_urls.get_secret_value())
    is_sent = target.notify(
        title=message.title,
        body=message.body,
        notify_type=kinds.get(message.kind, apprise.NotifyType.FAILURE),
        body_format=apprise.NotifyFormat.TEXT,
        attach=str(message.attached) if message.attached else None,
    )
    if not (is_understood and is_sent):
        _log.error("Not every address of CHURN_ALERT_URLS accepted the message: %s", message.title)
    return bool(is_sent)


def _reach(settings: Settings) -> "Engine | None":
    """Returns an engine if the database answers now, else None."""
    try:
        engine = open_engine(settings)  # Opening asks nothing of the database; only the next line does.
        ask_alive(engine)
    except ChurnError:
        return None
    return engine


def _describe(settings: Settings, flow: str, as_of: date | None, error: ChurnError, severity: Severity) -> Incident:
    fact = hide_secrets(error.fact, settings)
    same = error.incident or _VARYING.sub("", fact)
    key = hashlib.sha256(f"{flow}/{type(error).__name__}/{same}".encode()).hexdigest()[:16]
    return Incident(key, flow, as_of, severity, fact, hide_secrets(error.next_step, settings), now_utc())


def _grade(engine: "Engine | None", flow: str, as_of: date | None, error: ChurnError) -> Severity:
    """Returns critical when the database does not answer, error when readers see an old date, else warning."""
    if engine is None:
        return "critical"
    publication = publications.find_publication(engine, as_of) if as_of else None
    is_shown = publication is not None and publication.status == "published"
    return "error" if flow == DAILY and not is_shown and not isinstance(error, Busy) else "warning"


def _open(settings: Settings, engine: "Engine | None", incident: Incident) -> bool:
    if engine is None:
        return IncidentFile(settings.home_dir).open(incident)
    return incidents.open_incident(engine, incident)


def _is_snoozed(engine: "Engine | None", incident: Incident) -> bool:
    return engine is not None and snoozes.is_snoozed(engine, incident.incident_key, today())


def _mark_told(settings: Settings, engine: "Engine | None", incident: Incident) -> None:
    if engine is None:
        IncidentFile(settings.home_dir).mark_told(incident.incident_key)
    else:
        incidents.mark_told(engine, incident.incident_key, now_utc())


def _tell_readers(engine: "Engine | None", see: str, remembered: date | None = None) -> str:
    if engine is None:
        known = f"; the last date that they saw is {remembered}" if remembered else ""
        return f"the database does not answer, so readers see nothing{known}."
    latest = publications.find_publication(engine)
    if latest is None or latest.published_at is None:
        return "no date is published yet."
    return f"readers {see} {latest.prediction_date}, published {latest.published_at:%Y-%m-%d %H:%M} UTC."


def _word_failure(incident: Incident, readers: str, link: str | None) -> Message:
    of_day = f" of {incident.as_of_date}" if incident.as_of_date else ""
    lines = [
        f"What happened: {incident.fact}",
        f"Still true: {readers}",
        f"Next: {incident.next_step}",
        *([f"Run: {link}"] if link else []),
        f"Incident: {incident.incident_key}",
    ]
    return Message(incident.severity, f"[churn] {incident.severity}: {incident.flow}{of_day} failed", "\n".join(lines))


def _word_recovery(flow: str, over: Sequence[Incident], readers: str) -> Message:
    since = min(incident.opened_at for incident in over)
    lines = [
        *(f"Over: {incident.fact}" for incident in over),
        f"Now true: {readers}",
        f"It lasted from {since:%Y-%m-%d %H:%M} to {now_utc():%Y-%m-%d %H:%M} UTC. There is nothing to do.",
    ]
    return Message("recovered", f"[churn] recovered: {flow} works again", "\n".join(lines))
