"""Draws charts of rows as Altair specifications, the same for the pages and the report. Pure.

Days are UTC dates. A reconstructed day is pale, a day without an extract is a grey band, and a new model is a dashed
line.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from itertools import pairwise
from typing import TypeAlias

import altair as alt

from churn.dashboard import palette
from churn.dashboard.glossary import BASES
from churn.stores.shown import Row

Chart: TypeAlias = alt.Chart | alt.LayerChart

_TIER_SCALE = alt.Scale(domain=list(palette.TIERS), range=list(palette.TIERS.values()))
_AT_RISK_SCALE = alt.Scale(domain=["High", "Medium"], range=[palette.HIGH, palette.MEDIUM])
_PALE = alt.condition("datum.basis == 'Reconstructed'", alt.value(0.45), alt.value(1))
# utc...: Vega-Lite reads an ISO date as midnight UTC. Without it a browser west of Greenwich draws the day before.
_DAY = "utcyearmonthdate(day):T"
_DATE_FORMAT = "%Y-%m-%d"


def data_of(rows: Iterable[Row]) -> alt.Data:
    """Returns rows as data inside the specification, with dates as ISO text."""
    plain = [
        {name: value.isoformat() if isinstance(value, date) else value for name, value in row.items()} for row in rows
    ]
    return alt.Data(values=plain)  # type: ignore[no-untyped-call]


def draw_tiers(row: Row, height: int = 220) -> Chart:
    """Draws the active customers by tier as a ring. The table beside it explains the colours.

    Args:
        row: high_count, medium_count and low_count of a date.
        height: the height in pixels.
    """
    rows = [
        {"tier": tier, "customers": row[f"{tier.lower()}_count"], "order": order}
        for order, tier in enumerate(palette.TIERS)
    ]
    return (
        alt.Chart(data_of(rows), height=height)
        .mark_arc(outerRadius=height * 0.44, innerRadius=height * 0.28)
        .encode(
            theta=alt.Theta("customers:Q"),
            order=alt.Order("order:Q"),
            color=alt.Color("tier:N", scale=_TIER_SCALE, legend=None),
            tooltip=[
                alt.Tooltip("tier:N", title="Tier"),
                alt.Tooltip("customers:Q", title="Active customers", format=","),
            ],
        )
    )


def draw_counts(rows: Sequence[Row], period: str = "day", height: int = 260, notes: Sequence[Row] = ()) -> Chart:
    """Draws the customers at risk by tier for each period, with new models and missing periods.

    Args:
        rows: period_start_date or prediction_date, high_count, medium_count, basis, model_version; in order of date.
        period: day or week.
        height: the height in pixels.
        notes: what happened on days of the chart.
    """
    bars = [
        {
            "day": _day_of(row),
            "tier": tier,
            "customers": row[f"{tier.lower()}_count"],
            "basis": BASES[row["basis"]],
            "order": order,
        }
        for row in rows
        for order, tier in enumerate(("High", "Medium"))
    ]
    chart = (
        alt.Chart(data_of(bars), height=height)
        # binSpacing=0: with the spacing of Streamlit's theme, many bars become too narrow to see.
        .mark_bar(width=14 if period == "week" else alt.RelativeBandSize(0.85), binSpacing=0)
        .encode(
            x=_time_axis(),
            y=alt.Y("customers:Q", title="Active customers at risk", stack=True),
            color=alt.Color(
                "tier:N", scale=_AT_RISK_SCALE, legend=alt.Legend(orient="top", title=None), sort=["High", "Medium"]
            ),
            order=alt.Order("order:Q"),
            opacity=_PALE,
            tooltip=[
                alt.Tooltip(_DAY, title="Date", format=_DATE_FORMAT),
                alt.Tooltip("tier:N", title="Tier"),
                alt.Tooltip("customers:Q", title="Active customers", format=","),
                alt.Tooltip("basis:N", title="Basis"),
            ],
        )
    )
    return stack_layers(*_gap_bands(rows, period), chart, *_model_rules(rows), *draw_notes(notes))


def draw_line(rows: Sequence[Row], name: str, title: str, form: str, period: str = "day", height: int = 200) -> Chart:
    """Draws one figure over time. The points of reconstructed days are pale.

    Args:
        rows: as for `draw_counts`, with the column `name`.
        name: the column of the figure.
        title: the title of the axis, with the unit.
        form: a d3 format, for example ".1%" or "$,.0f".
        period: day or week.
        height: the height in pixels.
    """
    points = [
        {"day": _day_of(row), "value": row[name], "basis": BASES[row["basis"]]} for row in rows if row[name] is not None
    ]
    base = alt.Chart(data_of(points), height=height).encode(
        x=_time_axis(),
        y=alt.Y("value:Q", title=title, axis=alt.Axis(format=form), scale=alt.Scale(zero=False, nice=True, padding=8)),
    )
    dots = base.mark_circle(size=38, color=palette.ACCENT).encode(
        opacity=_PALE,
        tooltip=[
            alt.Tooltip(_DAY, title="Date", format=_DATE_FORMAT),
            alt.Tooltip("value:Q", title=title, format=form),
            alt.Tooltip("basis:N", title="Basis"),
        ],
    )
    line = base.mark_line(color=palette.ACCENT, strokeWidth=1.6, opacity=0.6)
    return stack_layers(*_gap_bands(rows, period), line, dots, *_model_rules(rows))


def stack_layers(*layers: Chart) -> alt.LayerChart:
    """Returns charts drawn above each other, the first below."""
    layered = alt.layer(*layers)
    assert isinstance(layered, alt.LayerChart)  # alt.layer() returns a FacetChart only if one of the layers has facets.
    return layered


def _time_axis() -> alt.X:
    return alt.X(_DAY, title=None, axis=alt.Axis(format="%-d %b", labelOverlap=True, tickCount=8, grid=False))


def _day_of(row: Row) -> date:
    day: date = row.get("period_start_date") or row["prediction_date"]
    return day


def draw_notes(notes: Sequence[Row]) -> list[alt.Chart]:
    """Returns a line with words for each day on which something happened; no chart without one.

    Args:
        notes: on_date and text.
    """
    if not notes:
        return []
    rows = [{"day": note["on_date"], "note": note["text"]} for note in notes]
    base = alt.Chart(data_of(rows)).encode(x=alt.X(_DAY), tooltip=[alt.Tooltip("note:N", title="Note")])
    return [
        base.mark_rule(color=palette.ACCENT),
        base.mark_text(align="right", dx=-4, dy=22, color=palette.MUTED, baseline="top").encode(
            y=alt.value(0), text="note:N"
        ),
    ]


def find_gaps(rows: Sequence[Row], period: str = "day") -> list[tuple[date, date]]:
    """Returns the first and the last day of each run of periods without a published date.

    A base whose extracts come once a week has no gaps between them: only a longer pause than the usual one is a gap.
    """
    step = timedelta(days=7 if period == "week" else 1)
    pauses = sorted(_day_of(after) - _day_of(before) for before, after in pairwise(rows))
    usual = max(pauses[(len(pauses) - 1) // 2], step) if pauses else step
    return [
        (_day_of(before) + step, _day_of(after) - step)
        for before, after in pairwise(rows)
        if _day_of(after) - _day_of(before) > usual
    ]


def find_model_changes(rows: Sequence[Row]) -> list[Row]:
    """Returns the day and the model of each period whose scores come from another model than the period before."""
    return [
        {"day": _day_of(after), "model": f"model {after['model_version']}"}
        for before, after in pairwise(rows)
        if after["model_version"] != before["model_version"]
    ]


def _gap_bands(rows: Sequence[Row], period: str) -> list[alt.Chart]:
    gaps = [
        {"day": first - timedelta(hours=0), "until": last + timedelta(days=1), "what": f"no extract, {first} to {last}"}
        for first, last in find_gaps(rows, period)
    ]
    if not gaps:
        return []
    return [
        alt.Chart(data_of(gaps))
        .mark_rect(color=palette.MUTED, opacity=0.2)
        .encode(x=alt.X(_DAY), x2=alt.X2("utcyearmonthdate(until):T"), tooltip=[alt.Tooltip("what:N", title="Gap")])
    ]


def _model_rules(rows: Sequence[Row]) -> list[alt.Chart]:
    changes = find_model_changes(rows)
    if not changes:
        return []
    base = alt.Chart(data_of(changes)).encode(x=alt.X(_DAY), tooltip=[alt.Tooltip("model:N", title="New")])
    return [
        base.mark_rule(strokeDash=[4, 3], color=palette.MUTED),
        base.mark_text(align="left", dx=4, dy=8, color=palette.MUTED, baseline="top").encode(
            y=alt.value(0), text="model:N"
        ),
    ]


def draw_heat(cells: Sequence[Row], picked: str | None = None) -> Chart:
    """Draws the share at risk by contract and tenure band.

    Args:
        cells: contract, tenure_band, at_risk_rate, at_risk_customers_count, active_customers_count.
        picked: the name of the selection that a click makes (default: a click does nothing).
    """
    base = alt.Chart(data_of(cells), height=250).encode(
        x=alt.X("tenure_band:O", title="Months as a customer", axis=alt.Axis(labelAngle=0)),
        y=alt.Y("contract:O", title=None, axis=alt.Axis(labelLimit=110)),
        tooltip=[
            alt.Tooltip("contract:N", title="Contract"),
            alt.Tooltip("tenure_band:N", title="Tenure band"),
            alt.Tooltip("at_risk_rate:Q", title="Share at risk", format=".1%"),
            alt.Tooltip("at_risk_customers_count:Q", title="At risk", format=","),
            alt.Tooltip("active_customers_count:Q", title="Active customers", format=","),
        ],
    )
    boxes = base.mark_rect(
        cornerRadius=4, stroke="white", strokeWidth=1, cursor="pointer" if picked else "default"
    ).encode(
        color=alt.Color(
            "at_risk_rate:Q",
            scale=alt.Scale(range=list(palette.HEAT), domainMin=0, interpolate="rgb"),
            legend=None,
        )
    )
    if picked:
        boxes = boxes.add_params(alt.selection_point(name=picked, fields=["contract", "tenure_band"]))
    labels = base.mark_text(fontSize=12, color="#1b2733", fontWeight=600).encode(
        text=alt.Text("at_risk_rate:Q", format=".0%")
    )
    return boxes + labels


def draw_history(rows: Sequence[Row], bounds: Mapping[str, float]) -> Chart:
    """Draws the probability of one customer over time, with the bounds of the tiers.

    Args:
        rows: prediction_date, churn_probability, basis, model_version; in order of date.
        bounds: the smallest probability of each tier. A bound above 1 is not drawn.
    """
    line = draw_line(rows, "churn_probability", "Probability of leaving", ".0%", height=240)
    marks = [{"from": bound, "tier": tier} for tier, bound in bounds.items() if bound <= 1]
    base = alt.Chart(data_of(marks)).encode(y=alt.Y("from:Q", scale=alt.Scale(domain=[0, 1])))
    rules = base.mark_rule(strokeDash=[2, 3]).encode(color=alt.Color("tier:N", scale=_TIER_SCALE, legend=None))
    return stack_layers(rules, line)
