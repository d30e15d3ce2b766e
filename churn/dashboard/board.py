"""Writes the board page: one A4 page that says what is at stake, what happened, and what the campaigns kept.

It is one HTML file without a script; printed from a browser it is one page.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from html import escape
from pathlib import Path

import vl_convert

from churn.contracts.money import axis_format, name_currency, use_currency
from churn.dashboard import charts, headline, markup, palette, summary
from churn.dashboard.formats import tell_day, tell_moment, tell_usd
from churn.dashboard.report import CHART_LOOK
from churn.errors import NotPublished
from churn.settings import Settings
from churn.stores.postgres.readers import reading
from churn.stores.shown import Row, marts
from churn.stores.shown.kept_money import KeptMoney, read_kept_money

DAYS = 190
MONTH_DAYS = 28
"""The page compares with the last extract that is at least so many days older: a board meets once a month."""
MOST_SEGMENTS = 4


def write_board(settings: Settings, out: Path, as_of_date: date | None) -> str:
    """Writes the page of a published date (default: the latest). Returns one line about the file.

    Raises:
        NotPublished: the date is not published.
        Unavailable: the database did not answer.
    """
    with reading(settings) as connection:
        published = [row for row in marts.read_publications(connection, 4000) if row["status"] == "published"]
        shown = next((row for row in published if as_of_date in (None, row["prediction_date"])), None)
        if shown is None:
            raise NotPublished(as_of_date)
        day = shown["prediction_date"]
        days = marts.read_days(connection, day - timedelta(days=DAYS), day)
        actual = marts.read_actual_churn(connection, "day", day - timedelta(days=2 * DAYS))
        segments = marts.read_segments(connection, day, "contract")
        kept = read_kept_money(connection)
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(render_board(shown, days, actual, segments, kept), encoding="utf-8")
    return f"{out}: the board page as of {day}, {out.stat().st_size / 1000:,.0f} kB; print it on one A4 page"


def render_board(
    publication: Row, days: Sequence[Row], actual: Sequence[Row], segments: Sequence[Row], kept: Sequence[KeptMoney]
) -> str:
    """Returns the page as HTML.

    Args:
        publication: the publication of the date.
        days: rows of kpi_daily; the last row is the date of the page.
        actual: who left of earlier dates, beside who was expected to.
        segments: the figures of the date by contract.
        kept: what the campaigns kept.
    """
    use_currency(publication["currency"])
    now, before = days[-1], find_month_before(days)
    marks = "".join(markup.draw_pill(mark, True) for mark in summary.tell_marks(publication))
    sentences = [headline.tell_headline(now, before), *tell_actual(actual, now), *map(tell_kept, kept)]
    if not kept:
        sentences.append("No campaign has been read yet: what contacts keep is not known.")
    cards = summary.make_cards(days, now["prediction_date"], before["prediction_date"] if before else None)
    title = f"Churn, {tell_day(now['prediction_date'])}"
    body = (
        f'<h1>{escape(title)}</h1><div class="band">{marks}'
        f"<span>Published {tell_moment(publication['published_at'])}</span></div>",
        f'<ul class="said">{"".join(f"<li>{escape(sentence)}</li>" for sentence in sentences[:MOST_SENTENCES])}</ul>',
        markup.draw_cards(cards),
        f"<h2>{escape(_name_chart(now))}</h2>{_draw(days)}",
        f"<h2>Where it is</h2>{_draw_segments(segments, now)}",
        markup.note("Expected figures are sums of probabilities. An interval holds the truth in 96 of 100 cases."),
    )
    return _PAGE.format(title=escape(title), style=palette.STYLE, body="\n".join(body))


MOST_SENTENCES = 4


def find_month_before(days: Sequence[Row]) -> Row | None:
    """Returns the row of the last extract that is a month older; None if there is none."""
    last = days[-1]["prediction_date"] - timedelta(days=MONTH_DAYS)
    earlier = [row for row in days if row["prediction_date"] <= last and row["basis"] != "reconstructed"]
    return earlier[-1] if earlier else None


def tell_actual(actual: Sequence[Row], now: Row) -> list[str]:
    """Returns a sentence about who left, of the newest date whose labels were known on the date of the page."""
    day = now["prediction_date"]
    known = [row for row in actual if row["as_of_date"] + timedelta(days=row["window_days"]) <= day]
    return [summary.tell_actual(known[-1])] if known else []


def tell_kept(kept: KeptMoney) -> str:
    """Returns a sentence about the money that a campaign kept, with its interval."""
    if kept.kept_usd is None or kept.kept_low_usd is None or kept.kept_high_usd is None:
        return f"Campaign {kept.campaign_id}: what it kept is {kept.verdict}."
    interval = f"{tell_usd(kept.kept_low_usd)} to {tell_usd(kept.kept_high_usd)}"
    return (
        f"Campaign {kept.campaign_id} kept {tell_usd(kept.kept_usd)} so far ({interval}), over {kept.treated_count:,} "
        f"contacted customers: {kept.verdict}."
    )


def _name_chart(now: Row) -> str:
    return "Year's revenue expected to leave" if summary.has_value(now) else "Average probability of leaving"


def _draw(days: Sequence[Row]) -> str:
    if len(days) < 2:
        return "<p>Only one day is published so far.</p>"
    if summary.has_value(days[-1]):
        chart = charts.draw_line(days, summary.MAIN, name_currency("USD"), axis_format(), height=150)
    else:
        chart = charts.draw_line(days, "average_churn_probability", "Mean probability", ".1%", height=150)
    return str(vl_convert.vegalite_to_svg(chart.properties(width=620).to_dict() | {"config": CHART_LOOK}))


def _draw_segments(segments: Sequence[Row], now: Row) -> str:
    if not segments:
        return "<p>The extract has no contract to divide customers by.</p>"
    names = ["active_customers_count", "at_risk_customers_count", "average_churn_probability"]
    names += ["expected_annual_loss_usd"] if summary.has_value(now) else []
    columns = [*markup.name_columns("segment"), *markup.name_columns(*names, numbers=names)]
    return markup.draw_table("segments", "Figures by contract", columns, segments[:MOST_SEGMENTS])


_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>{style}
<style>
@page {{ size: A4; margin: 14mm; }}
:root {{ color-scheme: light; }}
body {{ font: 14px/1.4 system-ui, sans-serif; max-width: 182mm; margin: 0 auto; padding: 1rem 0; color: #1b2733; }}
h1 {{ font-size: 1.5rem; margin: 0 0 .3rem; }} h2 {{ font-size: 1.05rem; margin: .9rem 0 .3rem; }}
.said {{ padding-left: 1.1rem; margin: .6rem 0; }} .said li {{ margin-bottom: .25rem; }}
.said li:first-child {{ font-size: 1.15rem; font-weight: 600; }}
.card {{ padding: .5rem .8rem; }} .card .value {{ font-size: 1.3rem; }} .card.main .value {{ font-size: 2.1rem; }}
.card, section, table {{ break-inside: avoid; }}
svg {{ max-width: 100%; height: auto; }}
@media print {{ body {{ padding: 0; }} }}
</style></head><body><main>
{body}
</main></body></html>
"""
