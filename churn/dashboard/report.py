"""Writes the overview and the action list as one HTML file that opens offline, in light and dark mode.

The file has no script and loads nothing from the network. Its charts are those of the pages, converted to SVG here.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from html import escape
from pathlib import Path

import vl_convert

from churn.contracts.money import use_currency
from churn.dashboard import charts, glossary, markup, palette, summary
from churn.dashboard.formats import tell_day, tell_moment
from churn.errors import NotPublished
from churn.settings import Settings
from churn.stores.postgres.readers import reading
from churn.stores.shown import Row, calls, marts

DAYS = 60
CALLS = 100
COLUMNS = (
    *("call_rank", "customer_id", "risk_tier", "churn_probability", "expected_profit_usd", "monthly_charges"),
    *("tenure_months", "contract", "reasons", "recommended_action"),
)
NUMBERS = ("call_rank", "churn_probability", "expected_profit_usd", "monthly_charges", "tenure_months")
CHART_LOOK = {
    "background": "transparent",
    "font": "system-ui, sans-serif",
    "axis": {"labelColor": "#75808c", "titleColor": "#75808c", "gridColor": "#8A94A044", "domainColor": "#8A94A0"},
    "legend": {"labelColor": "#75808c", "titleColor": "#75808c"},
    "view": {"stroke": None},
}
"""Greys with enough contrast on white and on black."""


def write_report(settings: Settings, out: Path, as_of_date: date | None) -> str:
    """Writes the report of a published date (default: the latest).

    Returns:
        One line about the file.

    Raises:
        NotPublished: the date is not published.
        Unavailable: the database did not answer.
    """
    with reading(settings) as connection:
        publications = marts.read_publications(connection, 4000)
        published = [row for row in publications if row["status"] == "published"]
        day = as_of_date or (published[0]["prediction_date"] if published else None)
        publication = next((row for row in published if row["prediction_date"] == day), None)
        if day is None or publication is None:
            raise NotPublished(day)
        days = marts.read_days(connection, day - timedelta(days=DAYS), day)
        first_calls = calls.read_calls(connection, calls.Wanted(day), CALLS)
    out.parent.mkdir(parents=True, exist_ok=True)
    withdrawn = [] if as_of_date else summary.tell_withdrawn(publications, day)
    out.write_text(render_report(publication, days, first_calls, withdrawn), encoding="utf-8")
    return f"{out}: overview and {len(first_calls)} calls as of {day}, {out.stat().st_size / 1000:,.0f} kB"


def render_report(
    publication: Row, days: Sequence[Row], first_calls: Sequence[Row], withdrawn: Sequence[str] = ()
) -> str:
    """Returns the report as HTML.

    Args:
        publication: the publication of the date.
        days: rows of kpi_daily; the last row is the date of the report.
        first_calls: the first rows of the action list.
        withdrawn: sentences about later dates that a person withdrew.
    """
    use_currency(publication["currency"])
    now = days[-1]
    marks = "".join(markup.draw_pill(mark, True) for mark in (*summary.tell_marks(publication), *withdrawn))
    title = f"Churn as of {tell_day(now['prediction_date'])}"
    known = glossary.find_figures(now["horizon"])
    shown = markup.find_known(COLUMNS, first_calls)
    named = markup.name_columns(*shown, numbers=NUMBERS, wide=("reasons",), figures=known)
    columns = [_without_link(column) for column in named]
    figures = [known[name] for name in dict.fromkeys((*summary.choose_headlines(now), *shown))]
    trend = (
        _draw(charts.draw_counts(days, height=260), 620)
        if len(days) > 1
        else "<p>Only one day is published so far.</p>"
    )
    body = (
        f"<h1>{escape(title)}</h1>",
        f'<div class="band">{marks}<span>Published {tell_moment(publication["published_at"])}, model version '
        f"{publication['model_version']}</span></div>",
        markup.draw_cards(summary.make_cards(days, now["prediction_date"], _find_before(days))),
        markup.note(summary.tell_shape(now)),
        '<div class="charts">',
        f"<section><h2>Active customers by tier</h2>{_draw(charts.draw_tiers(now), 300)}"
        f"{summary.draw_tier_table(now)}</section>",
        f"<section><h2>Active customers at risk by day</h2>{trend}"
        f"{markup.note(summary.tell_bars(days))}</section></div>",
        f"<h2>Customers to call first: {len(first_calls)} of {now['listed_customers_count']:,}</h2>",
        markup.note(summary.tell_list(now)),
        markup.draw_table("calls", "Customers to call", columns, first_calls),
        f"<h2>What the figures mean</h2>{markup.define(figures)}",
    )
    return _PAGE.format(title=escape(title), style=palette.STYLE, body="\n".join(body))


def _find_before(days: Sequence[Row]) -> date | None:
    """Returns the date that the last one is compared with: the last one before it with an extract of its own."""
    earlier = [row["prediction_date"] for row in days[:-1] if row["basis"] != "reconstructed"]
    return earlier[-1] if earlier else None


def _without_link(column: markup.Column) -> markup.Column:
    """Returns the column without links: in a file there are no pages to link to."""
    if column.name != "customer_id":
        return column
    return markup.Column("customer_id", column.figure)


def _draw(chart: charts.Chart, width: int) -> str:
    specification = chart.properties(width=width).to_dict() | {"config": CHART_LOOK}
    return str(vl_convert.vegalite_to_svg(specification))


_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>{style}
<style>
:root {{ color-scheme: light dark; }}
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 1240px; margin: 0 auto; padding: 1.5rem; }}
h1 {{ font-size: 1.7rem; margin: 0 0 .5rem; }} h2 {{ font-size: 1.15rem; margin: 1.6rem 0 .5rem; }}
.band, .cards {{ margin-bottom: .9rem; }} dd {{ margin: 0 0 .5rem; }}
.charts {{ display: flex; flex-wrap: wrap; gap: 0 2rem; }} .charts section {{ min-width: 0; }}
svg {{ max-width: 100%; height: auto; }}
</style></head><body><main>
{body}
</main></body></html>
"""
