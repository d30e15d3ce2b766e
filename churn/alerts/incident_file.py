"""Keeps incidents in one small file under CHURN_HOME while the database does not answer."""

import json
from datetime import date, datetime
from pathlib import Path
from typing import TypedDict

from churn.contracts.statuses import Severity
from churn.stores.ledgers.incidents import Incident


class _Row(TypedDict):
    """An incident as JSON has it, with dates as ISO text. `is_told` says whether an alert was sent."""

    incident_key: str
    flow: str
    as_of_date: str | None
    severity: Severity
    fact: str
    next_step: str
    opened_at: str
    is_told: bool


class _Kept(TypedDict):
    """The content of the file: the open incidents by their key."""

    open: dict[str, _Row]
    published: str | None


class IncidentFile:
    """`incidents.json`: the open incidents, whether an alert was sent for each, and the last known published date."""

    def __init__(self, home_dir: Path) -> None:
        self._path = home_dir / "incidents.json"

    @property
    def published(self) -> date | None:
        """The last date that was known to be published; None when no run has written one."""
        day_text = self._read()["published"]
        return date.fromisoformat(day_text) if day_text else None

    def remember_published(self, published: date | None) -> None:
        """Writes the date down, for an alert on a day when the database does not answer."""
        if published != self.published:
            kept_incidents = self._read()
            kept_incidents["published"] = published.isoformat() if published else None
            self._write(kept_incidents)

    def open(self, incident: Incident) -> bool:
        """Writes an incident down. Returns whether an alert for it still has to be sent."""
        kept_incidents = self._read()
        # setdefault: a failure that is repeated keeps its first moment, and whether its alert was sent.
        kept = kept_incidents["open"].setdefault(incident.incident_key, _row(incident))
        self._write(kept_incidents)
        return not kept["is_told"]

    def mark_told(self, incident_key: str) -> None:
        """Writes down that the alert was sent."""
        kept_incidents = self._read()
        kept_incidents["open"][incident_key]["is_told"] = True
        self._write(kept_incidents)

    def close(self, flow: str, published: date | None) -> list[Incident]:
        """Closes the incidents of a flow that succeeded. Returns those for which an alert was sent."""
        kept_incidents = self._read()
        over = {
            key: row for key, row in kept_incidents["open"].items() if row["flow"] == flow and _is_past(row, published)
        }
        if over:
            kept_incidents["open"] = {key: row for key, row in kept_incidents["open"].items() if key not in over}
            self._write(kept_incidents)
        return [_incident(row) for row in over.values() if row["is_told"]]

    def _read(self) -> _Kept:
        try:
            document = json.loads(self._path.read_text(encoding="utf-8"))
            return {"open": document.get("open", {}), "published": document.get("published")}
        except (FileNotFoundError, ValueError):  # A damaged file costs one repeated alert; an error here would cost it.
            return {"open": {}, "published": None}

    def _write(self, kept_incidents: _Kept) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        new = self._path.with_suffix(".new")  # Written aside, then renamed: a reader never sees half a file.
        new.write_text(json.dumps(kept_incidents, indent=2), encoding="utf-8")
        new.replace(self._path)


def _is_past(row: _Row, published: date | None) -> bool:
    day = row["as_of_date"]
    return day is None or (published is not None and date.fromisoformat(day) <= published)


def _row(incident: Incident) -> _Row:
    day = incident.as_of_date
    return {
        "incident_key": incident.incident_key,
        "flow": incident.flow,
        "as_of_date": day.isoformat() if day else None,
        "severity": incident.severity,
        "fact": incident.fact,
        "next_step": incident.next_step,
        "opened_at": str(incident.opened_at),
        "is_told": False,
    }


def _incident(row: _Row) -> Incident:
    day = date.fromisoformat(row["as_of_date"]) if row["as_of_date"] else None
    opened_at = datetime.fromisoformat(row["opened_at"])
    return Incident(row["incident_key"], row["flow"], day, row["severity"], row["fact"], row["next_step"], opened_at)
