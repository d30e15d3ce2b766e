"""The last daily step of the retention loop: take back what came of contacts, and record whom to leave alone."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from churn.contracts.campaigns import EVERY_CHANNEL, Event, Suppression
from churn.economics.offers import load_contact_policy
from churn.errors import ContractBroken
from churn.intake import contact_events
from churn.stages import Outcome, counted
from churn.stores.ledgers import deliveries, erasures, landing, suppressions
from churn.stores.workplace import Workplace
from churn.timeline import now_utc, today

if TYPE_CHECKING:
    from sqlalchemy import Connection

LANDING = "landing.contact_events"


def take_back(workplace: Workplace, path: Path, codes: Path | None = None) -> Outcome:
    """Records the events of a file. The same file twice changes nothing; do_not_contact also suppresses the customer.

    Raises:
        ContractBroken: a row is wrong or names a contact that does not exist. No event of the file is recorded.
    """
    events = contact_events.read_events(path, _find_codes(workplace, codes))
    with workplace.engine.begin() as connection:
        known = deliveries.find_contacts(connection, [event.contact_id for event in events])
        # Line 1 has the names of the columns.
        if unknown := [line for line, event in enumerate(events, 2) if event.contact_id not in known]:
            raise ContractBroken(
                f"Line {unknown[0]} of {path.name} names a contact that does not exist"
                f"{f', and so do {len(unknown) - 1} others' if len(unknown) > 1 else ''}.",
                "send back the contact_id of the file of contacts unchanged.",
            )
        added, stopped = _record(connection, events, known)
    return Outcome(_summarise(path.name, events, added, stopped), added == 0)


def take_in(workplace: Workplace) -> Outcome:
    """Records the events that other systems inserted into landing.contact_events since the last call.

    A row that cannot be understood is set aside with its reason (refused_why), and holds up no other row.
    """
    codes = _find_codes(workplace, None)
    with workplace.engine.begin() as connection:
        rows = landing.read_waiting(connection)
        known = deliveries.find_contacts(connection, [str(row["contact_id"]) for row in rows.values()])
        events, refused = _sort_out(rows, known, codes)
        added, stopped = _record(connection, events, known)
        # In the same transaction: a process that dies in between leaves the rows waiting, and nothing recorded.
        landing.mark_taken_in(connection, list(rows), now_utc(), refused)
    aside = f"; {counted(len(refused), 'row')} set aside, see refused_why" if refused else ""
    return Outcome(_summarise(LANDING, events, added, stopped) + aside, not rows)


def _find_codes(workplace: Workplace, path: Path | None) -> Mapping[str, str]:
    """Returns the company's own codes: those of the policy file, and those of a file, which count first."""
    return {**load_contact_policy(workplace.settings.policies).codes, **contact_events.read_codes(path)}


def _sort_out(
    rows: Mapping[int, Mapping[str, str | None]], known: Mapping[str, str], codes: Mapping[str, str]
) -> tuple[list[Event], dict[int, str]]:
    """Returns the events of the rows that can be understood, and why each of the others cannot."""
    events, refused = [], {}
    for row_id, row in rows.items():
        try:
            event = contact_events.as_event(f"Row {row_id} of {LANDING}", LANDING, row, codes)
        except ContractBroken as error:
            refused[row_id] = str(error)
            continue
        if event.contact_id in known:
            events.append(event)
        else:
            refused[row_id] = f"Row {row_id} of {LANDING} names a contact that does not exist."
    return events, refused


def _record(connection: "Connection", events: list[Event], customers: Mapping[str, str]) -> tuple[int, int]:
    """Records events, and with each do_not_contact a suppression. Returns how many of both are new."""
    added = deliveries.record_events(connection, events)
    # In the same transaction: a customer who said no must not be contacted because a process died in between.
    statements = [_as_statement(event, customers) for event in events if event.event == "do_not_contact"]
    return added, suppressions.record_suppressions(connection, statements)


def _summarise(source: str, events: list[Event], added: int, stopped: int) -> str:
    summary = f"{source}: {counted(added, 'new event')}, {len(events) - added:,} recorded before"
    return summary + (f"; {counted(stopped, 'customer')} asked not to be contacted" if stopped else "")


def _as_statement(event: Event, customers: Mapping[str, str]) -> Suppression:
    customer = customers[event.contact_id]
    return Suppression(customer, EVERY_CHANNEL, event.occurred_at.date(), None, "opted_out", event.contact_id)


def suppress(workplace: Workplace, path: Path) -> Outcome:
    """Records the customers of a file who must be left alone, or (reason consent) may be contacted again."""
    forgotten = erasures.find_forgotten(workplace.engine)  # Their numbers must not come back by a list either.
    stated = contact_events.read_suppressions(path, today())
    statements = [statement for statement in stated if not forgotten.has(statement.customer_id)]
    with workplace.engine.begin() as connection:
        added = suppressions.record_suppressions(connection, statements)
    return Outcome(
        f"{path.name}: {counted(added, 'new statement')}, {len(statements) - added:,} recorded before", added == 0
    )
