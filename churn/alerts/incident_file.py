"""Keeps incidents in one small file under CHURN_HOME while the database does not answer."""

import json
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from typing import Any

from churn.stores.ledgers.incidents import Incident


class IncidentFile:
    """`incidents.json`: the open incidents, whether an alert was sent for each, and the last known published date."""

    def __init__(self, home_dir: Path) -> None:
        self._path = home_dir / "incidents.json"

    @property
    def published(self) -> date | None:
        """The last date that was known to be published; None when no run has written one."""
        day_text = self._read().get("published")
        return date.fromisoformat(day_text) if day_text else None

    def remember_published(self, published: date | None) -> None:
        """Writes the date down, for an alert on a day when the database does not answer."""
        if published != self.published:
            self._write(self._read() | {"published": published.isoformat() if published else None})

    def open(self, incident: Incident) -> bool:
        """Writes an incident down. Returns whether an alert for it still has to be sent."""
        kept_incidents = self._read()
        row = {name: str(value) if value is not None else None for name, value in asdict(incident).items()}
        kept = kept_incidents["open"].setdefault(incident.incident_key, row | {"is_told": False})
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

    def _read(self) -> dict[str, Any]:
        try:
            return {"open": {}, **json.loads(self._path.read_text(encoding="utf-8"))}
        except (FileNotFoundError, ValueError):  # A damaged file costs one repeated alert; an error here would cost it.
            return {"open": {}}

    def _write(self, kept_incidents: dict[str, Any]) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        new = self._path.with_suffix(".new")  # Written aside, then renamed: a reader never sees half a file.
        new.write_text(json.dumps(kept_incidents, indent=2), encoding="utf-8")
        new.replace(self._path)


def _is_past(row: dict[str, Any], published: date | None) -> bool:
    day = row["as_of_date"]
    return day is None or (published is not None and date.fromisoformat(day) <= published)


def _incident(row: dict[str, Any]) -> Incident:
    day = row["as_of_date"]
    fields = {name: row[name] for name in Incident.__dataclass_fields__}
    fields |= {"as_of_date": date.fromisoformat(day) if day else None}
    return Incident(**fields | {"opened_at": datetime.fromisoformat(row["opened_at"])})
