"""The figures of a date, compared with earlier days, as cards and sentences. Pure: for the page and for the report."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from churn.contracts.horizons import tell_horizon
from churn.contracts.money import NO_VALUE
from churn.dashboard.formats import tell_bound, tell_change, tell_day, tell_percent, tell_usd
from churn.dashboard.glossary import BASES, FIGURES, Figure, find_figures
from churn.dashboard.markup import Card, Column, draw_table, name_columns, say
from churn.scoring.extrapolation import OutOfRange, tell_out_of_range
from churn.stores.shown import Row

HEADLINES = (
    "at_risk_customers_count",
    "active_customers_count",
    "revenue_at_risk_usd",
    "expected_annual_loss_usd",
    "average_churn_probability",
)
_LOSS_AHEAD = "expected_loss_12m_usd"
BACK = {"in 1 day": 1, "in 30 days": 30}


def choose_headlines(row: Row) -> list[str]:
    """Returns the headline figures of a date: where the scores look 12 months ahead, their loss comes first.

    Without a value a month no figure is money, and amounts are left out.
    """
    names = list(HEADLINES) if has_value(row) else [name for name in HEADLINES if not name.endswith("_usd")]
    if row[_LOSS_AHEAD] is not None:
        names.insert(names.index("expected_annual_loss_usd"), _LOSS_AHEAD)
    return names


def has_value(row: Row) -> bool:
    """Returns whether the extract of a date has a value a month, from its row of kpi_daily."""
    return row["annual_revenue_usd"] is not None


def make_cards(days: Sequence[Row], day: date) -> list[Card]:
    """Returns one card for each headline figure of a date.

    Args:
        days: rows of kpi_daily, with the row of the date.
        day: the date.
    """
    by_day = {row["prediction_date"]: row for row in days}
    figures = find_figures(by_day[day]["horizon"])
    return [_make_card(name, figures[name], by_day, day) for name in choose_headlines(by_day[day])]


def _make_card(name: str, figure: Figure, by_day: Mapping[date, Row], day: date) -> Card:
    now = by_day[day][name]
    changes = []
    for words, back in BACK.items():
        before = by_day.get(day - timedelta(days=back))
        change = tell_change(now, before[name] if before else None, figure.form)
        if before is None or change is None:
            changes.append(f"no figure for {back} day{'' if back == 1 else 's'} earlier")
        else:
            basis = f" ({BASES[before['basis']].lower()})" if before["basis"] in ("reconstructed", "as_if") else ""
            changes.append(f"{change} {words}{basis}")
    return Card(name, figure, figure.form(now), changes)


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
        return say("No customer is at risk.", "See Overview: active customers by tier.")
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
