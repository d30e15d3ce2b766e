"""Reads what comes back from the company's own system: events of contacts, and customers who must be left alone.

A file of events has the columns contact_id, event and occurred_at, and may have channel, offer_id_given, cost_usd and
stated_reason. A company's own codes are translated by a TOML file:

    [events]               # theirs = ours
    "OK, gets offer" = "accepted"
    NA = "not_reached"

Whether a customer left is never taken from such a file: the snapshots say it.
"""

import hashlib
import tomllib
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import get_args

import polars as pl

from churn.contracts.campaigns import CONSENT, EVENTS, EVERY_CHANNEL, Event, Suppression, SuppressionReason
from churn.errors import ContractBroken, WrongUsage

EVENT_COLUMNS = ("contact_id", "event", "occurred_at")
_OPTIONAL = ("channel", "offer_id_given", "cost_usd", "stated_reason")
SUPPRESSION_COLUMNS = ("customer_id", "reason")
REASONS: tuple[str, ...] = get_args(SuppressionReason)


def read_codes(path: Path | None) -> dict[str, str]:
    """Returns theirs -> ours from a TOML file of codes; without a path, an empty mapping.

    Raises:
        WrongUsage: the file cannot be read, or translates into an event that does not exist.
    """
    if path is None:
        return {}
    try:
        codes: dict[str, str] = tomllib.loads(path.read_text(encoding="utf-8")).get("events", {})
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise WrongUsage(f"The file of codes {path} cannot be read: {error}.", "correct the file.") from error
    if wrong := [theirs for theirs, ours in codes.items() if ours not in EVENTS]:
        raise WrongUsage(
            f"{path.name} translates {wrong[0]!r} into {codes[wrong[0]]!r}, which is no event.",
            f"translate it into one of {', '.join(EVENTS)}.",
        )
    return codes


def read_events(path: Path, codes: Mapping[str, str]) -> list[Event]:
    """Reads a file of events.

    Raises:
        ContractBroken: a column is missing, or a row has an unknown event or a time without its offset. No event of the
            file is taken in.
    """
    return [
        as_event(f"Line {line} of {path.name}", path.name, row, codes) for line, row in _read_rows(path, EVENT_COLUMNS)
    ]


def as_event(place: str, source: str, row: Mapping[str, str | None], codes: Mapping[str, str]) -> Event:
    """Reads one event.

    Args:
        place: where the row is, for the message: a line of a file, or a row of a table.
        source: the file or the table.
        row: the cells as text, by column; a blank cell is None.
        codes: theirs -> ours.

    Raises:
        ContractBroken: the event is unknown, the time has no offset, or the cost is no number.
    """
    theirs = row["event"] or ""
    event = codes.get(theirs, theirs)
    if event not in EVENTS:
        raise ContractBroken(
            f"{place} has the event {theirs!r}, which is not known.",
            f"write one of {', '.join(EVENTS)}, or translate it: [contact] codes of the policy file, or --codes FILE.",
        )
    occurred_at = _as_moment(place, row["occurred_at"])
    facts = {name: row.get(name) or None for name in _OPTIONAL}
    # A separator that no cell has: otherwise two different events could have the same key.
    key = "\x1f".join(
        str(part) for part in (row["contact_id"], event, occurred_at.isoformat(), facts["offer_id_given"])
    )
    return Event(
        event_id=hashlib.sha256(key.encode()).hexdigest(),
        contact_id=row["contact_id"] or "",
        event=event,
        occurred_at=occurred_at,
        channel=facts["channel"],
        offer_id_given=facts["offer_id_given"],
        cost_usd=_as_number(place, facts["cost_usd"]),
        stated_reason=facts["stated_reason"],
        their_code=theirs if theirs != event else None,
        source=source,
    )


def _as_moment(place: str, text: str | None) -> datetime:
    try:
        moment = datetime.fromisoformat(text or "")
    except ValueError:
        # It has no offset, so that the check below refuses it as it refuses a time without one.
        moment = datetime.min
    if moment.tzinfo is None:
        raise ContractBroken(
            f"{place} has the time {text!r}, which is no time with its offset from UTC.",
            "write it like 2026-11-28T14:05:00+01:00.",
        )
    return moment


def _as_number(place: str, text: str | None) -> float | None:
    try:
        return None if text is None else float(text)
    except ValueError:
        raise ContractBroken(f"{place} has the cost {text!r}, which is no number.", "write it like 2.50.") from None


def read_suppressions(path: Path, today: date) -> list[Suppression]:
    """Reads a file of customers who must be left alone: customer_id, reason, and if given channel, since and until.

    Raises:
        ContractBroken: a column is missing, or a row has an unknown reason or a text that is no date.
    """
    return [_as_suppression(path, line, row, today) for line, row in _read_rows(path, SUPPRESSION_COLUMNS)]


def _as_suppression(path: Path, line: int, row: Mapping[str, str | None], today: date) -> Suppression:
    reason = row["reason"] or ""
    if reason not in REASONS:
        raise ContractBroken(
            f"Line {line} of {path.name} has the reason {reason!r}, which is not known.",
            f"write one of {', '.join(REASONS)}; {CONSENT} means that the customer may be contacted again.",
        )
    try:
        since = date.fromisoformat(row.get("since") or today.isoformat())
        until = date.fromisoformat(str(row["until"])) if row.get("until") else None
    except ValueError:
        raise ContractBroken(f"Line {line} of {path.name} has a text that is no date.", "write 2026-11-28.") from None
    return Suppression(row["customer_id"] or "", row.get("channel") or EVERY_CHANNEL, since, until, reason, path.name)


def _read_rows(path: Path, needed: tuple[str, ...]) -> Iterator[tuple[int, dict[str, str | None]]]:
    """Yields the line and the cells of each row, all as text. Line 1 is the header."""
    try:
        rows = pl.read_parquet(path) if path.suffix == ".parquet" else pl.read_csv(path, infer_schema=False)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise WrongUsage(f"{path} cannot be read: {error}.", "check the path and the file.") from error
    if missing := [name for name in needed if name not in rows.columns]:
        raise ContractBroken(f"{path.name} lacks the column {missing[0]}.", f"write the columns {', '.join(needed)}.")
    texts = rows.with_columns(pl.all().cast(pl.String).str.strip_chars())
    for line, row in enumerate(texts.iter_rows(named=True), 2):
        if blank := [name for name in needed if not row[name]]:
            raise ContractBroken(f"Line {line} of {path.name} has no {blank[0]}.", "fill the cell, or remove the line.")
        yield line, row
