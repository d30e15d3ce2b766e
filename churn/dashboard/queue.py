"""The queue of calls: what an agent says, offers and must know of each customer, and files for several agents. Pure."""

import io
import zipfile
from collections.abc import Collection, Mapping, Sequence
from datetime import date

from churn.contracts.declaration import Declaration
from churn.contracts.levers import find_action, find_levers
from churn.dashboard.formats import NOTHING, tell_day
from churn.dashboard.glossary import FIGURES, Figure
from churn.dashboard.markup import Column, draw_pill, link_customer, name_columns
from churn.reporting.exporting import pack
from churn.stores.shown import Row

NO_LEVER = "Ask what is wrong"
ADDED = ("say_why", "action", "last_contact")
"""What the queue adds to a row of the action list."""
_FIRST = ("call_rank", "customer_id", "risk_tier", "churn_probability", "expected_profit_usd")
_LAST = ("monthly_charges", "tenure_months")
_FIGURES = {
    "say_why": Figure(
        "Say why", "The reasons that raise the risk and that the company can change: only these are said."
    ),
    "action": Figure("Offer", "What to offer for the first of these reasons; without one, the action of the tier."),
    "last_contact": Figure("Last contact", "What came of the last contact of a campaign, and when it was sent."),
}


def describe_calls(
    rows: Sequence[Row], contacts: Mapping[str, Row], listed_before: Collection[str] | None, declaration: Declaration
) -> list[Row]:
    """Returns the rows with what an agent needs.

    Args:
        rows: rows of the action list.
        contacts: the last contact of each customer who had one.
        listed_before: the customers of these who were on the list of the earlier date; None without such a date.
        declaration: which columns of the company are levers.
    """
    return [
        {
            **row,
            **_describe_talk(row, declaration),
            "last_contact": _tell_contact(contacts.get(row["customer_id"])),
            "is_new": listed_before is not None and row["customer_id"] not in listed_before,
        }
        for row in rows
    ]


def _describe_talk(row: Row, declaration: Declaration) -> dict[str, str]:
    levers = find_levers(row["reasons"] or (), declaration)
    said = "; ".join(lever.removeprefix("+ ") for lever in levers)
    return {"say_why": said or NO_LEVER, "action": find_action(levers) or row["recommended_action"]}


def _tell_contact(contact: Row | None) -> str:
    if contact is None:
        return NOTHING
    event = (contact["last_event"] or "sent").replace("_", " ")
    return f"{event}, {tell_day(contact['sent_on'])} ({contact['campaign_id']})"


def list_columns(names: Sequence[str], numbers: Sequence[str], figures: Mapping[str, Figure]) -> list[Column]:
    """Returns the columns that fit a screen, in the order in which an agent reads them.

    Args:
        names: the columns that have a value in some row.
        numbers: the columns that are numbers.
        figures: the glossary of the date.
    """
    first = name_columns(*(name for name in _FIRST if name in names), numbers=numbers, figures=figures)
    last = name_columns(*(name for name in _LAST if name in names), numbers=numbers, figures=figures)
    talk = [Column(name, figure, is_wide=name != "last_contact") for name, figure in _FIGURES.items()]
    return [mark_new(column) for column in (*first, *talk, *last)]


def mark_new(column: Column) -> Column:
    """Returns the column of customer numbers with a mark beside who is new on the list."""
    if column.name != "customer_id":
        return column

    def draw(row: Row) -> str:
        return link_customer(row["customer_id"]) + (f" {draw_pill('new')}" if row["is_new"] else "")

    return Column("customer_id", FIGURES["customer_id"], draw)


def split_calls(rows: Sequence[Row], files: int, day: date) -> bytes:
    """Returns a ZIP file of CSV files, one for each agent. The best calls are dealt in turn, like cards.

    Args:
        rows: the calls in their order.
        files: the number of files.
        day: the date of the list.
    """
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(files):
            if mine := rows[number::files]:
                archive.writestr(f"calls-{day}-{number + 1}-of-{files}.csv", pack(mine, "csv"))
    return content.getvalue()
