"""How fast an extract is taken in, beside what Postgres can take at all.

uv run python -m tests.benchmarks.load [CUSTOMERS ...]

For made-up extracts of 7,043, 100,000 and 1,000,000 customers, into the same table of the same server, emptied before
each measurement, one after the other in turns:

- churn: `load_extract` from the CSV file to the committed snapshot: parse, contract, rejects, ledger, COPY
- \\copy: psql's `\\copy` of the very rows that passed the contract, nothing parsed or checked
- pandas: `read_csv` and `to_sql(method="multi", chunksize=1000)`, nothing checked

Medians of the runs. pandas is run once on 100,000 rows and not at all on 1,000,000: it would take ten times as long.
CPU seconds are the client's; peak memory is that of the client process, and how much of it came on top of the imports.
"""

import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.support.factories import make_extract, write_extract
from tests.support.workplaces import at

SIZES = (7_043, 100_000, 1_000_000)
RUNS = {7_043: 5, 100_000: 5, 1_000_000: 3}
PANDAS_UP_TO = 100_000
COPY = "\\copy"
FIGURES = ("cpu_seconds", "peak_mb", "start_mb")
TABLE = "raw_data.telco_churn_raw"


def measure(work: Callable[[], object]) -> dict[str, float]:
    """Seconds, CPU seconds and memory in MB of a piece of work in this process."""
    start_mb = peak_memory_mb()
    began, cpu = time.perf_counter(), time.process_time()
    work()
    return {
        "seconds": time.perf_counter() - began,
        "cpu_seconds": time.process_time() - cpu,
        "start_mb": start_mb,
        "peak_mb": peak_memory_mb(),
    }


def peak_memory_mb() -> float:
    """Of this process alone; ru_maxrss would start from what its parent had."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def load_with_churn(home: str, extract: str) -> dict[str, float]:
    """Runs in a process of its own, after a first small load that pays for what is paid once."""
    from datetime import date

    from churn.settings import Settings
    from churn.stages.intake import load_extract

    settings = Settings(home=Path(home))
    small = write_extract(Path(home) / "small.csv", make_extract(100))
    load_extract(at(settings), small, date(2026, 1, 31))
    return measure(lambda: load_extract(at(settings), extract, date(2026, 1, 30)))


def load_with_pandas(address: str, extract: str) -> dict[str, float]:
    """Runs in a process of its own."""
    from datetime import date

    import pandas
    import sqlalchemy as sa

    from churn.contracts.extract import PUBLIC_NAMES

    engine = sa.create_engine(address.replace("postgresql://", "postgresql+psycopg://"))

    def work() -> None:
        rows = pandas.read_csv(extract, na_values=[" "]).rename(columns=PUBLIC_NAMES)
        rows = rows.assign(snapshot_date=date(2026, 1, 30), load_id=0)
        rows.to_sql(
            "telco_churn_raw", engine, "raw_data", if_exists="append", index=False, method="multi", chunksize=1000
        )

    return measure(work)


def in_a_process(function: Callable[..., Any], *arguments: str) -> dict[str, float]:
    """Calls a function of this module in a fresh interpreter."""
    call = f"from tests.benchmarks.load import *; import json; print(json.dumps({function.__name__}(*{arguments!r})))"
    done = subprocess.run([sys.executable, "-c", call], check=True, capture_output=True, text=True)
    return dict(json.loads(done.stdout.splitlines()[-1]))


class Bench:
    """An embedded server of its own, and the table that is filled again and again."""

    def __init__(self, home: Path) -> None:
        from churn.settings import Settings
        from churn.stores.postgres.database import locate, open_engine
        from churn.stores.postgres.embedded import find_psql

        self.home, self.settings, self.psql_path = home, Settings(home=home), find_psql()
        open_engine(self.settings).dispose()
        self.address = locate(self.settings)

    def psql(self, command: str) -> None:
        subprocess.run([self.psql_path, self.address, "-qc", command], check=True, capture_output=True)

    def empty(self) -> None:
        for command in (f"TRUNCATE {TABLE}, raw_data.loads, raw_data.rejected_rows", f"VACUUM {TABLE}", "CHECKPOINT"):
            self.psql(command)

    def copy(self, rows: Path) -> dict[str, float]:
        """psql's \\copy of validated rows; a child's memory and CPU are not this process's and are left out."""
        began = time.perf_counter()
        self.psql(f"\\copy {TABLE} FROM '{rows}' (FORMAT csv)")
        return {"seconds": time.perf_counter() - began}

    def close(self) -> None:
        from churn.stores.postgres.embedded import stop_embedded

        stop_embedded(self.home)


def compare(bench: Bench, customers: int, folder: Path) -> dict[str, list[dict[str, float]]]:
    """Runs the three ways in turns."""
    extract, validated = folder / f"{customers}.csv", folder / f"{customers}-validated.csv"
    write_extract(extract, make_extract(customers))
    found: dict[str, list[dict[str, float]]] = {"churn": [], COPY: [], "pandas": []}
    for turn in range(RUNS.get(customers, 3)):
        bench.empty()
        found["churn"].append(in_a_process(load_with_churn, str(bench.home), str(extract)))
        if turn == 0:
            bench.psql(
                f"\\copy (SELECT * FROM {TABLE} WHERE snapshot_date = '2026-01-30') TO '{validated}' (FORMAT csv)"
            )
        bench.empty()
        found[COPY].append(bench.copy(validated))
        if customers <= PANDAS_UP_TO and (turn == 0 or customers < PANDAS_UP_TO):
            bench.empty()
            found["pandas"].append(in_a_process(load_with_pandas, bench.address, str(extract)))
    return found


def main(sizes: tuple[int, ...] = SIZES) -> None:
    """Prints the table."""
    titles = ("seconds", "rows/s", f"of {COPY}", "CPU s", "peak MB", "on top")
    print(f"{'customers':>10} {'way':8}" + "".join(f"{title:>10}" for title in titles))
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder) / "home")
        try:
            for customers in sizes:
                show(customers, compare(bench, customers, Path(folder)))
        finally:
            bench.close()


def show(customers: int, found: dict[str, list[dict[str, float]]]) -> None:
    """Prints the medians of one size."""
    speed = {way: customers / statistics.median(run["seconds"] for run in runs) for way, runs in found.items() if runs}
    for way, runs in found.items():
        if not runs:
            continue
        seconds, share = customers / speed[way], speed[way] / speed[COPY]
        line = f"{customers:>10,} {way:8}{seconds:>10.2f}{speed[way]:>10,.0f}{share:>10.0%}"
        if way != COPY:
            cpu, peak, start = (statistics.median(run[key] for run in runs) for key in FIGURES)
            line += f"{cpu:>10.2f}{peak:>10.0f}{peak - start:>10.0f}"
        print(line, flush=True)


if __name__ == "__main__":
    main(tuple(int(size) for size in sys.argv[1:]) or SIZES)
