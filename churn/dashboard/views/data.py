"""The page about the data: checks of the figures, drift of the mix, loads, rejected rows, scored dates."""

from datetime import date
from typing import Any

import streamlit as st

from churn.dashboard import markup, summary
from churn.dashboard.access import Shown, ask, ask_now
from churn.dashboard.formats import tell_count, tell_day, tell_moment, tell_percent, tell_ratio, tell_text, tell_yes_no
from churn.dashboard.glossary import FIGURES, Figure
from churn.dashboard.mix import measure_drift
from churn.stores.shown import Row, gate_decisions, marts

PUBLICATIONS = 30


def show(shown: Shown) -> None:
    """Shows the checks of the latest date, and the current ledgers."""
    _show_checks(shown)
    _show_mix(shown)
    st.header("Loads")
    loads = ask_now(
        marts.read_loads
    )  # Without the cache: a refused file publishes nothing, so the stamp stays the same.
    st.html(markup.draw_table("loads", "Loaded and refused files, the latest first", _load_columns(), loads))
    st.header("Rejected rows")
    rejects = ask_now(marts.read_reject_reasons)
    if rejects:
        st.html(markup.draw_table("rejects", "Reasons for rejected rows", _reject_columns(), rejects))
        st.html(
            markup.note("`churn rejects --csv OUT` writes these rows to a file. Correct the file and load it again.")
        )
    else:
        st.html(markup.note("The last 30 loads rejected no row."))
    st.header("Scored dates")
    days = shown.publications[:PUBLICATIONS]
    st.html(markup.draw_table("publications", "Scored dates, the latest first", _publication_columns(), days))
    st.html(markup.note("A staged date failed an audit, or a run is working on it. No other page shows it."))


def check_figures(day: Row, publication: Row) -> list[Row]:
    """Returns for each check its sentence and whether it holds. These are the audits, repeated on what readers see."""
    tiers = day["high_count"] + day["medium_count"] + day["low_count"]
    checks = {
        "The tiers add up to the active customers": tiers == day["active_customers_count"],
        "High and Medium add up to the customers at risk": day["high_count"] + day["medium_count"]
        == day["at_risk_customers_count"],
        **_check_money(day),
        **_check_outcomes(day),
        "The figures count every scored customer": publication["customers_count"] == day["customers_count"],
        "Scored and rejected customers add up to the eligible customers": publication["eligible_count"]
        == publication["customers_count"] + publication["refused_count"],
    }
    return [{"check": name, "holds": holds} for name, holds in checks.items()]


def _check_money(day: Row) -> dict[str, bool]:
    if not summary.has_value(day):
        return {}
    return {"Revenue at risk is at most the yearly revenue": day["revenue_at_risk_usd"] <= day["annual_revenue_usd"]}


def _check_outcomes(day: Row) -> dict[str, bool]:
    cells = [day[f"{name}_count"] for name in ("true_positive", "false_positive", "false_negative", "true_negative")]
    if None in cells:  # The labels of the date have not matured: nobody knows yet who left.
        return {}
    return {"The four cells of the confusion matrix are active customers": sum(cells) <= day["active_customers_count"]}


def _show_checks(shown: Shown) -> None:
    st.header(f"Checks of {tell_day(shown.day)}")
    (day,) = ask(shown, marts.read_days, shown.day, shown.day)
    columns = [
        markup.Column("check", Figure("Check", "A statement about the figures on these pages.")),
        markup.Column("holds", Figure("Holds", "yes: the statement is true. no: do not use the figures.", tell_yes_no)),
    ]
    st.html(markup.draw_table("checks", "Checks of the figures", columns, check_figures(day, shown.latest)))
    remark = "All audits of a date pass before it is published. These checks repeat the sums on what readers see."
    st.html(markup.note(remark))


def _show_mix(shown: Shown) -> None:
    st.header("Drift of the customer mix")
    since = find_reference(shown, ask_now(gate_decisions.read_models))
    if since == shown.day:
        st.html(markup.note("Only one day is published so far, so there is no earlier day to compare it with."))
        return
    before, now = (ask(shown, marts.read_mix, day, day) for day in (since, shown.day))
    texts: dict[str, tuple[str, str, Any]] = {
        "stability_index": (
            "Stability index",
            "Population stability index (PSI): 0 means the same mix, 0.25 or more means a changed mix.",
            tell_ratio,
        ),
        "verdict": ("Verdict", "stable below 0.1, shifting from 0.1 to 0.25, changed from 0.25 on.", tell_text),
        "segment": ("Largest change", "The segment whose share changed most.", tell_text),
        "share_before": ("Share then", f"Share of customers on {tell_day(since)}.", tell_percent),
        "share_now": ("Share now", f"Share of customers on {tell_day(shown.day)}.", tell_percent),
    }
    dimension = Figure("Dimension", "The attribute that divides the customers into segments.", _label)
    columns = [
        markup.Column("dimension", dimension),
        *(
            markup.Column(name, Figure(*text), is_number=text[2] in (tell_ratio, tell_percent))
            for name, text in texts.items()
        ),
    ]
    st.html(markup.draw_table("mix", "The mix of customers", columns, measure_drift(before, now)))
    reference = "the as-of date of the champion's examples if it is published, else the first published date"
    st.html(markup.note(f"Compared with {tell_day(since)}: {reference}."))


def find_reference(shown: Shown, decisions: list[Row]) -> date:
    """Returns the date to compare the mix with: the champion's as-of date if it is published, else the earliest one."""
    published: set[date] = {row["prediction_date"] for row in shown.publications if row["status"] == "published"}
    learned = {row["as_of_date"] for row in decisions if row["is_champion"]} & published - {shown.day}
    return min(learned or published)


def _label(dimension: str) -> str:
    return FIGURES[dimension].label


def _columns(texts: dict[str, tuple[str, str, Any]]) -> list[markup.Column]:
    return [
        markup.Column(name, Figure(*text), is_number=text[2] is tell_count, is_wide=name in ("reason", "source"))
        for name, text in texts.items()
    ]


def _load_columns() -> list[markup.Column]:
    return _columns(
        {
            "load_id": ("Load", "Number of the load, in order.", tell_text),
            "snapshot_date": ("Snapshot date", "Business date of the extract.", tell_day),
            "status": ("Outcome", "started, loaded, superseded, refused or interrupted.", tell_text),
            "rows_read": ("Rows", "Rows in the file.", tell_count),
            "rows_accepted": ("Accepted", "Rows that keep the contract.", tell_count),
            "rows_rejected": ("Rejected", "Rows that break the contract.", tell_count),
            "reason": ("Reason", "Why the file was refused, or which load superseded it.", tell_text),
            "started_at": ("Started", "When the load started.", tell_moment),
            "source": ("Source", "The path or address of the file.", tell_text),
        }
    )


def _reject_columns() -> list[markup.Column]:
    return _columns(
        {
            "load_id": ("Load", "Number of the load.", tell_text),
            "reason": ("Rule", "The rule of the contract. A row that breaks several rules counts in each.", tell_text),
            "rows_count": ("Rows", "Rows that break the rule.", tell_count),
        }
    )


def _publication_columns() -> list[markup.Column]:
    return _columns(
        {
            "prediction_date": ("Date", "The date that was scored.", tell_day),
            "status": ("Status", "published, staged or withdrawn. Readers see published dates only.", tell_text),
            "basis": ("Basis", FIGURES["basis"].definition, FIGURES["basis"].form),
            "customers_count": ("Scored", "Customers with a score.", tell_count),
            "refused_count": ("Rejected", "Rows that the load rejected. They have no score.", tell_count),
            "model_version": ("Model", "Version of the model that gave the scores.", tell_text),
            "is_synthetic": ("Synthetic", "yes: the simulator made the customers.", tell_yes_no),
            "published_at": ("Published", "When the date was first published.", tell_moment),
            "withdrawn_why": ("Withdrawn because", "The reason of the person who withdrew the date.", tell_text),
        }
    )
