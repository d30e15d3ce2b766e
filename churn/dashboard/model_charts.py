"""Draws charts of the Model page: whether predicted rates came true, and what contacting customers brings."""

from collections.abc import Sequence

import altair as alt

from churn.dashboard import palette
from churn.dashboard.charts import Chart, data_of, stack_layers
from churn.stores.shown import Row


def draw_calibration(points: Sequence[Row]) -> Chart:
    """Draws the actual rate over the predicted probability. On the diagonal both are equal.

    Args:
        points: x_value, y_value, customers_count of ten groups.
    """
    rows = [dict(point) | _binomial(point["y_value"], point["customers_count"]) for point in points]
    base = alt.Chart(data_of(rows), height=260).encode(
        x=alt.X(
            "x_value:Q", title="Predicted: mean probability", axis=alt.Axis(format="%"), scale=alt.Scale(domain=[0, 1])
        )
    )
    y = alt.Y("y_value:Q", title="Actual: share who left", axis=alt.Axis(format="%"), scale=alt.Scale(domain=[0, 1]))
    diagonal = alt.Chart(data_of([{"x": 0, "y": 0}, {"x": 1, "y": 1}])).mark_line(
        color=palette.MUTED, strokeDash=[4, 3]
    )
    return stack_layers(
        diagonal.encode(x="x:Q", y="y:Q"),
        base.mark_rule(color=palette.ACCENT).encode(y=alt.Y("low:Q"), y2="high:Q"),
        base.mark_circle(size=70, color=palette.ACCENT, opacity=1).encode(
            y=y,
            tooltip=[
                alt.Tooltip("x_value:Q", title="Predicted", format=".1%"),
                alt.Tooltip("y_value:Q", title="Actual", format=".1%"),
                alt.Tooltip("customers_count:Q", title="Customers"),
            ],
        ),
    )


def _binomial(rate: float, customers: int) -> dict[str, float]:
    """Returns the 95% interval of a rate, by the normal approximation."""
    reach = 1.96 * (rate * (1 - rate) / max(1, customers)) ** 0.5
    return {"low": max(0.0, rate - reach), "high": min(1.0, rate + reach)}


def draw_curve(points: Sequence[Row], title: str, form: str, at_random: float | None) -> Chart:
    """Draws a figure over the share of customers contacted.

    Args:
        points: x_value, y_value, customers_count.
        title: the title of the figure, with its unit.
        form: a d3 format.
        at_random: the figure when all customers are contacted. A dashed line from 0 to it shows customers drawn at
            random; None draws no line.
    """
    base = alt.Chart(data_of(points), height=260).encode(
        x=alt.X("x_value:Q", title="Share of customers contacted", axis=alt.Axis(format="%")),
        y=alt.Y("y_value:Q", title=title, axis=alt.Axis(format=form)),
        tooltip=[
            alt.Tooltip("x_value:Q", title="Contacted", format=".0%"),
            alt.Tooltip("y_value:Q", title=title, format=form),
            alt.Tooltip("customers_count:Q", title="Customers", format=","),
        ],
    )
    layers = [base.mark_line(color=palette.ACCENT), base.mark_circle(color=palette.ACCENT, size=40, opacity=1)]
    if at_random is not None:
        line = alt.Chart(data_of([{"x": 0, "y": 0}, {"x": 1, "y": at_random}])).mark_line(
            color=palette.MUTED, strokeDash=[4, 3]
        )
        layers.insert(0, line.encode(x="x:Q", y="y:Q"))  # First, so that the curve is drawn above it.
    return stack_layers(*layers)
