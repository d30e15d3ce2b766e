"""The segments of customers who are alike, on the terminal."""

from rich.console import Console
from rich.markup import escape

from churn.reporting.segments import SegmentReport
from churn.terminal.display.layout import Column, open_console, percent, print_table, usd

_COLUMNS = (
    *(Column("segment"), Column("customers"), Column("share"), Column("at risk"), Column("average score")),
    *(Column("expected loss", drop=1), Column("what they have in common", drop=2, wraps=True)),
)


def show_segments(report: SegmentReport, console: Console | None = None) -> None:
    """Prints the segments of the latest published date, or why there are none."""
    console = console or open_console()
    if not report.rows:
        console.print(
            f"{report.prediction_date} was scored before the first segmentation. `churn segments --refit` makes one; "
            "the next scored date has it."
        )
        return
    rows = [
        [
            f"{row['segment_number']}",
            f"{row['active_customers_count']:,}",
            percent(row["active_share"]),
            f"{row['at_risk_customers_count']:,}",
            percent(row["average_churn_probability"]),
            "not known" if row["expected_annual_loss_usd"] is None else usd(row["expected_annual_loss_usd"]),
            escape(", ".join(row["strongest_features"])),
        ]
        for row in report.rows
    ]
    print_table(console, f"Customers who are alike, {report.prediction_date}", _COLUMNS, rows)
    first = report.rows[0]
    tried = ", ".join(f"{size} segments {stability:.2f}" for size, stability in report.tried)
    console.print(
        f"Made from the customers of {first['segmented_on']}. Random halves of them agree by {first['stability']:.2f} "
        f"(0 is chance, 1 is the same segments). Tried: {tried}."
    )
