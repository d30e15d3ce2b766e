"""How long a refresh takes, beside the bare SQL of the same models; and what the Python side holds meanwhile.

uv run python -m tests.benchmarks.transforms

Bare SQL: the models' rendered queries, each as one DELETE and one INSERT into a table with the same indexes, nothing
audited, with the same memory. A refresh does that, finds out what to do, keeps SQLMesh's state, and runs every audit.
"""

import os
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from rich.console import Console
from rich.table import Table as Page
from sqlalchemy import Engine

from churn.settings import Settings
from churn.stages import intake
from churn.stores import sql_models
from churn.stores.postgres.database import open_engine
from churn.stores.postgres.embedded import stop_embedded
from churn.stores.sql_models import FEATURE_MODELS, RISK_MODELS, connections, contexts
from tests.support.factories import make_extract, write_extract
from tests.support.workplaces import at

CUSTOMERS = 7043
FIRST = date(2026, 1, 1)
DATES = [FIRST + timedelta(days=number) for number in range(60)]
MILLION_DATE = date(2026, 6, 1)
COPIES = 142


def main() -> None:
    """Prints one table: seconds, ratio to the bare SQL, CPU seconds and peak memory of the Python side."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(home=Path(folder))
        os.environ["CHURN_HOME"] = folder
        try:
            _measure(settings, Path(folder))
        finally:
            stop_embedded(settings.home_dir)


def _measure(settings: Settings, folder: Path) -> None:
    engine = open_engine(settings)
    intake.load_extract(at(settings), write_extract(folder / "extract.csv", make_extract(CUSTOMERS)), FIRST)
    sql_models.deploy(at(settings), MILLION_DATE)
    _copy_first_date(engine)
    page = Page(
        "refresh", "rows", "runs", "seconds", "bare SQL", "ratio", "CPU s (Python)", "peak MB (Python)", "grown MB"
    )
    small = [FIRST]
    sql_models.refresh(at(settings), "raw_data.telco_churn_raw", FEATURE_MODELS, small)
    _score(engine)
    sql_models.refresh(at(settings), "analytics.predictions", RISK_MODELS, small)
    for title, dates, runs in (
        ("60 dates x 7,043 customers", DATES, 3),
        ("1 date x 1,000,106 customers", [MILLION_DATE], 2),
    ):
        _compare(page, settings, f"features, {title}", "raw_data.telco_churn_raw", FEATURE_MODELS, dates, runs)
        _score(engine)
        _compare(page, settings, f"risk, {title}", "analytics.predictions", RISK_MODELS, dates, runs)
    _time_action_list(page, engine)
    Console(width=150).print(page)


def _copy_first_date(engine: Engine) -> None:
    """Fills the other 59 dates and the date of a million from the first one."""
    with engine.begin() as connection:
        names = [row[0] for row in connection.execute(sa.text(_COLUMNS_OF_RAW))]
        others = ", ".join(name for name in names if name not in ("snapshot_date", "customer_id"))
        for source, day, customer in (
            ("generate_series(1, 59) AS n", "snapshot_date + n", "customer_id"),
            (f"generate_series(1, {COPIES}) AS n", f"DATE '{MILLION_DATE}'", "customer_id || '-' || n"),
        ):
            connection.execute(
                sa.text(
                    f"""INSERT INTO raw_data.telco_churn_raw (snapshot_date, customer_id, {others})
                        SELECT {day}, {customer}, {others} FROM raw_data.telco_churn_raw, {source}
                        WHERE snapshot_date = DATE '{FIRST}'"""
                )
            )
    _vacuum(engine, "raw_data.telco_churn_raw")


_COLUMNS_OF_RAW = """
    SELECT column_name FROM information_schema.columns
    WHERE table_schema = 'raw_data' AND table_name = 'telco_churn_raw' ORDER BY ordinal_position
"""


def _score(engine: Engine) -> None:
    """Gives every customer who has features a probability and the money that follows from it."""
    with engine.begin() as connection:
        connection.execute(
            sa.text("""
                INSERT INTO analytics.predictions (
                  prediction_date, customer_id, churn_probability, at_risk_flag, risk_tier, revenue_at_risk_usd,
                  expected_annual_loss_usd, lifetime_value_usd, is_active, has_unseen_plan, model_name, model_version,
                  basis, scored_at, run_id
                )
                SELECT as_of_date, customer_id, p, p >= 0.5,
                       CASE WHEN p >= 0.7 THEN 'High' WHEN p >= 0.5 THEN 'Medium' ELSE 'Low' END,
                       CASE WHEN p >= 0.5 AND NOT has_churned THEN 12 * monthly_charges ELSE 0 END,
                       CASE WHEN has_churned THEN 0 ELSE p * 12 * monthly_charges END,
                       monthly_charges * tenure_months, NOT has_churned, false, 'benchmark', 1, 'live', now(),
                       'benchmark'
                FROM (SELECT *, 0.95 * is_month_to_month::int * power(tenure_inverse, 0.25) AS p
                      FROM analytics.fct_customer_features) AS features
                ON CONFLICT DO NOTHING
            """)
        )
    _vacuum(engine, "analytics.predictions")


def _vacuum(engine: Engine, table: str) -> None:
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(sa.text(f"VACUUM ANALYZE {table}"))


def _compare(
    page: Page, settings: Settings, title: str, changed: str, models: Sequence[str], dates: Sequence[date], runs: int
) -> None:
    """Adds a line: the refresh and the bare SQL, run in turns."""
    before_mb = _peak_mb()
    refreshes, bare, cpu = [], [], []
    rows: list[int] = []
    for _ in range(runs):
        began = time.process_time()
        refreshes.append(_seconds(lambda: rows.append(_rows(sql_models.refresh(at(settings), changed, models, dates)))))
        cpu.append(time.process_time() - began)
        bare.append(_seconds(lambda: _run_bare(settings, models, dates)))
    took, bare_took = statistics.median(refreshes), statistics.median(bare)
    figures = f"{rows[-1]:,}", str(runs), f"{took:.1f}", f"{bare_took:.1f}", f"{took / bare_took:.2f}"
    print(f"{title}: {took:.1f} s, bare SQL {bare_took:.1f} s", file=sys.stderr)
    page.add_row(title, *figures, f"{statistics.median(cpu):.2f}", f"{_peak_mb():.0f}", f"{_peak_mb() - before_mb:.0f}")


def _rows(evaluations: Sequence[sql_models.Evaluation]) -> int:
    return sum(one.rows or 0 for one in evaluations)


def _run_bare(settings: Settings, models: Sequence[str], dates: Sequence[date]) -> None:
    """Each model's query into a table of its own that has the model's columns and indexes."""
    context: Any = contexts.open_context(at(settings))
    engine = open_engine(settings)
    for name in models:
        model = context.get_model(name, raise_if_missing=True)
        physical = context.get_snapshot(name, raise_if_missing=True).table_name()
        query = context.render(name, start=str(min(dates)), end=str(max(dates))).sql("postgres")
        bare = f"public.bare_{name.replace('.', '_')}"
        with engine.begin() as connection:
            connection.execute(sa.text(f"SET LOCAL work_mem = '{connections.WORK_MEM}'"))
            connection.execute(sa.text(f"CREATE TABLE IF NOT EXISTS {bare} (LIKE {physical} INCLUDING ALL)"))
            span = f"{model.time_column.column.name} BETWEEN '{min(dates)}' AND '{max(dates)}'"
            connection.execute(sa.text(f"DELETE FROM {bare} WHERE {span}"))
            connection.exec_driver_sql(f"INSERT INTO {bare} {query}".replace("%", "%%"), ())


def _time_action_list(page: Page, engine: Engine) -> None:
    """The first hundred calls of a million customers, as the page of a dashboard asks for them."""
    with engine.begin() as connection:
        connection.execute(
            sa.text(f"""INSERT INTO ops.publications
                SELECT '{MILLION_DATE}', 'published', 'live', 1000106, 1000106, 0, 1, '', '', 'benchmark', 1, '',
                       now(), now()""")
        )
    query = f"SELECT * FROM reporting.action_list WHERE prediction_date = '{MILLION_DATE}' AND call_rank <= 100"
    with engine.connect() as connection:
        times = [_seconds(lambda: connection.execute(sa.text(query)).all()) for _ in range(5)]
        total = connection.scalar(sa.text(f"SELECT count(*) FROM ({query.partition(' AND')[0]}) AS listed"))
    page.add_row(f"first 100 calls of {total:,} on the list", "100", "5", f"{statistics.median(times):.2f}")


def _seconds(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
