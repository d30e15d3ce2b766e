"""How long sixty days of history take, all told: a command of its own process, Prefect's start included.

uv run python -m tests.benchmarks.backfill [CUSTOMERS ...]

For 7,043 customers (the public sample where it is, else made-up ones) or as many as are asked for: `churn run`, then
`churn backfill --days 60`, each in a home of its own; medians of three runs, one run from 100,000 customers on. CPU
seconds and peak memory are the client's. Beside it the stages alone, in a process that has its libraries loaded and
needs no Prefect.
"""

import math
import os
import statistics
import subprocess
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path

from churn.simulation.extracts import write_synthetic_extract
from tests.benchmarks.load import measure
from tests.benchmarks.score import in_a_process
from tests.conftest import PUBLIC_SAMPLE
from tests.support.workplaces import at

FIGURES = ("seconds", "cpu_seconds", "peak_mb")
DAYS = 60
LAST = "2026-01-31"
CHURN = str(Path(sys.executable).with_name("churn"))


def fill_in(home: Path) -> dict[str, float]:
    """The command, measured from outside."""
    began = time.monotonic()
    process = subprocess.Popen(
        [CHURN, "backfill", "--days", str(DAYS)], env=environment(home), stderr=subprocess.DEVNULL
    )
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"churn backfill ended with {status}")
    seconds = time.monotonic() - began
    return {"seconds": seconds, "cpu_seconds": usage.ru_utime + usage.ru_stime, "peak_mb": usage.ru_maxrss / 1024}


def stages_alone(home: str) -> dict[str, float]:
    """Runs in a process of its own."""
    from churn.settings import Settings
    from churn.stages import history, past_days
    from churn.stores.model_registry.registry import import_mlflow

    settings = Settings(home=Path(home))
    import_mlflow()
    history.make_ready(at(settings))

    def work() -> None:
        for portion in past_days.plan_backfill(at(settings), DAYS, None).portions:
            history.rebuild_features(at(settings), portion)
            history.score_history(at(settings), portion, "benchmark")
            history.publish_history(at(settings), portion)

    return measure(work)


def environment(home: Path) -> dict[str, str]:
    """A home of its own, a Prefect of its own."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("CHURN_", "PREFECT_", "MLFLOW_"))}
    return kept | {"CHURN_HOME": str(home), "PREFECT_HOME": str(home / "prefect")}


def run_once(folder: Path, extract: Path, way: str) -> dict[str, float]:
    """One home, its first day, its history."""
    home = folder / "home"
    home.mkdir()
    command = [CHURN, "run", "--source", str(extract), "--as-of", LAST]
    subprocess.run(command, env=environment(home), check=True, capture_output=True)
    os.environ["CHURN_HOME"] = str(home)  # SQLMesh's configuration reads the environment
    try:
        measured = fill_in(home) if way == "command" else in_a_process_of(home)
        return measured | {"rows": count_scores(home)}
    finally:
        subprocess.run([CHURN, "db", "stop"], env=environment(home), check=False, capture_output=True)


def count_scores(home: Path) -> int:
    """How many scores are stored: nobody is scored on a day before they joined."""
    query = [CHURN, "db", "psql", "-XAtc", "SELECT count(*) FROM analytics.predictions"]
    return int(subprocess.run(query, env=environment(home), check=True, capture_output=True, text=True).stdout)


def in_a_process_of(home: Path) -> dict[str, float]:
    """The stages, in a fresh interpreter."""
    return in_a_process(stages_alone, str(home), module="tests.benchmarks.backfill")


def main(sizes: tuple[int, ...] = (7_043,)) -> None:
    """Prints the table, and how the time grows with the customers."""
    print(f"{'customers':>10} {'way':8}{'rows':>12}{'seconds':>10}{'CPU s':>10}{'peak MB':>10}", flush=True)
    told: list[tuple[int, float]] = []
    for customers in sizes:
        for way in ("command", "stages"):
            runs = []
            for _ in range(3 if customers < 100_000 else 1):
                with tempfile.TemporaryDirectory() as folder:
                    runs.append(run_once(Path(folder), extract_of(Path(folder), customers), way))
            seconds, cpu, peak = (
                statistics.median(run[key] for run in runs) for key in ("seconds", "cpu_seconds", "peak_mb")
            )
            rows = f"{runs[0]['rows']:,.0f}"
            print(f"{customers:>10,} {way:8}{rows:>12}{seconds:>10.1f}{cpu:>10.1f}{peak:>10.0f}", flush=True)
            if way == "stages":
                told.append((customers, seconds))
    for (few, fast), (many, slow) in pairwise(told):
        power = math.log(slow / fast) / math.log(many / few)
        print(f"growth from {few:,} to {many:,}: customers to the power of {power:.2f}")


def extract_of(folder: Path, customers: int) -> Path:
    """The public sample, if it is there and as large, else synthetic customers."""
    if customers == 7_043 and PUBLIC_SAMPLE.exists():
        return PUBLIC_SAMPLE
    return write_synthetic_extract(folder / "synthetic-extract.csv", customers, seed=20)


if __name__ == "__main__":
    main(tuple(int(size) for size in sys.argv[1:]) or (7_043,))
