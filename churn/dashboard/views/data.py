"""Whether to trust the figures: files taken in, rows set aside, days published, checks, the mix of customers."""

from datetime import date
from typing import Any

import streamlit as st

from churn.dashboard import markup
from churn.dashboard.access import Shown, ask, ask_now
from churn.dashboard.formats import tell_count, tell_day, tell_moment, tell_percent, tell_ratio, tell_text, tell_yes_no
from churn.dashboard.glossary import FIGURES, Figure
from churn.dashboard.mix import measure_drift
from churn.stores.shown import marts

PUBLICATIONS = 30


def show(shown: Shown) -> None:
    """The ledgers as they are now, and the checks of the date that is shown."""
    _show_checks(shown)
    _show_mix(shown)
    st.header("Files taken in")
    loads = ask_now(marts.read_loads)
    st.html(markup.draw_table("loads", "Files taken in or refused, the latest first", _load_columns(), loads))
    st.header("Rows set aside")
    rejects = ask_now(marts.read_reject_reasons)
    if rejects:
        st.html(markup.draw_table("rejects", "Why rows were set aside", _reject_columns(), rejects))
        st.html(markup.note("`churn rejects --csv OUT` writes the rows to a file to correct and load again."))
    else:
        st.html(markup.note("No row of the last 30 loads was set aside."))
    st.header("Days")
    days = shown.publications[:PUBLICATIONS]
    st.html(markup.draw_table("publications", "Scored days, the latest first", _publication_columns(), days))
    st.html(markup.note("A day that is staged has failed an audit or is being worked on; no other page shows it."))


def check_figures(day: markup.Row, publication: markup.Row) -> list[dict[str, Any]]:
    """Returns what must be true of a date's figures, and whether it is: what audits hold, asked of what is shown."""
    cells = [day[f"{name}_count"] for name in ("true_positive", "false_positive", "false_negative", "true_negative")]
    tiers = day["high_count"] + day["medium_count"] + day["low_count"]
    checks = {
        "The tiers add up to the active customers": tiers == day["active_customers_count"],
        "High and Medium add up to those at risk": day["high_count"] + day["medium_count"]
        == day["at_risk_customers_count"],
        "Revenue at risk is within a year's revenue": day["revenue_at_risk_usd"] <= day["annual_revenue_usd"],
        "The four cells of the confusion add up to all customers": sum(cells) == day["customers_count"],
        "Every customer scored is in the figures": publication["customers_count"] == day["customers_count"],
        "Eligible customers are those scored and those refused": publication["eligible_count"]
        == publication["customers_count"] + publication["refused_count"],
    }
    return [{"check": name, "holds": holds} for name, holds in checks.items()]


def _show_checks(shown: Shown) -> None:
    st.header(f"Checks of {tell_day(shown.day)}")
    (day,) = ask(shown, marts.read_days, shown.day, shown.day)
    columns = [
        markup.Column("check", Figure("What must be true", "Asked of the figures that are shown.")),
        markup.Column("holds", Figure("Is it?", "yes, or the figures must not be used.", tell_yes_no)),
    ]
    st.html(markup.draw_table("checks", "Checks of the figures", columns, check_figures(day, shown.latest)))
    remark = "Before a day is published, all its audits have passed; these sums are taken again from what readers see."
    st.html(markup.note(remark))


def _show_mix(shown: Shown) -> None:
    st.header("Has the mix of customers moved?")
    since = find_reference(shown, ask_now(marts.read_models))
    if since == shown.day:
        st.html(markup.note("One day so far: there is nothing to compare it with."))
        return
    before, now = (ask(shown, marts.read_mix, day, day) for day in (since, shown.day))
    texts: dict[str, tuple[str, str, Any]] = {
        "stability_index": (
            "Stability index",
            "Population stability index: 0 is the same mix, from 0.25 on another base.",
            tell_ratio,
        ),
        "verdict": ("Verdict", "the same below 0.1, moving below 0.25, else another base.", tell_text),
        "segment": ("Moved most", "The segment whose share changed most.", tell_text),
        "share_before": ("Share then", f"On {tell_day(since)}.", tell_percent),
        "share_now": ("Share now", f"On {tell_day(shown.day)}.", tell_percent),
    }
    dimension = Figure("Dimension", "What customers are divided by.", _label)
    columns = [
        markup.Column("dimension", dimension),
        *(
            markup.Column(name, Figure(*text), is_number=text[2] in (tell_ratio, tell_percent))
            for name, text in texts.items()
        ),
    ]
    st.html(markup.draw_table("mix", "The mix of customers", columns, measure_drift(before, now)))
    st.html(markup.note(f"Compared with {tell_day(since)}: the day the champion learned from, or the first one kept."))


def find_reference(shown: Shown, decisions: list[markup.Row]) -> date:
    """Returns the published date that the mix is compared with: the champion's, else the earliest one."""
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
            "snapshot_date": ("Of", "Business date of the extract.", tell_day),
            "status": ("Outcome", "started, loaded, superseded, refused or interrupted.", tell_text),
            "rows_read": ("Rows", "Rows in the file.", tell_count),
            "rows_accepted": ("Accepted", "Rows that kept the contract.", tell_count),
            "rows_rejected": ("Set aside", "Rows that broke it.", tell_count),
            "reason": ("Why", "Why it was refused, or what superseded it.", tell_text),
            "started_at": ("Began", "When it began.", tell_moment),
            "source": ("From", "Where the file came from.", tell_text),
        }
    )


def _reject_columns() -> list[markup.Column]:
    return _columns(
        {
            "load_id": ("Load", "Number of the load.", tell_text),
            "reason": ("Rule that was broken", "In words; a row that broke several counts under each.", tell_text),
            "rows_count": ("Rows", "Rows that broke it.", tell_count),
        }
    )


def _publication_columns() -> list[markup.Column]:
    return _columns(
        {
            "prediction_date": ("Date", "The day that was scored.", tell_day),
            "status": ("Status", "published, or staged: readers do not see it.", tell_text),
            "basis": ("Basis", FIGURES["basis"].definition, FIGURES["basis"].form),
            "customers_count": ("Scored", "Customers scored.", tell_count),
            "refused_count": ("Refused", "Customers set aside by the load, never scored.", tell_count),
            "model_version": ("Model", "Version of the model that gave the scores.", tell_text),
            "is_synthetic": ("Made up", "The customers are the simulator's.", tell_yes_no),
            "published_at": ("Published", "When readers first saw it.", tell_moment),
        }
    )
