"""Where a run's time goes, stage by stage: cold, with nothing new, and for another date.

uv run python -m tests.benchmarks.stages [EXTRACT]

Runs `churn run -v` as a person would, with a home folder of its own, and reads the table it prints. The warm columns
are medians of three runs. CPU seconds are those of the command and its children.
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


def time_run(environment: dict[str, str], extract: Path, day: date) -> dict[str, float]:
    """Returns seconds by stage, and wall and CPU seconds of the whole command."""
    command = [str(Path(sys.executable).parent / "churn"), "run", "-v", "--source", str(extract), "--as-of", f"{day}"]
    began, before = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    stages = {found["stage"]: float(found["seconds"]) for found in ROW.finditer(done.stderr)}
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return stages | {"whole command, wall": time.monotonic() - began, "whole command, CPU": cpu}


def main(extract: Path) -> None:
    """Prints the table."""
    with tempfile.TemporaryDirectory() as folder:
        ours = {"CHURN_HOME": f"{folder}/churn", "PREFECT_HOME": f"{folder}/prefect", "COLUMNS": "120"}
        environment = {**os.environ, **ours}
        cold = time_run(environment, extract, FIRST)
        again = [time_run(environment, extract, FIRST) for _ in range(3)]
        another = [time_run(environment, extract, FIRST + timedelta(days=n)) for n in (1, 2, 3)]
        subprocess.run([Path(sys.executable).parent / "churn", "db", "stop"], env=environment, check=True)
    print(f"{'seconds':32}{'cold':>10}{'nothing new':>14}{'another date':>14}")
    for stage in cold:
        warm = [statistics.median(run[stage] for run in runs) for runs in (again, another)]
        print(f"{stage:32}{cold[stage]:10.2f}{warm[0]:14.2f}{warm[1]:14.2f}")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else PUBLIC_SAMPLE)
