"""Where a run's time goes, stage by stage: cold, another date, and what ends at the door: nothing new, a broken file.

uv run python -m tests.benchmarks.stages [EXTRACT]

Runs `churn run -v` as a person would, with a home folder of its own, and reads the table it prints. What ends at the
door has no stages and is run without `-v`; its floor is the command's own start and three questions to the database.
The warm columns are medians of three runs. CPU seconds are those of the command and its children.
"""

import os
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path

from tests.conftest import PUBLIC_SAMPLE

FIRST = date(2026, 1, 1)
ROW = re.compile(r"^│ (?P<stage>[^│]+?) +│ +(?P<seconds>[\d.]+) *│$", re.MULTILINE)


FLOOR = """
import sys, typer, psycopg
with psycopg.connect(sys.argv[1]) as connection:
    for table in ("ops.publications", "raw_data.loads", "ops.promotions"):
        connection.execute(f"SELECT count(*) FROM {table}").fetchall()
"""


def time_command(environment: dict[str, str], *command: str, exit_code: int = 0) -> dict[str, float]:
    """Returns seconds by stage, and wall and CPU seconds of a whole command."""
    began, before = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    wall, after = time.monotonic() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    assert done.returncode == exit_code, done.stderr
    stages = {found["stage"]: float(found["seconds"]) for found in ROW.finditer(done.stderr)}
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return stages | {"whole command, wall": wall, "whole command, CPU": cpu}


def time_columns(environment: dict[str, str], extract: Path, folder: Path) -> dict[str, list[dict[str, float]]]:
    """Returns the runs of each column of the table."""
    churn, broken = str(Path(sys.executable).parent / "churn"), folder / "broken.csv"
    broken.write_text("\n".join(line.partition(",")[2] for line in extract.read_text().splitlines()))

    def run(source: Path, day: date, *more: str, exit_code: int = 0) -> dict[str, float]:
        words = (churn, "run", "--source", str(source), "--as-of", f"{day}", *more)
        return time_command(environment, *words, exit_code=exit_code)

    cold = [run(extract, FIRST, "-v")]
    uri = subprocess.run([churn, "db", "uri"], env=environment, capture_output=True, text=True, check=True).stdout
    return {
        "cold": cold,
        "nothing new": [run(extract, FIRST) for _ in range(3)],
        "broken file": [run(broken, FIRST, exit_code=3) for _ in range(3)],
        "floor": [time_command(environment, sys.executable, "-c", FLOOR, uri.strip()) for _ in range(3)],
        "another date": [run(extract, FIRST + timedelta(days=n), "-v") for n in (1, 2, 3)],
    }


def main(extract: Path) -> None:
    """Prints the table."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        ours = {"CHURN_HOME": f"{folder}/churn", "PREFECT_HOME": f"{folder}/prefect", "COLUMNS": "120"}
        environment = {**os.environ, **ours}
        columns = time_columns(environment, extract, folder)
        subprocess.run([Path(sys.executable).parent / "churn", "db", "stop"], env=environment, check=True)
    print(f"{'seconds':32}" + "".join(f"{title:>14}" for title in columns))
    for stage in columns["cold"][0]:
        medians = [
            f"{statistics.median(run[stage] for run in runs):14.2f}" if stage in runs[0] else f"{'':14}"
            for runs in columns.values()
        ]
        print(f"{stage:32}" + "".join(medians))


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else PUBLIC_SAMPLE)
