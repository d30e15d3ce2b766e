"""Writes a Markdown page about a stage, for people who do not read logs: the load, the models, the published date.

A page names no customer. Prefect stores these pages, and Prefect may run in another company's cloud.
"""

import base64
import io
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from churn.contracts.decisions import CandidateFigures, Interval
from churn.contracts.horizons import tell_horizon
from churn.contracts.money import NO_VALUE, write_money
from churn.contracts.statuses import VERDICT_WORDS
from churn.errors import understand
from churn.learning.params import FAMILIES
from churn.stores.ledgers import loads, promotions, publications
from churn.stores.shown import figures
from churn.stores.shown.versions import Version
from churn.stores.workplace import Workplace

if TYPE_CHECKING:
    from sqlalchemy import Engine

_FIRST_ROWS = 5


def report_stage(
    workplace: Workplace, stage: str, as_of_date: date, failure: BaseException | None = None
) -> str | None:
    """Returns a page about what a stage did for a date; None if it has no page, or failed before it recorded anything.

    Args:
        workplace: where the database is.
        stage: the name of the stage.
        as_of_date: the date.
        failure: why the stage failed; None if it did not. The ledger's newest line is then an earlier run's, unless it
            records this failure.
    """
    if stage == "load_extract":
        return _report_load(workplace.engine, as_of_date, understand(failure).fact if failure is not None else None)
    write = _WRITERS.get(stage)
    return write(workplace.engine, as_of_date) if write and failure is None else None


def _report_load(engine: "Engine", as_of_date: date, refusal: str | None) -> str | None:
    load = next((load for load in loads.find_loads(engine, 50) if load.snapshot_date == as_of_date), None)
    if load is None or refusal not in (None, load.reason):
        return None
    lines = [
        f"## Extract of {as_of_date}: {load.status}",
        load.reason or "",
        *_table(
            ["file", "rows read", "accepted", "rejected", "billed per month", "load"],
            [
                [
                    load.source,
                    load.rows_read,
                    load.rows_accepted,
                    load.rows_rejected,
                    "–" if load.monthly_charges_total is None else write_money(load.monthly_charges_total),
                    load.load_id,
                ]
            ],
        ),
        *(f"- {note}" for note in load.notes),
    ]
    if load.rows_rejected and load.status == "loaded":
        lines += [
            "",
            "### Rejected rows, by rule",
            *_table(["rule", "rows", "first row numbers"], _count_rules(engine, load.load_id)),
        ]
        lines += [
            "",
            f"Write all of them to a file, to correct and load again: `churn rejects --load {load.load_id} --csv OUT`",
        ]
    return "\n".join(lines)


def _count_rules(engine: "Engine", load_id: int) -> list[list[Any]]:
    """Returns each rule with the rows that broke it, but without their values, which are customers' data."""
    broken = [
        (reason.partition(", found ")[0], row.row_number)
        for row in loads.read_rejected_rows(engine, load_id)
        for reason in row.reasons
    ]
    counted = Counter(rule for rule, _ in broken)
    firsts = {rule: [str(row) for broken_rule, row in broken if broken_rule == rule][:_FIRST_ROWS] for rule in counted}
    return [[rule, count, ", ".join(firsts[rule])] for rule, count in counted.most_common()]


def _report_models(engine: "Engine", as_of_date: date) -> str | None:
    decisions = [decision for decision in promotions.read_history(engine) if decision.as_of_date == as_of_date]
    by_gate = [decision for decision in decisions if decision.decided_by == "gate"]
    if not by_gate:
        return None
    decision = by_gate[-1]
    shown = {*FAMILIES, decision.family}
    candidates = {name: figures for name, figures in decision.evidence.candidates.items() if name in shown}
    names = ("pr_auc", "roc_auc", "log_loss", "recall_at_10")
    rows = [
        [f"**{family}**" if family == decision.family else family, *(_interval(figures.test[name]) for name in names)]
        for family, figures in candidates.items()
    ]
    verdict = VERDICT_WORDS[decision.decision]
    is_compared = decision.evidence.gate is not None and decision.evidence.gate.gains
    champion = f"with the champion, version {decision.champion_version}" if is_compared else "with no champion"
    return "\n".join(
        [
            f"## Models trained on {as_of_date}: version {decision.model_version} is {verdict}",
            *(f"- {reason}" for reason in decision.reasons),
            "",
            f"The gate compared version {decision.model_version} {champion}. The figures are from customers that no "
            "model was trained on, with 95% intervals:",
            *_table(["model", "PR-AUC", "ROC-AUC", "log loss", "recall in the top 10%"], rows),
            "",
            f"![PR-AUC and log loss of every candidate]({_picture(candidates)})",
        ]
    )


def _picture(candidates: Mapping[str, CandidateFigures]) -> str:
    """Returns a drawing as a data address, since a Prefect artifact has no folder for pictures."""
    from churn.learning.plots import draw_comparison

    drawn = io.BytesIO()
    draw_comparison(candidates).savefig(drawn, format="png")
    return f"data:image/png;base64,{base64.b64encode(drawn.getvalue()).decode()}"


def _report_publication(engine: "Engine", as_of_date: date) -> str | None:
    publication = publications.find_publication(engine, as_of_date)
    if publication is None or publication.status != "published":
        return None
    today = figures.read_kpis(engine, Version(publication))
    before = publications.find_publication(engine, as_of_date - timedelta(days=1))
    is_there = before is not None and before.status == "published"
    yesterday = figures.read_kpis(engine, Version(before)) if before and is_there else None
    within = tell_horizon(publication.horizon)
    # Without a value a month nobody knows whom a contact pays for: the list has those at risk.
    listed = "on the action list" if today.annual_revenue_usd is None else "worth a contact"
    rows = [
        [
            words.format(within=within, listed=listed),
            _figure(getattr(today, name), unit),
            _change(getattr(today, name), getattr(yesterday, name, None), unit, is_there),
        ]
        for words, name, unit in _KPIS
        if getattr(today, name) is not None  # Money without a value a month; a loss of 12 months without a horizon.
    ]
    return "\n".join(
        [
            f"## Published: {as_of_date}",
            f"{publication.customers_count:,} customers scored by version {publication.model_version} "
            f"({publication.basis}); {publication.refused_count:,} rejected, with reasons.",
            *([NO_VALUE] if today.annual_revenue_usd is None else []),
            *_table(["figure", str(as_of_date), "change since the day before"], rows),
        ]
    )


_KPIS = (
    ("Active customers", "active_customers_count", ""),
    ("Active customers at risk (High and Medium)", "at_risk_customers_count", ""),
    ("High tier", "high_count", ""),
    ("Medium tier", "medium_count", ""),
    ("Annual revenue", "annual_revenue_usd", "USD"),
    ("Annual revenue at risk", "revenue_at_risk_usd", "USD"),
    ("Expected loss within 12 months", "expected_loss_12m_usd", "USD"),
    ("A year's revenue expected to leave {within}", "expected_annual_loss_usd", "USD"),
    ("Customers {listed}", "listed_customers_count", ""),
    ("Expected profit of these contacts", "list_profit_usd", "USD"),
)

_WRITERS: dict[str, Callable[["Engine", date], str | None]] = {
    "train_models": _report_models,
    "publish": _report_publication,
}


def _figure(value: Any, unit: str) -> str:
    return write_money(value) if unit == "USD" else f"{value:,}"


def _change(value: Any, before: Any, unit: str, is_there: bool) -> str:
    if before is None:
        return "not known the day before" if is_there else "the day before is not published"
    change = value - before
    return f"{'-' if change < 0 else '+'}{_figure(abs(change), unit)}"


def _interval(figure: Interval) -> str:
    return f"{figure.value:.3f} ({figure.low:.3f} to {figure.high:.3f})"


def _table(header: list[str], rows: list[list[Any]]) -> list[str]:
    """Returns a Markdown table after a blank line. Numbers have thousands separators."""
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
