"""The sentence of the day: how the figure that matters moved, and what explains it. Pure."""

from collections.abc import Mapping, Sequence

from churn.contracts.horizons import tell_horizon
from churn.dashboard.formats import tell_day, tell_usd
from churn.dashboard.summary import MAIN, has_value
from churn.monitoring.causes import Cause, Kind
from churn.monitoring.drift import Movement
from churn.stores.shown import Row

_CAUSES: Mapping[Kind, str] = {
    "price": "Prices explain most of it.",
    "mix": "The mix of customers explains most of it.",
    "behaviour": "The behaviour of the same customers explains most of it.",
    "model": "Another model explains most of it.",
    "correction": "Corrections explain most of it.",
    "feed fault": "The feed may be at fault.",
}


def tell_headline(now: Row, before: Row | None) -> str:
    """Returns the sentence of the day: what the figure that matters is, and how it moved."""
    within = tell_horizon(now["horizon"])
    if not has_value(now):
        said = f"About {now['expected_leavers_count']:,.0f} customers are expected to leave {within}"
        return f"{said}."
    loss, told = now[MAIN], f"of a year's revenue is expected to leave {within}"
    if before is None or before[MAIN] is None:
        return f"{tell_usd(loss)} {told}."
    change = loss - before[MAIN]
    if tell_usd(abs(change)) == tell_usd(0):
        return f"{tell_usd(loss)} {told}, as on {tell_day(before['prediction_date'])}."
    moved = "more" if change > 0 else "less"
    since = tell_day(before["prediction_date"])
    return f"{tell_usd(loss)} {told}: {tell_usd(abs(change))} {moved} than on {since}."


def tell_notes(notes: Sequence[Row]) -> str:
    """Returns what people wrote down about the days between both dates; empty without a note."""
    said = "; ".join(f"{note['text']} ({tell_day(note['on_date'])})" for note in notes)
    return f"Noted: {said}." if said else ""


def tell_split(movement: Movement | None, causes: Sequence[Cause]) -> str:
    """Returns why the figure moved: the main cause, then each part of the change, which add up to it."""
    if movement is None:
        return ""
    parts = {
        "prices": movement.by_price,
        "behaviour": movement.by_behaviour,
        "joined customers": movement.by_joined,
        "customers who are gone": movement.by_gone,
        "another model": movement.by_model or 0.0,
        "corrections": movement.by_correction,
    }
    shown = [f"{name} {_signed(usd)}" for name, usd in parts.items() if tell_usd(abs(usd)) != tell_usd(0)]
    cause = f"{_CAUSES[causes[0].kind]} {causes[0].evidence[:1].upper()}{causes[0].evidence[1:]}. " if causes else ""
    return f"{cause}The change in parts: {', '.join(shown)}." if shown else cause.strip()


def _signed(usd: float) -> str:
    return f"{'+' if usd > 0 else '−'}{tell_usd(abs(usd))}"


def tell_calls(row: Row) -> str:
    """Returns the calls of today against the seats of the policy."""
    listed = row["listed_customers_count"]
    if row["seats_count"] is None:
        return f"{listed:,} worth a contact; the policy sets no seats"
    return f"{row['within_seats_count']:,} for {row['seats_count']:,} seats; {listed:,} worth a contact"
