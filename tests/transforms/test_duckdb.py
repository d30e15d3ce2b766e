"""The same models on another engine give the same rows: nothing in them is Postgres' own meaning."""

import json
import math
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest
from sqlglot import exp

from churn.settings import Settings
from churn.stages.drift import watch_newest
from churn.stages.monitoring import judge_matured
from churn.stores.sql_models.contexts import TRANSFORMS_DIR
from tests.support.days import ask, day_number, execute, name_rule_of_thumb_champion, run_backfill, run_day, write_day
from tests.support.factories import make_customer, write_extract
from tests.support.telecoms import Telecoms
from tests.support.workplaces import at
from tests.transforms.conftest import models_of

NO_ROWS = (
    *("raw_data.declared_columns", "raw_data.second_loads", "analytics.risk_by_declared"),
    *("analytics.history_windows", "analytics.declared_changes"),
)
"""The public sample declares no column of its own, and comes without a second file."""
DAYS = [day_number(0), day_number(1), day_number(30)]


@pytest.fixture(scope="module")
def on_postgres(telecoms: Telecoms, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """Two published days, one before them rewound, and the day on which the first one's examples mature."""
    folder = tmp_path_factory.mktemp("engines")
    with telecoms.copy("deployed", folder) as settings:
        name_rule_of_thumb_champion(settings)
        for day in DAYS:
            run_day(settings, with_a_broken_row(write_day(folder, day)), day)
        run_backfill(settings, 3, DAYS[1])
        judge_matured(at(settings))
        execute(settings, "UPDATE ops.publications SET horizon = '30 days'")
        watch_newest(at(settings))
        execute(
            settings,
            f"""INSERT INTO analytics.segment_spikes VALUES ('{DAYS[2]}', 1, 'contract', 'One year', NULL, NULL,
                '{DAYS[2]}', 100, 5, 0.2, 1000, 0.00001)""",
        )
        hold_out_a_customer(settings)
        divide_customers(settings)
        yield settings


def hold_out_a_customer(settings: Settings) -> None:
    """One customer of the list is the control group of a running campaign."""
    execute(
        settings,
        f"""INSERT INTO ops.campaigns VALUES ('autumn', 'running', '{{}}', 0.2, 60, '{DAYS[0]}', '{DAYS[2]}',
                '{DAYS[2]}', 0.2, 0.8, 0.001, '', '{{}}', true);
            INSERT INTO ops.assignments SELECT 'autumn', customer_id, '{DAYS[1]}', '{DAYS[1]}', 1, 0.1, 'control',
                'standard', 'call', expected_profit_usd, churn_probability, monthly_charges
            FROM reporting.action_list WHERE prediction_date = '{DAYS[1]}' AND call_rank = 1;
            INSERT INTO ops.exclusions VALUES ('autumn', '{DAYS[1]}', 'enrolled', 2);
            INSERT INTO ops.contacts VALUES ('k1', 'autumn', 'somebody', '{DAYS[1]}', 1, '{{}}', 20, '{DAYS[2]}');
            INSERT INTO ops.assignments SELECT 'autumn', customer_id, '{DAYS[1]}', '{DAYS[1]}', 1, 0.9, 'treatment',
                'standard', 'call', expected_profit_usd, churn_probability, monthly_charges
            FROM reporting.action_list WHERE prediction_date = '{DAYS[1]}' AND call_rank IN (2, 3);
            INSERT INTO ops.contacts SELECT 'of ' || customer_id, 'autumn', customer_id, '{DAYS[1]}', 2,
                ARRAY['+ electronic check'], 20, '2099-12-31', '{DAYS[1]}', now(), 'reporting.contact_list'
            FROM ops.assignments WHERE arm = 'treatment';
            INSERT INTO ops.left_alone SELECT prediction_date, customer_id, 1, 0.05
            FROM reporting.action_list WHERE prediction_date = '{DAYS[1]}' AND call_rank = 4;
            INSERT INTO ops.suppressions SELECT customer_id, 'all', '{DAYS[1]}', NULL, 'opted_out', 'a file'
            FROM reporting.action_list WHERE prediction_date = '{DAYS[1]}' AND call_rank = 3;
            INSERT INTO ops.contact_events (event_id, contact_id, event, occurred_at, cost_usd, source)
            VALUES ('e1', 'k1', 'reached', now(), 1.5, 'outcomes.csv'), ('e2', 'k1', 'accepted', now(), NULL, 'too');
            INSERT INTO ops.readings (campaign_id, as_of_date, outcome, contrast, treated_count, control_count,
                treated_leavers, control_leavers, sample_ratio_p, reached_share, verdict, why)
            VALUES ('autumn', '{DAYS[2]}', 'left', 'all', 0, 1, 0, 0, 1, 0, 'not known yet', 'early');
            UPDATE ops.contacts SET sent_on = '{DAYS[1]}';
            INSERT INTO ops.notes (on_date, text, person) VALUES ('{DAYS[0]}', 'prices rise by 6%', 'ada');
            INSERT INTO ops.features_out_of_range VALUES
            ('{DAYS[1]}', 'monthly_charges', 3, 400, 20, 110);
            INSERT INTO ops.withdrawals (prediction_date, decision, person, why, load_id, model_version,
                customers_count) VALUES ('{DAYS[0]}', 'withdrawn', 'ada', 'wrong prices', 1, 1, 400)""",
    )


def divide_customers(settings: Settings) -> None:
    """Every customer of the second day belongs to one of two segments, and would leave for the price."""
    execute(
        settings,
        f"""INSERT INTO ops.segmentations (as_of_date, fitted_at, features, means, deviations, stability, tried)
            VALUES ('{DAYS[1]}', now(), '{{tenure_months}}', '{{30}}', '{{20}}', 0.9, '{{"3": 0.9}}');
            INSERT INTO ops.segments SELECT segmentation_id, number, number::text, '{{low tenure}}', 1, '{{4}}'
            FROM ops.segmentations, generate_series(1, 2) AS number;
            INSERT INTO ops.reason_trainings (as_of_date, trained_at, verdict, leavers_count, training_fingerprint)
            VALUES ('{DAYS[1]}', now(), 'too few', 4, 'f');
            INSERT INTO ops.stated_reasons SELECT training_id, 'price', 'too dear', 4 FROM ops.reason_trainings;
            UPDATE analytics.predictions SET segment_number = 1 + length(customer_id) % 2, likely_reason = 'price',
                reason_groups = '{{price,moved}}', reason_probabilities = '{{0.7,0.3}}', reason_version = 1,
                segmentation_id = (SELECT segmentation_id FROM ops.segmentations)
            WHERE prediction_date = '{DAYS[1]}'""",
    )


def with_a_broken_row(extract: Path) -> Path:
    """A customer who is set aside, so that there is a reject to tell of."""
    broken = pl.DataFrame([make_customer(customerID="broken", tenure="-1")])
    rows = pl.read_csv(extract, infer_schema=False)
    return write_extract(extract, pl.concat([rows, broken]))


@pytest.fixture(scope="module")
def on_duckdb(on_postgres: Settings) -> Any:
    """A SQLMesh context on a DuckDB file that holds what Python wrote to Postgres, its models evaluated."""
    from sqlmesh.core.context import Context

    context = Context(paths=[str(TRANSFORMS_DIR)], gateway="duckdb")
    with duckdb.connect(str(on_postgres.home_dir / "transforms.duckdb")) as connection:
        for model in context.models.values():
            if model.kind.is_external:
                bring_over(connection, model, on_postgres)
    end = DAYS[-1] + timedelta(days=1)
    context.plan("prod", auto_apply=True, no_prompts=True, skip_tests=True, skip_linter=True, execution_time=str(end))
    return context


def bring_over(connection: duckdb.DuckDBPyConnection, model: Any, settings: Settings) -> None:
    """Copies a table that Python wrote."""
    schema, columns = model.name.partition(".")[0], model.columns_to_types
    connection.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}")
    # Without digits DuckDB's DECIMAL has 18 of them; a sum of hashes has more.
    written = {"DECIMAL": "DECIMAL(38, 6)"}
    types = ", ".join(f"{name} {written.get(kind.sql('duckdb'), kind.sql('duckdb'))}" for name, kind in columns.items())
    connection.execute(f"CREATE TABLE {model.name} ({types})")
    rows = [
        [json.dumps(cell) if isinstance(cell, dict) else cell for cell in row]
        for row in ask(settings, f"SELECT {', '.join(columns)} FROM {model.name}")
    ]
    frame = pl.DataFrame(rows, schema=list(columns), orient="row", infer_schema_length=None)
    connection.execute(f"INSERT INTO {model.name} SELECT * FROM frame")
    assert frame.height > 0 or model.name in NO_ROWS, model.name


def grain_of(model: Any) -> list[str]:
    return [column.name for expression in model.grains for column in expression.find_all(exp.Column)]


def same(ours: tuple[object, ...], theirs: tuple[object, ...]) -> bool:
    """Whether two rows agree; sums of floats may differ in the last digits, by the order of adding."""

    def agree(one: object, other: object) -> bool:
        if isinstance(one, float) and isinstance(other, float):
            return math.isclose(one, other, rel_tol=1e-12, abs_tol=1e-9)
        if isinstance(one, datetime) and isinstance(other, datetime):
            return one.timestamp() == other.timestamp()
        return one == other

    return len(ours) == len(theirs) and all(map(agree, ours, theirs))


def test_every_model_gives_the_same_rows_on_duckdb(on_postgres: Settings, on_duckdb: Any) -> None:
    for name, model in models_of(on_duckdb).items():
        columns = list(model.columns_to_types)
        key = [columns.index(column) for column in grain_of(model)]
        query = f"SELECT {', '.join(columns)} FROM {name}"
        here = sorted(ask(on_postgres, query), key=lambda row: [row[i] for i in key])
        there = sorted(on_duckdb.engine_adapter.fetchall(query), key=lambda row: [row[i] for i in key])

        assert len(here) == len(there), name
        assert (len(here) > 0) == (name not in NO_ROWS), name
        differing = [(ours, theirs) for ours, theirs in zip(here, there, strict=True) if not same(ours, theirs)]
        assert differing[:3] == [], f"{name}: {len(differing)} rows differ"
