"""The figures of a date, compared with earlier days, as cards and sentences. Pure: for the page and for the report."""

from collections.abc import Sequence
from datetime import date
from typing import Literal

from churn.contracts.horizons import tell_horizon
from churn.contracts.money import NO_VALUE
from churn.dashboard.formats import tell_bound, tell_change, tell_day, tell_percent, tell_usd
from churn.dashboard.glossary import BASES, FIGURES, Figure, find_figures
from churn.dashboard.markup import Card, Column, draw_table, name_columns, say
from churn.scoring.extrapolation import OutOfRange, tell_out_of_range
from churn.stores.shown import Row

MAIN = "expected_annual_loss_usd"
"""The figure that matters: what the company is expected to lose within the horizon."""
HEADLINES = (
    MAIN,
    "at_risk_customers_count",
    "revenue_at_risk_usd",
    "active_customers_count",
    "average_churn_probability",
)
_GOOD_WHEN_RISING = ("active_customers_count",)
NO_EARLIER = "no earlier extract"
_LOSS_AHEAD = "expected_loss_12m_usd"


def choose_headlines(row: Row) -> list[str]:
    """Returns the headline figures of a date, the one that matters first and four beside it.

    Where the scores look 12 months ahead, their loss takes the place of the average. Without a value a month no figure
    is money, and amounts are left out.
    """
    names = list(HEADLINES) if row[_LOSS_AHEAD] is None else [*HEADLINES[:-1], _LOSS_AHEAD]
    return names if has_value(row) else [name for name in names if not name.endswith("_usd")]


def has_value(row: Row) -> bool:
    """Returns whether the extract of a date has a value a month, from its row of kpi_daily."""
    return row["annual_revenue_usd"] is not None


def make_cards(days: Sequence[Row], day: date, before: date | None) -> list[Card]:
    """Returns one card for each headline figure of a date; the figure that matters comes first.

    Args:
        days: rows of kpi_daily, with the rows of both dates.
        day: the date.
        before: the date that it is compared with; None if no earlier extract is published.
    """
    by_day = {row["prediction_date"]: row for row in days}
    now = by_day[day]
    figures = find_figures(now["horizon"])
    # A rewound day has the customers of a later extract: it is no point of a line.
    line = [row for row in days if row["basis"] != "reconstructed" and row["prediction_date"] <= day]
    main, *others = choose_headlines(now)
    return [
        _make_card(name, figures[name], now, by_day.get(before) if before else None, line, name == main)
        for name in (main, *others)
    ]


def _make_card(name: str, figure: Figure, now: Row, before: Row | None, line: Sequence[Row], is_main: bool) -> Card:
    change = tell_change(now[name], before[name], figure.form) if before is not None else None
    if before is None or change is None:
        return Card(name, figure, figure.form(now[name]), [NO_EARLIER], is_main=is_main)
    basis = f" ({BASES[before['basis']].lower()})" if before["basis"] == "as_if" else ""
    values = [float(row[name]) for row in line if row[name] is not None]
    told = [f"{change} since {tell_day(before['prediction_date'])}{basis}"]
    return Card(name, figure, figure.form(now[name]), told, judge_change(name, now, before), values, is_main)


def judge_change(name: str, now: Row, before: Row) -> Literal["", "good", "bad"]:
    """Returns whether the change of a figure is good for the company; empty if the change is not seen."""
    form = FIGURES[name].form
    if form(now[name]) == form(before[name]):
        return ""
    return "good" if (now[name] > before[name]) == (name in _GOOD_WHEN_RISING) else "bad"


def tell_marks(publication: Row) -> list[str]:
    """Returns the warnings for a date: synthetic customers, and scores that were not made on the day itself."""
    marks = ["Synthetic customers"] if publication["is_synthetic"] else []
    if publication["basis"] != "live":
        marks.append(f"{BASES[publication['basis']]} scores, not made on the day itself")
    return marks


def tell_withdrawn(publications: Sequence[Row], day: date) -> list[str]:
    """Returns a warning for each date after the shown one that a person withdrew: the figures are those before it."""
    return [
        f"{row['prediction_date']} was withdrawn by {row['withdrawn_by']}: {row['withdrawn_why']}"
        for row in publications
        if row["withdrawn_by"] is not None and row["prediction_date"] > day
    ]


def tell_shape(row: Row) -> str:
    """Returns a sentence that sums up the figures of a date."""
    share = row["at_risk_customers_count"] / row["active_customers_count"] if row["active_customers_count"] else None
    return (
        f"On {tell_day(row['prediction_date'])}, {tell_percent(share)} of the active customers are at risk, "
        f"{row['high_count']:,} of them in tier High. If nothing is done, about {row['expected_leavers_count']:,.0f} "
        f"customers are expected to leave {tell_horizon(row['horizon'])}."
    )


def tell_list(row: Row) -> str:
    """Returns a sentence about what the action list of a date is worth."""
    if not has_value(row):
        listed = f"The list has the {row['listed_customers_count']:,} active customers at risk, by their probability."
        return f"{NO_VALUE} {listed} {_tell_reach(row)}".strip()
    return (
        f"A contact is expected to pay for {row['listed_customers_count']:,} active customers. Contacting all of them "
        f"costs {tell_usd(row['list_cost_usd'])} with the offers, and earns {tell_usd(row['list_profit_usd'])} after "
        f"that cost. {_tell_seats(row)}{tell_save_rate(row)}"
    )


def _tell_seats(row: Row) -> str:
    """Returns where the seats of the policy cut the list, and what lies within and beyond; empty without a limit."""
    if row["seats_count"] is None:
        return ""
    within, beyond = row["within_seats_profit_usd"], row["list_profit_usd"] - row["within_seats_profit_usd"]
    return (
        f"The policy has {row['seats_count']:,} contacts a day: the first {row['within_seats_count']:,} customers earn "
        f"{tell_usd(within)}, the {row['listed_customers_count'] - row['within_seats_count']:,} beyond them would earn "
        f"{tell_usd(beyond)}. "
    )


def _tell_reach(row: Row) -> str:
    """Returns how far the seats of the policy reach; empty without a limit."""
    if row["seats_count"] is None:
        return ""
    return f"The policy has {row['seats_count']:,} contacts a day: they reach {row['within_seats_count']:,} of them."


def say_nobody(row: Row) -> str:
    """Returns the message in place of an empty list."""
    if not has_value(row):
        return say("No customer is at risk.", "See Today: active customers by tier.")
    return say("No customer is worth a contact under the current policy.", "See Model: whom to call.")


def tell_save_rate(row: Row) -> str:
    """Returns what the amounts of a list take for the share of leavers whom a contact keeps, and how that is known."""
    rate = f"The save rate of {row['save_rate']:.0%}" if row["save_rate"] is not None else "The save rate"
    if row["is_save_rate_measured"]:
        return f"{rate} agrees with what a campaign measured."
    return f"{rate} is the assumption of the policy."


def tell_actual(row: Row) -> str:
    """Returns how many customers of a day left, beside how many were expected to leave."""
    unknown = f" {row['censored_count']:,} vanished without a word." if row["censored_count"] else ""
    days, left, expected = row["window_days"], row["leavers_count"], row["expected_leavers_count"]
    return (
        f"Of the {row['customers_count']:,} active customers of {row['as_of_date']}, {left:,} left within {days} days "
        f"({row['churn_rate']:.1%}); {expected:,.0f} were expected.{unknown}"
    )


def tell_outside(rows: Sequence[Row]) -> str:
    """Returns a sentence about what lies outside what the model has seen; empty if nothing does, or nothing is known.

    Args:
        rows: the counts of a date by feature; none for a model without a horizon.
    """
    told = tell_out_of_range(OutOfRange(**row) for row in rows)
    return f"{told[0].upper()}{told[1:]}." if told else ""


def find_late(publication: Row, today: date) -> int:
    """Returns the age of the figures in days. 0 and 1 are normal: the extract of a day arrives in the night."""
    days: int = (today - publication["prediction_date"]).days
    return max(0, days)


def tell_bars(days: Sequence[Row]) -> str:
    """Returns remarks about the unusual days of a chart; an empty text if there are none."""
    texts = {
        "reconstructed": "Pale days are reconstructed from the first extract: customers who left by then are left out.",
        "as_if": "As-if days are older than the first model, which was trained on later data.",
    }
    return " ".join(text for basis, text in texts.items() if any(row["basis"] == basis for row in days))


def draw_tier_table(row: Row) -> str:
    """Returns the active customers of a date by tier, as a table."""
    active = row["active_customers_count"] or 1
    counts = {tier: row[f"{tier.lower()}_count"] for tier in ("High", "Medium", "Low")}
    bounds = {"High": row["high_from"], "Medium": row["medium_from"], "Low": 0.0}
    rows = [
        {"risk_tier": tier, "from": bounds[tier], "customers": count, "share": count / active}
        for tier, count in counts.items()
    ]
    columns = [
        *name_columns("risk_tier"),
        Column(
            "from", Figure("From", "The smallest probability of the tier on this date.", tell_bound), is_number=True
        ),
        Column("customers", FIGURES["active_customers_count"], is_number=True),
        Column("share", Figure("Share", "Share of the active customers.", tell_percent), is_number=True),
    ]
    return draw_table("tiers", "Active customers by tier", columns, rows)
