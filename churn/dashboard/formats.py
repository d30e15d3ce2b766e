"""Formats figures for people, with their units. An unknown value is a dash, never a zero."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from churn.contracts.money import write_money

NOTHING = "–"
Form = Callable[[Any], str]


def tell_count(value: float | None) -> str:
    """Formats a count: 1234 is 1,234."""
    return NOTHING if value is None else f"{value:,.0f}"


def tell_usd(value: float | None) -> str:
    """Formats money without cents: 429955.6 is $429,956."""
    return NOTHING if value is None else write_money(value, minus="−")


def tell_bound(value: float) -> str:
    """Formats the smallest probability of a tier: 0.5 is 50.0%. A bound above 1 is one that nobody can reach."""
    return tell_percent(value) if value <= 1 else "more than 100%"


def tell_usd_cents(value: float | None) -> str:
    """Formats a price: 70.5 is $70.50."""
    return NOTHING if value is None else write_money(value, 2, "−")


def tell_percent(value: float | None) -> str:
    """Formats a share of 0 to 1: 0.1834 is 18.3%."""
    return NOTHING if value is None else f"{value * 100:.1f}%"


def tell_months(value: int | None) -> str:
    """Formats months: 12 is 12 months."""
    return NOTHING if value is None else f"{value} month{'' if value == 1 else 's'}"


def tell_ratio(value: float | None) -> str:
    """Formats a figure of a model with three decimals."""
    return NOTHING if value is None else f"{value:.3f}"


def tell_yes_no(value: bool | None) -> str:
    """Formats True as yes and False as no."""
    return NOTHING if value is None else "yes" if value else "no"


def tell_text(value: object) -> str:
    """Returns a text unchanged, and a list joined by semicolons."""
    if value is None or value == []:
        return NOTHING
    return "; ".join(map(str, value)) if isinstance(value, list) else str(value)


def tell_day(value: date | None) -> str:
    """Formats a date: 2026-11-21."""
    return NOTHING if value is None else f"{value:%Y-%m-%d}"


def tell_moment(value: datetime | None) -> str:
    """Formats a time in UTC: 2026-11-21 04:05 UTC."""
    return NOTHING if value is None else f"{value:%Y-%m-%d %H:%M} UTC"


def tell_change(now: float | None, before: float | None, form: Form) -> str | None:
    """Formats a difference with its sign; None when one of the values is unknown.

    The difference of two percentages is in percentage points (pp).
    """
    if now is None or before is None:
        return None
    text = form(abs(now - before)).replace("%", " pp")
    if text == form(0.0).replace(
        "%", " pp"
    ):  # Compared as text: a change that rounding hides is no change to a reader.
        return "no change"
    return f"{'+' if now > before else '−'}{text}"
