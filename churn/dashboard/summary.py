"""A date's figures beside those of other days, as cards. Pure: for the page and for the report."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from churn.dashboard.formats import tell_change, tell_day, tell_percent
from churn.dashboard.glossary import BASES, FIGURES, Figure
from churn.dashboard.markup import Card, Column, draw_table, name_columns

HEADLINES = (
    "at_risk_customers_count",
    "active_customers_count",
    "revenue_at_risk_usd",
    "expected_annual_loss_usd",
    "average_churn_probability",
)
BACK = {"in 1 day": 1, "in 30 days": 30}

Row = Mapping[str, Any]


def make_cards(days: Sequence[Row], day: date) -> list[Card]:
    """Returns a card for each headline of a date.

    Args:
        days: rows of kpi_daily, that date's among them.
        day: the date.
    """
    by_day = {row["prediction_date"]: row for row in days}
    return [_make_card(name, by_day, day) for name in HEADLINES]


def _make_card(name: str, by_day: Mapping[date, Row], day: date) -> Card:
    figure, now = FIGURES[name], by_day[day][name]
    changes = []
    for words, back in BACK.items():
        before = by_day.get(day - timedelta(days=back))
        change = tell_change(now, before[name] if before else None, figure.form)
        if before is None or change is None:
            changes.append(f"no figure {back} day{'' if back == 1 else 's'} before")
        else:
            basis = f" ({BASES[before['basis']].lower()})" if before["basis"] in ("reconstructed", "as_if") else ""
            changes.append(f"{change} {words}{basis}")
    return Card(name, figure, figure.form(now), changes)


def tell_marks(publication: Row) -> list[str]:
    """Returns what must be said of a date beside every figure: made-up customers, figures that nobody lived through."""
    marks = ["Made-up customers"] if publication["is_synthetic"] else []
    if publication["basis"] != "live":
        marks.append(f"{BASES[publication['basis']]} scores, not made on the day")
    return marks


def tell_shape(row: Row) -> str:
    """Says in a sentence what the figures of a date come to."""
    share = row["at_risk_customers_count"] / row["active_customers_count"] if row["active_customers_count"] else None
    return (
        f"On {tell_day(row['prediction_date'])}, {tell_percent(share)} of active customers are at risk. The "
        f"{row['high_count']:,} in tier High come first; about {row['expected_leavers_count']:,.0f} customers are "
        "expected to leave if nothing is done."
    )


def find_late(publication: Row, today: date) -> int:
    """Returns how many days old the figures are; 0 or 1 is as it should be."""
    days: int = (today - publication["prediction_date"]).days
    return max(0, days)


def tell_bars(days: Sequence[Row]) -> str:
    """Says what is unusual about the days of a chart; nothing where nothing is."""
    texts = {
        "reconstructed": "Pale: reconstructed, rewound from the first extract; whoever had left by then still counts "
        "as active.",
        "as_if": "As if: days before the first model, scored by one that knows what came after.",
    }
    return " ".join(text for basis, text in texts.items() if any(row["basis"] == basis for row in days))


def draw_tier_table(row: Row) -> str:
    """The active customers of a date by tier, as a table."""
    active = row["active_customers_count"] or 1
    counts = {tier: row[f"{tier.lower()}_count"] for tier in ("High", "Medium", "Low")}
    rows = [{"risk_tier": tier, "customers": count, "share": count / active} for tier, count in counts.items()]
    columns = [
        *name_columns("risk_tier"),
        Column("customers", FIGURES["active_customers_count"], is_number=True),
        Column("share", Figure("Share", "Of active customers.", tell_percent), is_number=True),
    ]
    return draw_table("tiers", "Active customers by tier", columns, rows)
