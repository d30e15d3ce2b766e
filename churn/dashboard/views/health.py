"""The page about the health of the scores: what came true, what changed in money, and whether the feed is at fault."""

from collections.abc import Sequence
from dataclasses import asdict

import streamlit as st

from churn.contracts.performance import Performance
from churn.contracts.spikes import Spike
from churn.dashboard import health_charts, markup
from churn.dashboard.access import Shown, ask_now
from churn.dashboard.formats import tell_count, tell_day, tell_percent, tell_ratio, tell_text, tell_usd
from churn.dashboard.glossary import Figure
from churn.economics.limits import load_limits
from churn.reporting.health import Health, Watched, assemble
from churn.settings import load_settings
from churn.stores.shown import Row
from churn.stores.shown.changes import Change, Promise, read_change, read_promise
from churn.stores.shown.performance import read_groups, read_performance
from churn.stores.shown.spikes import count_steps, read_spikes

CARDS = {
    "actual_leavers": Figure("Left", "Customers who left within the window; the held out count for them.", tell_count),
    "expected_leavers": Figure("Expected", "Sum of the probabilities of the same customers.", tell_count),
    "actual_loss_usd": Figure("Lost", "Twelve monthly charges of the customers who left, in USD.", tell_usd),
    "expected_loss_usd": Figure("Expected loss", "A year's revenue that was expected to leave, in USD.", tell_usd),
    "lift": Figure("Lift", "Leavers in the top 10% relative to a random 10%.", tell_ratio),
    "list_precision": Figure("List precision", "Share of the customers of the list who left.", tell_percent),
}
PARTS = {
    "by_joined": "Customers who joined",
    "by_gone": "Customers who are gone",
    "by_price": "Price: charges of the same customers",
    "by_behaviour": "Behaviour: features of the same customers",
    "by_model": "Another model",
    "by_correction": "Corrections of the earlier date",
}
FEATURES = {
    "psi": Figure("PSI, training", "Shift against the training part: 0.1 is visible, 0.25 is large.", tell_ratio),
    "psi_previous": Figure("PSI, day before", "Shift against the published date before.", tell_ratio),
    "missing_share": Figure("Missing", "Share of the active customers without a value.", tell_percent),
    "previous_missing_share": Figure("Missing before", "The same on the date before.", tell_percent),
    "mean": Figure("Mean", "Mean of the known values.", tell_ratio),
    "previous_mean": Figure("Mean before", "The same on the date before.", tell_ratio),
}
GROUPS = {
    "customers_count": Figure("Customers", "Active customers who are judged.", tell_count),
    "expected_leavers": Figure("Expected", "Sum of the probabilities.", tell_count),
    "actual_leavers": Figure("Left", "Customers who left within the window.", tell_count),
    "expected_share": Figure("Expected share", "Mean probability of leaving.", tell_percent),
    "actual_share": Figure("Share who left", "Share of the customers who left.", tell_percent),
}
SPIKES = {
    "customers": Figure("Customers", "Active customers of the segment.", tell_count),
    "rise": Figure("Rise", "By which share the expected loss of a customer rose since then.", tell_percent),
    "usd": Figure("Added loss", "What the rise adds to a year's revenue expected to leave, in USD.", tell_usd),
}
PROMISES = {
    "leavers": Figure("Will leave", "Customers who leave within the horizon, with the 95% band.", tell_count),
    "pr_auc": Figure("PR-AUC", "The PR-AUC that the scores promise, with the 95% band.", tell_ratio),
    "lift": Figure("Lift", "Leavers in the top 10% relative to a random 10%, with the 95% band.", tell_ratio),
}
MOST_FEATURES = 12


def show(shown: Shown) -> None:
    """Shows the verdict in one line, then what came true, what changed, and the features."""
    # Without the cache: these rows are stored after the publication, whose time is the key of the cache.
    matured = ask_now(read_performance)
    change = ask_now(read_change, shown.day)
    limits = load_limits(load_settings().policies)
    watched = Watched(ask_now(read_spikes, shown.day), ask_now(count_steps, shown.day))
    health = assemble(shown.day, shown.horizon, None, matured, change, watched, limits)
    _show_verdict(health)
    _show_came_true(health, matured)
    _show_promise(shown, ask_now(read_promise, shown.day))
    _show_change(change, health)
    _show_spikes(health.spikes)
    _show_features(change)


def _show_verdict(health: Health) -> None:
    marks = [markup.draw_pill(finding.check, True) for finding in health.findings]
    verdict = f'<strong data-figure="verdict">{health.verdict.capitalize()}</strong>'
    st.html(f'<div class="band">{verdict}{"".join(marks)}</div>')
    for finding in health.findings:
        st.html(markup.say(finding.fact, finding.next_step[:1].upper() + finding.next_step[1:]))
    for lack in health.lacks:
        st.html(markup.note(lack))


def _show_came_true(health: Health, matured: list[Performance]) -> None:
    st.header("Did it come true?")
    if any(one.expected_leavers is not None for one in matured):
        st.altair_chart(health_charts.draw_came_true(matured))
        remark = "Points: who left. Line: who was expected to. Band: 95% of months, if the probabilities are true."
        st.html(markup.note(remark + " Pale points: the model may have learned from these labels."))
    newest = health.newest
    if newest is None:
        return
    values = asdict(newest)
    known = [name for name in CARDS if values[name] is not None]
    st.html(markup.draw_cards(markup.Card(name, CARDS[name], CARDS[name].form(values[name])) for name in known))
    st.html(markup.note(_tell_newest(newest)))
    rows = [row for row in ask_now(read_groups, newest.prediction_date) if row["dimension"] not in ("all", "listed")]
    columns = [
        markup.Column("dimension", Figure("Group", "Tenth by probability, tier or segment.", tell_text)),
        markup.Column("value", Figure("Value", "Decile 01 has the highest probabilities.", tell_text)),
        *(markup.Column(name, figure, is_number=True) for name, figure in GROUPS.items()),
    ]
    with st.expander("By tenth, tier and segment"):
        st.html(markup.draw_table("groups", "Expected and real leavers by group", columns, rows))


def _show_promise(shown: Shown, promise: Promise | None) -> None:
    if promise is None:
        return
    st.header(f"Until the labels of {tell_day(shown.day)} mature")
    values = asdict(promise)
    cards = [
        markup.Card(name, figure, figure.form(values[name]), [_tell_band(figure, values, name)])
        for name, figure in PROMISES.items()
        if values[name] is not None
    ]
    st.html(markup.draw_cards(cards))
    remark = (
        "An estimate, if the scores are true: it cannot see that customers behave in another way. Matured labels do."
    )
    st.html(markup.note(remark))


def _tell_band(figure: Figure, values: Row, name: str) -> str:
    return f"{figure.form(values[f'{name}_low'])} to {figure.form(values[f'{name}_high'])}"


def _tell_newest(day: Performance) -> str:
    who = f"{day.customers_count:,} active customers of {tell_day(day.prediction_date)}, within {day.window_days} days."
    told = [who]
    if day.listed_count:
        told.append(f"Of the list's {day.listed_count:,}, {tell_count(day.list_leavers)} left.")
        others = f"{tell_count(day.at_random_leavers)} at random and {tell_count(day.by_charge_leavers)} by charge"
        told.append(f"A list of the same length finds {others}.")
    if day.contacted_count:
        told.append(f"{day.contacted_count:,} contacted customers are left out; those held out stand for them.")
    return " ".join(told)


def _show_change(change: Change | None, health: Health) -> None:
    st.header("What changed")
    movement = change.movement if change else None
    if change is None or movement is None:
        st.html(markup.say("What changed is not known.", "It is stored from the second published date on."))
        return
    values = asdict(movement)
    rows: list[Row] = [
        {"part": f"Expected loss of {tell_day(change.previous_date)}", "usd": movement.before},
        *({"part": words, "usd": values[name]} for name, words in PARTS.items()),
        {"part": f"Expected loss of {tell_day(change.prediction_date)}", "usd": movement.after},
    ]
    columns = [
        markup.Column("part", Figure("Part", "The parts add up to the change.", tell_text)),
        markup.Column("usd", Figure("Money", "A year's revenue expected to leave, in USD.", tell_usd), is_number=True),
    ]
    st.html(markup.draw_table("change", "Parts of the change of the expected loss", columns, rows))
    for cause in health.causes:
        st.html(markup.note(f"{cause.kind.capitalize()}: {cause.evidence}."))


def _show_spikes(spikes: Sequence[Spike]) -> None:
    if not spikes:
        return
    st.header("Segments that rose")
    rows: list[Row] = [{**asdict(one), "words": one.words} for one in spikes]
    known = markup.find_known(tuple(SPIKES), rows)
    columns = [
        markup.Column("words", Figure("Segment", "One or two columns of the customers.", tell_text)),
        markup.Column("since", Figure("Since", "The first date of the higher level.", tell_day)),
        *(markup.Column(name, SPIKES[name], is_number=True) for name in known),
    ]
    st.html(markup.draw_table("spikes", "Segments whose expected loss rose, the largest amount first", columns, rows))


def _show_features(change: Change | None) -> None:
    if change is None or not change.features:
        return
    st.header("Features that moved most")
    rows = [asdict(one) for one in change.features[:MOST_FEATURES]]
    known = markup.find_known(tuple(FEATURES), rows)
    columns = [
        markup.Column("feature", Figure("Feature", "The model feature.", tell_text)),
        *(markup.Column(name, FEATURES[name], is_number=True) for name in known),
    ]
    st.html(markup.draw_table("features", "Model features, the largest shift first", columns, rows))
