"""What a stage did, for people who read no logs: Markdown of the load, the models compared, the day that is published.

No customer is named: these pages are kept where runs are watched, which may be somebody else's cloud.
"""

import base64
import io
from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from churn.learning.params import FAMILIES
from churn.settings import Settings
from churn.stores.ledgers import loads, promotions, publications
from churn.stores.postgres.database import open_engine
from churn.stores.shown import figures

if TYPE_CHECKING:
    from sqlalchemy import Engine

_FIRST_ROWS = 5


def report_stage(settings: Settings, stage: str, as_of_date: date) -> str | None:
    """Returns a page about what a stage did to a date; None where its one line tells all."""
    write = _WRITERS.get(stage)
    return write(open_engine(settings), as_of_date) if write else None


def _report_load(engine: "Engine", as_of_date: date) -> str | None:
    load = next((one for one in loads.find_loads(engine, 50) if one.snapshot_date == as_of_date), None)
    if load is None:
        return None
    lines = [
        f"## Extract of {as_of_date}: {load.status}",
        load.reason or "",
        *_table(
            ["file", "rows read", "taken in", "set aside", "billing a month, USD", "load"],
            [
                [
                    load.source,
                    load.rows_read,
                    load.rows_accepted,
                    load.rows_rejected,
                    load.monthly_charges_total,
                    load.load_id,
                ]
            ],
        ),
        *(f"- {note}" for note in load.notes),
    ]
    if load.rows_rejected and load.status == "loaded":
        lines += [
            "",
            "### Rows set aside, by rule",
            *_table(["rule", "rows", "first lines"], _count_rules(engine, load.load_id)),
        ]
        lines += ["", f"All of them, to correct and load again: `churn rejects --load {load.load_id} --csv OUT`"]
    return "\n".join(lines)


def _count_rules(engine: "Engine", load_id: int) -> list[list[Any]]:
    """Each rule with the rows that broke it. The values found are left out: they are customers' data."""
    broken = [
        (reason.partition(", found ")[0], row.row_number)
        for row in loads.read_rejected_rows(engine, load_id)
        for reason in row.reasons
    ]
    counted = Counter(rule for rule, _ in broken)
    firsts = {rule: [str(number) for told, number in broken if told == rule][:_FIRST_ROWS] for rule in counted}
    return [[rule, count, ", ".join(firsts[rule])] for rule, count in counted.most_common()]


def _report_models(engine: "Engine", as_of_date: date) -> str | None:
    made = [one for one in promotions.read_history(engine) if one.as_of_date == as_of_date and one.decided_by == "gate"]
    if not made:
        return None
    decision = made[-1]
    told = {*FAMILIES, decision.family}
    tests = {family: found["test"] for family, found in decision.evidence["candidates"].items() if family in told}
    names = ("pr_auc", "roc_auc", "log_loss", "recall_at_10")
    rows = [
        [f"**{family}**" if family == decision.family else family, *(_interval(test[name]) for name in names)]
        for family, test in tests.items()
    ]
    against = f"the champion, version {decision.champion_version}" if decision.champion_version else "no champion yet"
    return "\n".join(
        [
            f"## Models trained on {as_of_date}: version {decision.model_version}, {decision.decision}",
            *(f"- {reason}" for reason in decision.reasons),
            "",
            f"Held against {against}. On customers none of them was fitted on, with 95 % intervals:",
            *_table(["model", "PR-AUC", "ROC-AUC", "log loss", "recall in the top tenth"], rows),
            "",
            f"![PR-AUC and log loss of every candidate]({_picture(tests)})",
        ]
    )


def _picture(tests: dict[str, Any]) -> str:
    """A drawing as an address of its own: these pages have no folder for pictures."""
    from churn.learning.plots import draw_comparison

    drawn = io.BytesIO()
    draw_comparison(tests).savefig(drawn, format="png")
    return f"data:image/png;base64,{base64.b64encode(drawn.getvalue()).decode()}"


def _report_publication(engine: "Engine", as_of_date: date) -> str | None:
    publication = publications.find_publication(engine, as_of_date)
    if publication is None or publication.status != "published":
        return None
    today = figures.read_kpis(engine, as_of_date)
    before = publications.find_publication(engine, as_of_date - timedelta(days=1))
    is_there = before is not None and before.status == "published"
    yesterday = figures.read_kpis(engine, before.prediction_date) if before and is_there else {}
    rows = [
        [words, _figure(today[name], unit), _change(today[name], yesterday.get(name), unit)]
        for words, name, unit in _KPIS
    ]
    return "\n".join(
        [
            f"## Published: {as_of_date}",
            f"{publication.customers_count:,} customers scored by version {publication.model_version} "
            f"({publication.basis}); {publication.refused_count:,} refused with a reason.",
            *_table(["", str(as_of_date), "since the day before"], rows),
        ]
    )


_KPIS = (
    ("Active customers", "active_customers_count", ""),
    ("At risk (0.5 or more)", "at_risk_customers_count", ""),
    ("High", "high_count", ""),
    ("Medium", "medium_count", ""),
    ("Revenue a year", "annual_revenue_usd", "USD"),
    ("Revenue at risk a year", "revenue_at_risk_usd", "USD"),
    ("Expected loss a year", "expected_annual_loss_usd", "USD"),
)

_WRITERS: dict[str, Callable[["Engine", date], str | None]] = {
    "load_extract": _report_load,
    "train_models": _report_models,
    "publish": _report_publication,
}


def _figure(value: Any, unit: str) -> str:
    return f"{value:,.0f} {unit}".strip()


def _change(value: Any, before: Any, unit: str) -> str:
    return "no published day before" if before is None else f"{value - before:+,.0f} {unit}".strip()


def _interval(figure: dict[str, float]) -> str:
    return f"{figure['value']:.3f} ({figure['low']:.3f} to {figure['high']:.3f})"


def _table(header: list[str], rows: list[list[Any]]) -> list[str]:
    """A Markdown table, after a blank line; numbers with thousands."""
    lines = [header, ["---"] * len(header), *([_cell(value) for value in row] for row in rows)]
    return ["", *(f"| {' | '.join(line)} |" for line in lines)]


def _cell(value: Any) -> str:
    return (
        f"{value:,}"
        if isinstance(value, int)
        else f"{value:,.2f}"
        if isinstance(value, float)
        else str(value).replace("|", "\\|")
    )
