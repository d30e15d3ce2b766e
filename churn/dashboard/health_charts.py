"""Draws what came true as Altair specifications. Pure."""

from collections.abc import Sequence

import altair as alt

from churn.contracts.performance import Performance
from churn.dashboard import palette
from churn.dashboard.charts import Chart, data_of, stack_layers

_DAY = "utcyearmonthdate(day):T"


def draw_came_true(matured: Sequence[Performance], height: int = 280) -> Chart:
    """Draws the real leavers of each matured date as points, over the band in which true probabilities leave them.

    A date whose model may have learned from its labels is pale.
    """
    rows = [
        {
            "day": one.prediction_date,
            "real": one.actual_leavers,
            "expected": one.expected_leavers,
            "low": one.expected_leavers_low,
            "high": one.expected_leavers_high,
            "judged": "yes" if one.is_unseen else "no: the model may have learned from these labels",
        }
        for one in matured
    ]
    base = alt.Chart(data_of(rows), height=height).encode(
        x=alt.X(_DAY, title=None, axis=alt.Axis(format="%-d %b", labelOverlap=True, tickCount=8, grid=False))
    )
    scale = alt.Scale(zero=False, nice=True, padding=8)
    band = base.mark_area(color=palette.ACCENT, opacity=0.18).encode(
        y=alt.Y("low:Q", title="Customers who left", scale=scale), y2=alt.Y2("high:Q")
    )
    line = base.mark_line(color=palette.ACCENT, strokeDash=[4, 3]).encode(y=alt.Y("expected:Q", scale=scale))
    dots = base.mark_circle(size=60, color=palette.HIGH).encode(
        y=alt.Y("real:Q", scale=scale),
        opacity=alt.condition("datum.judged == 'yes'", alt.value(1), alt.value(0.35)),
        tooltip=[
            alt.Tooltip(_DAY, title="Date", format="%Y-%m-%d"),
            alt.Tooltip("real:Q", title="Left", format=",.0f"),
            alt.Tooltip("expected:Q", title="Expected", format=",.0f"),
            alt.Tooltip("low:Q", title="At least, if the scores are true", format=",.0f"),
            alt.Tooltip("high:Q", title="At most, if the scores are true", format=",.0f"),
            alt.Tooltip("judged:N", title="Judged"),
        ],
    )
    return stack_layers(band, line, dots)
