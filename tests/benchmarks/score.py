"""How fast customers are scored, beside what the database and the model can do at all, and beside the usual way.

uv run python -m tests.benchmarks.score [ahead] [CUSTOMERS ...]

For 7,043, 100,000 and 1,000,000 customers, on the same server, in turns, each in a process of its own, libraries and
model loaded before the clock starts:

- churn: features out, probability, money and reasons, contract, predictions in, coverage checked, committed
- floor: COPY out of the same columns, `predict_proba` on a matrix that is ready, COPY in of ready rows
- pandas: `read_sql`, `predict_proba`, `to_sql(method="multi", chunksize=1000)`; probability and tier only

With `ahead` the scores look 24 months ahead, and the floor computes the same survival on its matrix.

Medians of three runs, above a million one; pandas runs once from 100,000 on and not at all above a million. CPU seconds
are the client's.
The customers are made up: 7,043 go through the product, which trains its champion on them, and are then copied under
other numbers.
"""

import json
import math
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

from churn.contracts.features import FEATURES
from tests.benchmarks.load import Bench, measure
from tests.support.workplaces import at

SIZES = (7_043, 100_000, 1_000_000)
RUNS = 3
PANDAS_UP_TO = 1_000_000
FIRST = date(2026, 1, 1)
COLUMNS = ", ".join(("as_of_date", "customer_id", "has_churned", "contract", "internet_service", *FEATURES))


def day_of(customers: int) -> date:
    """Each size has a date of its own."""
    return FIRST + timedelta(days=round(10 * math.log10(customers)))


def prepare(home: Path) -> None:
    """The made-up sample on FIRST, and a champion trained on it."""
    from churn.learning.params import ModelParams
    from churn.settings import Settings
    from churn.simulation.extracts import provide_synthetic_extract
    from churn.stages import intake, learning, scoring, transforms

    settings = Settings(home=home)
    intake.load_extract(at(settings), provide_synthetic_extract(home), FIRST)
    transforms.run_transforms(at(settings), FIRST)
    learning.train_models(at(settings), FIRST, ModelParams())
    scoring.score_customers(at(settings), FIRST, "benchmark")


def fill(bench: Bench, customers: int) -> None:
    """Copies the sample's features under other customer numbers, in no order, until there are enough."""
    features, day = "analytics.fct_customer_features", day_of(customers)
    bench.psql(f"DELETE FROM {features} WHERE as_of_date = '{day}'")
    bench.psql(
        f"CREATE TEMP TABLE t AS SELECT * FROM {features} WHERE as_of_date = '{FIRST}'; "
        f"UPDATE t SET as_of_date = '{day}'; "
        f"INSERT INTO {features} SELECT (jsonb_populate_record(t, jsonb_build_object('customer_id', "
        f"left(md5(customer_id || n), 10) || n))).* FROM t CROSS JOIN generate_series(1, "
        f"{math.ceil(customers / 7043)}) AS n LIMIT {customers}; ANALYZE"
    )


def settle(bench: Bench, day: date) -> None:
    """The date's scores removed, and the server's writing done, before the clock starts."""
    for command in (
        f"DELETE FROM analytics.predictions WHERE prediction_date = '{day}'",
        "VACUUM analytics.predictions",
        "CHECKPOINT",
    ):
        bench.psql(command)


def score_with_churn(home: str, customers: str, horizon_days: str = "") -> dict[str, float]:
    """Runs in a process of its own. With a horizon the scores look ahead: survival for 24 months, and its money."""
    from dataclasses import replace

    from churn.economics.policies import load_policies
    from churn.settings import Settings
    from churn.stages import scoring, tiering
    from churn.stores.ledgers import publications
    from churn.stores.postgres.database import open_engine
    from churn.stores.rows import predictions

    settings = Settings(home=Path(home))
    engine, day = open_engine(settings), day_of(int(customers))
    scorer = replace(scoring.make_scorer(at(settings), 1), horizon_days=float(horizon_days) if horizon_days else None)
    pattern = publications.find_publication(engine, FIRST)
    wanted = replace(pattern, prediction_date=day, eligible_count=int(customers), refused_count=0)
    tiers = tiering.resolve_days(at(settings), scorer, 1, [FIRST, day])
    list(scoring.score_days(engine, scorer, {FIRST: tiers[FIRST]}, load_policies().value))
    return measure(
        lambda: predictions.stage_predictions(
            engine, [wanted], scoring.score_days(engine, scorer, {day: tiers[day]}, load_policies().value), tiers
        )
    )


def score_at_the_floor(home: str, customers: str, horizon_days: str = "") -> dict[str, float]:
    """Runs in a process of its own; needs the predictions of the date, which it takes out and puts back."""
    import psycopg

    from churn.scoring.survival import predict_survival
    from churn.settings import Settings
    from churn.stores.ledgers.promotions import require_champion
    from churn.stores.model_registry import loading
    from churn.stores.postgres.database import locate, open_engine
    from churn.stores.rows import features

    settings, day = Settings(home=Path(home)), day_of(int(customers))
    predictor = loading.load_predictor(settings, require_champion(open_engine(settings)).model)
    frames = [batch.select(FEATURES) for batch in features.stream_features(open_engine(settings), day, day)]
    query = f"SELECT {COLUMNS} FROM analytics.fct_customer_features WHERE as_of_date = '{day}'"
    out = f"COPY ({query}) TO STDOUT (FORMAT binary)"
    ready = f"COPY (SELECT * FROM analytics.predictions WHERE prediction_date = '{day}') TO STDOUT (FORMAT csv)"
    with psycopg.connect(locate(settings)) as connection:
        with connection.cursor().copy(ready) as copy:
            rows = b"".join(copy)
        connection.execute("DELETE FROM analytics.predictions WHERE prediction_date = %s", [day])
        connection.commit()
        connection.autocommit = True
        connection.execute("VACUUM analytics.predictions")
        connection.execute("CHECKPOINT")
        connection.autocommit = False

        def work() -> None:
            with connection.cursor().copy(out) as copy:
                for _ in copy:
                    pass
            for frame in frames:
                predictor.predict_proba(frame)
                if horizon_days:
                    predict_survival(frame, predictor, float(horizon_days))
            with connection.cursor().copy("COPY analytics.predictions FROM STDIN (FORMAT csv)") as copy:
                copy.write(rows)
            connection.commit()

        return measure(work)


def score_with_pandas(home: str, customers: str) -> dict[str, float]:
    """Runs in a process of its own."""
    import pandas
    import polars as pl

    from churn.settings import Settings
    from churn.stores.ledgers.promotions import require_champion
    from churn.stores.model_registry import loading
    from churn.stores.postgres.database import open_engine

    settings, day = Settings(home=Path(home)), day_of(int(customers))
    engine = open_engine(settings)
    predictor = loading.load_predictor(settings, require_champion(engine).model)

    def work() -> None:
        rows = pandas.read_sql(
            f"SELECT {COLUMNS} FROM analytics.fct_customer_features WHERE as_of_date = '{day}'", engine
        )
        probability = predictor.predict_proba(pl.from_pandas(rows[list(FEATURES)].astype(float)))[:, 1]
        tier = pandas.cut(probability, [0, 0.5, 0.7, 1.01], right=False, labels=["Low", "Medium", "High"])
        scores = pandas.DataFrame(
            {
                "prediction_date": day,
                "customer_id": rows["customer_id"],
                "churn_probability": probability,
                "at_risk_flag": probability >= 0.5,
                "risk_tier": tier.astype(str),
            }
        )
        scores.to_sql("usual_way", engine, if_exists="replace", index=False, method="multi", chunksize=1000)

    return measure(work)


def in_a_process(
    function: Callable[..., Any], *arguments: str, module: str = "tests.benchmarks.score"
) -> dict[str, float]:
    """Calls a benchmark's function in a fresh interpreter."""
    call = f"import json, {module} as b; print(json.dumps(b.{function.__name__}(*{arguments!r})))"
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", call], check=True, stdout=subprocess.PIPE, text=True)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def compare(bench: Bench, customers: int, horizon_days: str) -> dict[str, list[dict[str, float]]]:
    """Runs the three ways in turns; the usual way of pandas has no look ahead."""
    has_pandas = customers <= PANDAS_UP_TO and not horizon_days
    found: dict[str, list[dict[str, float]]] = {"churn": [], "floor": [], "pandas": []}
    for turn in range(RUNS if customers <= 1_000_000 else 1):
        settle(bench, day_of(customers))
        found["churn"].append(in_a_process(score_with_churn, str(bench.home), str(customers), horizon_days))
        found["floor"].append(in_a_process(score_at_the_floor, str(bench.home), str(customers), horizon_days))
        if has_pandas and (turn == 0 or customers < 100_000):
            found["pandas"].append(in_a_process(score_with_pandas, str(bench.home), str(customers)))
    return found


def show(customers: int, found: dict[str, list[dict[str, float]]]) -> None:
    """Prints the medians of one size."""
    floor = statistics.median(run["seconds"] for run in found["floor"])
    for way, runs in found.items():
        if not runs:
            continue
        seconds, cpu, peak, start = (
            statistics.median(run[key] for run in runs) for key in ("seconds", "cpu_seconds", "peak_mb", "start_mb")
        )
        told = f"{customers:>10,} {way:8}{seconds:>10.2f}{customers / seconds:>10,.0f}{seconds / floor:>10.2f}"
        print(f"{told}{cpu:>10.2f}{peak:>10.0f}{peak - start:>10.0f}", flush=True)


def main(sizes: tuple[int, ...] = SIZES, horizon_days: str = "") -> None:
    """Prints the table."""
    titles = ("seconds", "rows/s", "of floor", "CPU s", "peak MB", "on top")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["CHURN_HOME"] = f"{folder}/home"  # SQLMesh's configuration reads the environment
        bench = Bench(Path(folder) / "home")
        try:
            prepare(bench.home)
            print(f"{'customers':>10} {'way':8}" + "".join(f"{title:>10}" for title in titles), flush=True)
            told: list[tuple[int, float]] = []
            for customers in sizes:
                began = time.monotonic()
                fill(bench, customers)
                found = compare(bench, customers, horizon_days)
                show(customers, found)
                told.append((customers, statistics.median(run["seconds"] for run in found["churn"])))
                print(f"{'':>10} all of it took {time.monotonic() - began:.0f} s", flush=True)
            for (few, fast), (many, slow) in pairwise(told):
                power = math.log(slow / fast) / math.log(many / few)
                print(f"growth from {few:,} to {many:,}: customers to the power of {power:.2f}")
        finally:
            bench.close()


if __name__ == "__main__":
    asked = [word for word in sys.argv[1:] if word != "ahead"]
    main(tuple(map(int, asked)) or SIZES, "30" if "ahead" in sys.argv else "")
