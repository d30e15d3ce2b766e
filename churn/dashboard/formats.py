"""Figures as people read them, with their units. Nothing known is a dash, never a zero."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

NOTHING = "–"
Form = Callable[[Any], str]


def tell_count(value: float | None) -> str:
    """1234 is 1,234."""
    return NOTHING if value is None else f"{value:,.0f}"


def tell_usd(value: float | None) -> str:
    """Whole dollars: 429955.6 is $429,956."""
    return NOTHING if value is None else f"{'−' if value <= -0.5 else ''}${abs(value):,.0f}"


def tell_usd_cents(value: float | None) -> str:
    """A price: 70.5 is $70.50."""
    return NOTHING if value is None else f"{'−' if value <= -0.005 else ''}${abs(value):,.2f}"


def tell_percent(value: float | None) -> str:
    """A share of 0 to 1: 0.1834 is 18.3 %."""
    return NOTHING if value is None else f"{value * 100:.1f} %"


def tell_months(value: int | None) -> str:
    """12 is 12 months."""
    return NOTHING if value is None else f"{value} month{'' if value == 1 else 's'}"


def tell_ratio(value: float | None) -> str:
    """Three decimals, for figures of models."""
    return NOTHING if value is None else f"{value:.3f}"


def tell_yes_no(value: bool | None) -> str:
    """Yes or no."""
    return NOTHING if value is None else "yes" if value else "no"


def tell_text(value: object) -> str:
    """Text as it is; a list joined by semicolons."""
    if value is None or value == []:
        return NOTHING
    return "; ".join(map(str, value)) if isinstance(value, list) else str(value)


def tell_day(value: date | None) -> str:
    """21 Nov 2026, whatever the machine's language."""
    months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    return NOTHING if value is None else f"{value.day} {months[value.month - 1]} {value.year}"


def tell_moment(value: datetime | None) -> str:
    """21 Nov 2026 04:05 UTC."""
    return NOTHING if value is None else f"{tell_day(value.date())} {value:%H:%M} UTC"


def tell_change(now: float | None, before: float | None, form: Form) -> str | None:
    """The difference with its sign, percentages in points (pp); None when one of them is not known."""
    if now is None or before is None:
        return None
    text = form(abs(now - before)).replace(" %", " pp")
    if text == form(0.0).replace(" %", " pp"):
        return "no change"
    return f"{'+' if now > before else '−'}{text}"
