"""The page of one customer: profile, score, reasons, the score over time and what changed."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date
from itertools import pairwise

import streamlit as st

from churn.contracts.leaving_reasons import NOT_ENOUGH
from churn.contracts.levers import find_levers
from churn.contracts.moves import ScoreMove
from churn.dashboard import charts, markup
from churn.dashboard.access import Shown, ask, ask_now
from churn.dashboard.formats import tell_change, tell_day, tell_percent, tell_text, tell_yes_no
from churn.dashboard.glossary import FIGURES, REASON_FIGURES, Figure, find_figures
from churn.intake.declaring import read_declared
from churn.settings import load_settings
from churn.stores.shown import Row, marts
from churn.stores.shown import segments as alike
from churn.stores.shown.leaving_reasons import read_customer_reason
from churn.stores.shown.moves import read_moves

HEADLINES = (
    *("churn_probability", "expected_annual_loss_usd", "revenue_at_risk_usd", "lifetime_value_usd", "monthly_charges"),
    "tenure_months",
)
AHEAD = ("probability_12m", "expected_loss_12m_usd", "future_value_usd", "best_call_month")
"""Figures of scores that look ahead; they stand first, on dates that have them."""
PROFILE = (
    *("contract", "internet_service", "payment_method", "services_count", "has_online_security", "has_tech_support"),
    *("is_senior_citizen", "total_charges", "price_above_list_usd"),
)
WATCHED = (
    *("contract", "internet_service", "payment_method", "services_count", "has_online_security", "has_tech_support"),
    *("monthly_charges", "risk_tier"),
)


def show(shown: Shown) -> None:
    """Asks for a customer number, then shows the customer."""
    customer_id = st.text_input(
        "Customer number", key="id", bind="query-params", max_chars=200, placeholder="for example from the action list"
    )
    if not customer_id:
        st.html(markup.say("No customer is chosen.", "Type a customer number, or click one in the action list."))
        return
    history = ask(shown, marts.read_customer, customer_id.strip())
    if not history:
        st.html(markup.say(f"No published date has the customer {customer_id}.", "Check the customer number."))
        return
    now = history[0]
    _show_now(now, shown)
    _show_moves(now)
    _show_history(list(reversed(history)), ask(shown, marts.read_bounds, now["prediction_date"]))


def _show_now(now: Row, shown: Shown) -> None:
    pills = [markup.draw_pill(f"As of {tell_day(now['prediction_date'])}")]
    if not now["is_active"]:
        pills.append(markup.draw_pill("This customer has left and counts in no figure", True))
    elif now["prediction_date"] != shown.day:
        pills.append(markup.draw_pill("The latest extract does not have this customer", True))
    segment = ask(shown, alike.read_customer_segment, now["prediction_date"], now["customer_id"])
    if segment is not None:
        pills.append(markup.draw_pill(f"Segment {segment['segment_number']}: {segment['segment_name']}"))
    title = f'<strong data-figure="customer_id">{markup.in_form(str, now["customer_id"])}</strong>'
    st.html(f'<div class="band">{title}{markup.draw_tier(now["risk_tier"])}{"".join(pills)}</div>')
    figures = find_figures(_find_horizon(now["prediction_date"], shown))
    names = [name for name in (*AHEAD, *HEADLINES) if now[name] is not None]
    st.html(markup.draw_cards(markup.Card(name, figures[name], figures[name].form(now[name])) for name in names))
    left, right = st.columns(2, gap="medium")
    with left:
        _show_reasons(now)
        _show_likely_reason(ask(shown, read_customer_reason, now["prediction_date"], now["customer_id"]))
    with right:
        _show_profile(now)


def _show_reasons(now: Row) -> None:
    st.header("Why")
    reasons = now["reasons"] or []
    levers = find_levers(reasons, read_declared(load_settings()))
    rows = [{"reason": reason, "is_lever": tell_yes_no(reason in levers)} for reason in reasons]
    columns = [
        markup.Column("reason", Figure("Reason", FIGURES["reasons"].definition)),
        markup.Column(
            "is_lever",
            Figure(
                "May be said", "Whether it raises the risk and the company can change it. A caller says only these."
            ),
        ),
    ]
    if rows:
        st.html(markup.draw_table("reasons", "Reasons of the score", columns, rows))
    else:
        st.html(markup.note("The model of this score gives no reasons."))
    if now["is_active"]:
        st.html(markup.note(f"Recommended action: {now['recommended_action']}."))


def _show_moves(now: Row) -> None:
    st.header("Why the score moved")
    customer, day = now["customer_id"], now["prediction_date"]
    moves: list[ScoreMove] = ask_now(read_moves, customer, day)
    if not moves and st.button("Compare with earlier dates", key="explain"):
        moves = _explain(customer, day)
        if not moves:
            st.html(markup.note("No earlier published date of the last 60 days has this customer."))
    if not moves:
        st.html(markup.note("Stored for the customers of the list and those whose tier changed; others on request."))
    columns = [
        markup.Column("what", Figure("Part", "As a reason says it; the parts add up to the change.", tell_text)),
        markup.Column(
            "log_odds", Figure("Log-odds", "What it adds to the log-odds of leaving.", tell_sign), is_number=True
        ),
    ]
    for move in moves:
        before, after = tell_percent(move.probability_before), tell_percent(move.probability_after)
        st.html(markup.note(f"Since {tell_day(move.earlier_date)}: {before}, now {after}."))
        rows: list[Row] = [asdict(part) for part in move.parts]
        if rows:
            st.html(markup.draw_table(f"moves-{move.days}", f"Why it moved within {move.days} days", columns, rows))


def _explain(customer_id: str, day: date) -> list[ScoreMove]:
    from churn.stages.moves import explain_customer  # It loads models; a page without the question spares it.
    from churn.stores.workplace import open_workplace

    with open_workplace(load_settings()) as workplace:
        return explain_customer(workplace, customer_id, day)


def tell_sign(amount: float) -> str:
    """Returns log-odds with their sign."""
    return f"{amount:+.2f}"


def _show_likely_reason(told: Row | None) -> None:
    """Shows why the customer would leave by what leavers stated; nothing without a model of reasons."""
    if told is None:
        return
    rows = [
        {"reason_group": group, "reason_probability": probability}
        for group, probability in zip(told["reason_groups"], told["reason_probabilities"], strict=True)
    ]
    names = ("reason_group", "reason_probability")
    columns = markup.name_columns(*names, numbers=("reason_probability",), figures=REASON_FIGURES)
    st.html(markup.draw_table("likely", "Why customers like this one leave", columns, rows))
    if told["likely_reason"] == NOT_ENOUGH:
        st.html(markup.note("Not enough is known to name one reason: none is likelier than all others together."))


def _show_profile(now: Row) -> None:
    st.header("Profile")
    rows = [{"label": FIGURES[name].label, "value": FIGURES[name].form(now[name])} for name in PROFILE]
    columns = [
        markup.Column("label", Figure("Attribute", "An attribute of the customer.")),
        markup.Column("value", Figure("Value", "The value on the date above.")),
    ]
    st.html(markup.draw_table("profile", "The customer's profile", columns, rows))


def _find_horizon(day: date, shown: Shown) -> str | None:
    """Returns within which time customers leave by the scores of a date."""
    by_day = {publication["prediction_date"]: publication["horizon"] for publication in shown.publications}
    horizon: str | None = by_day.get(day, shown.horizon)
    return horizon


def _show_history(history: Sequence[Row], bounds: Mapping[str, float]) -> None:
    st.header("Probability over time")
    if len(history) < 2:
        st.html(markup.say("Only one day is published so far.", "Run `churn backfill --days 60` to add earlier days."))
        return
    st.altair_chart(charts.draw_history(history, bounds))
    st.header("What changed")
    changes = find_changes(history)
    if not changes:
        but = "" if history[-1]["tenure_months"] is None else " except the months of tenure"
        st.html(markup.note(f"Nothing{but} changed in {len(history)} days."))
        return
    texts = {"day": ("Date", "The first day with the new value."), "what": ("Change", "The old and the new value."),
             "move": ("Probability", "The change of the score on that day, in percentage points.")}  # fmt: skip
    columns = [markup.Column(name, Figure(*text)) for name, text in texts.items()]
    st.html(markup.draw_table("changes", "What changed, the latest first", columns, list(reversed(changes))))


def find_changes(history: Sequence[Row]) -> list[Row]:
    """Returns day, what and move for each day on which the customer or the model changed.

    Args:
        history: the scores of the customer, in order of date.
    """
    changes: list[Row] = []
    for before, after in pairwise(history):
        what = [
            f"{FIGURES[name].label}: {FIGURES[name].form(before[name])} to {FIGURES[name].form(after[name])}"
            for name in WATCHED
            if before[name] != after[name]
        ]
        if before["model_version"] != after["model_version"]:
            what.append(f"Model: version {before['model_version']} to {after['model_version']}")
        if before["is_active"] and not after["is_active"]:
            what.append("The customer left")
        if what:
            move = tell_change(after["churn_probability"], before["churn_probability"], tell_percent)
            changes.append({"day": tell_day(after["prediction_date"]), "what": "; ".join(what), "move": move})
    return changes
