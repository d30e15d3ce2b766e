"""The page about the model: champion, candidates, calibration, gain, profit, confusion, slices and gate decisions."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st

from churn.contracts.money import axis_format, name_currency
from churn.dashboard import markup, model_charts
from churn.dashboard.access import Shown, ask, ask_now
from churn.dashboard.formats import Form, tell_count, tell_day, tell_moment, tell_percent, tell_ratio, tell_text
from churn.dashboard.glossary import FAMILIES, MODEL_FIGURES, Figure
from churn.settings import load_settings
from churn.stores.shown import Row, gate_decisions

DIMENSIONS = {
    "contract": "Contract",
    "tenure_band": "Tenure band",
    "is_senior_citizen": "Senior",
    "gender": "Gender",
}
FEWEST_CUSTOMERS, FEWEST_LEAVERS = 100, 20
"""Below these a figure of a slice is chance: the bounds of the gate in the policy that comes with the program."""
YES_NO: dict[str, str] = {"True": "Yes", "False": "No"}


def show(shown: Shown) -> None:
    """Shows the champion, its figures on the test customers, and the decisions of the gate."""
    # Without the cache: a person can promote a champion by hand, and the stamp of publications stays the same.
    decisions = ask_now(gate_decisions.read_models)
    champion = next((decision for decision in decisions if decision["is_champion"]), decisions[0])
    figures = ask(shown, gate_decisions.read_model_figures, champion["promotion_id"])
    _tell_worth(shown, champion, figures)
    _tell_champion(champion)
    st.header("Candidates on the test customers")
    st.html(_draw_candidates(figures))
    st.html(markup.note("In brackets: the 95% interval. Where intervals overlap, the difference may be chance."))
    _show_curves(shown, champion, figures)
    _show_slices(shown, champion)
    _show_card(champion)
    st.header("Decisions of the gate")
    st.html(markup.draw_table("decisions", "Gate decisions, the latest first", _ledger_columns(), decisions))
    with st.expander("What the figures mean"):
        st.html(markup.define(MODEL_FIGURES.values()))


def _tell_worth(shown: Shown, champion: Row, figures: list[Row]) -> None:
    """Says in a sentence what a call by the model finds, beside a call at random."""
    curve = ask(shown, gate_decisions.read_model_curves, champion["promotion_id"])
    tenth = next((point for point in curve if (point["curve"], point["point_number"]) == ("gain", 2)), None)
    cells = {row["figure"]: row["value"] for row in figures if row["is_selected"]}
    if tenth is not None and (sentence := tell_worth(cells, tenth)):
        remark = "Of the customers on whom the model was tested: the 10% with the highest probabilities."
        st.html(markup.headline(sentence, remark))


def tell_worth(cells: Mapping[str, float], tenth: Row) -> str:
    """Returns how many of 100 called customers would have left; empty if the test customers are not counted.

    Args:
        cells: true_positive, false_negative, false_positive and true_negative of the test customers.
        tenth: the point of the gain curve at the first tenth: x_value of the customers have y_value of the leavers.
    """
    names = ("true_positive", "false_negative", "false_positive", "true_negative")
    if not all(cells.get(name) is not None for name in names) or not sum(cells[name] for name in names):
        return ""
    at_random = 100 * (cells["true_positive"] + cells["false_negative"]) / sum(cells[name] for name in names)
    called = min(100.0, at_random * tenth["y_value"] / tenth["x_value"])
    return f"Of 100 customers we would call, {called:.0f} would have left; of 100 at random, {at_random:.0f}."


def _tell_champion(champion: Row) -> None:
    family = FAMILIES.get(champion["family"], champion["family"])
    pills = [
        markup.draw_pill(f"Champion since {tell_moment(champion['champion_from'])}"),
        markup.draw_pill(f"Trained as of {tell_day(champion['as_of_date'])}"),
        markup.draw_pill(f"Scored {champion['published_dates_count']:,} published dates"),
    ]
    name = f'<strong data-figure="champion">Version {champion["model_version"]}, {markup.in_form(str, family)}</strong>'
    st.html(f'<div class="band">{name}{"".join(pills)}</div>')


def _draw_candidates(figures: list[Row]) -> str:
    by_family: dict[str, dict[str, Any]] = defaultdict(dict)
    for row in figures:
        if row["figure"] in MODEL_FIGURES:
            form = MODEL_FIGURES[row["figure"]].form
            interval = f"{form(row['value'])} ({form(row['low'])} to {form(row['high'])})"
            by_family[row["family"]] |= {row["figure"]: interval, "is_selected": row["is_selected"]}
    rows = [
        dict.fromkeys(MODEL_FIGURES)
        | {"family": f"{FAMILIES.get(family, family)}{' ★ selected' if cells['is_selected'] else ''}"}
        | cells
        for family, cells in by_family.items()
    ]
    figure_columns = [
        markup.Column(name, Figure(figure.label, figure.definition), is_number=True)
        for name, figure in MODEL_FIGURES.items()
    ]
    family = markup.Column("family", Figure("Candidate", "Family of the model. The star marks the selected candidate."))
    return markup.draw_table("candidates", "Candidates and their figures", [family, *figure_columns], rows)


def _show_curves(shown: Shown, champion: Row, figures: list[Row]) -> None:
    curves: dict[str, list[Row]] = defaultdict(list)
    for point in ask(shown, gate_decisions.read_model_curves, champion["promotion_id"]):
        curves[point["curve"]].append(point)
    if not curves:
        next_step = "Run `churn train --retrain` to train a model with curves."
        st.html(markup.say("This model was trained by a version of churn that stored no curves.", next_step))
    else:
        _draw_curves(curves)
    st.header("Confusion matrix at a probability of 0.5")
    st.html(_draw_confusion(figures))


def _draw_confusion(figures: list[Row]) -> str:
    cells = {row["figure"]: row["value"] for row in figures if row["is_selected"]}
    rows = [
        {"happened": "Left", "flagged": cells.get("true_positive"), "passed": cells.get("false_negative")},
        {"happened": "Stayed", "flagged": cells.get("false_positive"), "passed": cells.get("true_negative")},
    ]
    columns = [
        markup.Column("happened", Figure("Outcome", "Whether the test customer left.")),
        markup.Column(
            "flagged", Figure("Flagged", "Customers with a probability of 0.5 or more.", tell_count), is_number=True
        ),
        markup.Column(
            "passed", Figure("Not flagged", "Customers with a probability below 0.5.", tell_count), is_number=True
        ),
    ]
    return markup.draw_table("confusion", "Test customers by outcome and prediction", columns, rows)


def _draw_curves(curves: dict[str, list[Row]]) -> None:
    points = curves.get("profit", [])  # Without a value a month there is no profit.
    places = st.columns(3 if points else 2, gap="medium")
    with places[0]:
        st.header("Calibration: are the probabilities right?")
        st.altair_chart(model_charts.draw_calibration(curves["calibration"]))
    with places[1]:
        st.header("Gain: how many leavers are found?")
        st.altair_chart(model_charts.draw_curve(curves["gain"], "Share of leavers found", "%", 1.0))
    if points:
        with places[2]:
            st.header("Whom to call: how many calls pay?")
            title = name_currency("USD per 1,000 customers")
            st.altair_chart(model_charts.draw_curve(points, title, axis_format(), None))
    tenth = next(point for point in curves["gain"] if point["point_number"] == 2)
    remark = (
        f"The top 10% by probability contains {tell_percent(tenth['y_value'])} of the leavers, "
        f"{tenth['y_value'] / tenth['x_value']:.1f} times as many as a random 10%."
    )
    if points:
        best = max(points, key=lambda point: point["y_value"])
        remark += (
            f" With the offer of the policy file, the profit is largest when {tell_percent(best['x_value'])} of the "
            "customers are called."
        )
    st.html(markup.note(remark))


def _show_slices(shown: Shown, champion: Row) -> None:
    slices = ask(shown, gate_decisions.read_model_slices, champion["promotion_id"])
    if not slices:
        return
    st.header("The model by kind of customer")
    texts: dict[str, tuple[str, str, Any]] = {
        "customers_count": ("Customers", "Test customers in the segment.", tell_count),
        "churned_customers_count": ("Leavers", "Test customers in the segment who left.", tell_count),
        "average_churn_probability": ("Predicted", "Mean probability of leaving.", tell_percent),
        "churn_rate": ("Actual", "Share of the customers who left.", tell_percent),
        "at_risk_rate": ("Flagged", "Share of the customers with a probability of 0.5 or more.", tell_percent),
        "roc_auc": ("ROC-AUC", MODEL_FIGURES["roc_auc"].definition, tell_ratio),
    }
    columns = [
        markup.Column("dimension", Figure("Dimension", "The attribute that divides the customers.", _name_dimension)),
        markup.Column("segment", Figure("Segment", "The value of the attribute.", _tell_kind)),
        *(
            markup.Column(name, Figure(*text), _fade_small(name, text[2]), is_number=True)
            for name, text in texts.items()
        ),
    ]
    st.html(markup.draw_table("slices", "The model by kind of customer", columns, slices))
    if any(map(_is_small, slices)):
        words = f"Pale: fewer than {FEWEST_CUSTOMERS} customers or {FEWEST_LEAVERS} leavers, too small to judge."
        st.html(markup.note(words))


def _is_small(row: Row) -> bool:
    return row["customers_count"] < FEWEST_CUSTOMERS or row["churned_customers_count"] < FEWEST_LEAVERS


def _fade_small(name: str, form: Form) -> Callable[[Row], str]:
    """Returns a cell that is pale where the slice is too small to judge."""

    def draw(row: Row) -> str:
        text = markup.in_form(form, row[name])
        return f'<span class="faint">{text}</span>' if _is_small(row) else text

    return draw


def _ledger_columns() -> list[markup.Column]:
    texts: dict[str, tuple[str, str, Any]] = {
        "decided_at": ("Decided", "When the gate or a person decided.", tell_moment),
        "model_version": ("Version", "The model version that the decision is about.", tell_text),
        "family": ("Family", "Family of the model.", lambda family: FAMILIES.get(family, family)),
        "decision": ("Decision", "promote, hold or reject.", tell_text),
        "decided_by": ("Decided by", "gate, or person when somebody decided by hand.", tell_text),
        "test_pr_auc": ("PR-AUC", MODEL_FIGURES["pr_auc"].definition, tell_ratio),
        "reasons": ("Reasons", "The reasons for the decision.", tell_text),
    }
    return [markup.Column(name, Figure(*text), is_wide=name == "reasons") for name, text in texts.items()]


def _name_dimension(name: str) -> str:
    """Returns the label of an attribute; a column that the company declares is called by its own name."""
    return DIMENSIONS.get(name, name.replace("_", " ").capitalize())


def _tell_kind(value: str) -> str:
    return YES_NO.get(value, value)


def _show_card(champion: Row) -> None:
    st.header("Model card")
    if not st.button("Show the model card", key="card"):
        return
    from churn.reporting.documents import (
        write_model_card,  # It opens the ledger; a page without the question spares it.
    )
    from churn.stores.workplace import open_workplace

    with open_workplace(load_settings()) as workplace:
        st.markdown(write_model_card(workplace, champion["model_version"]))
