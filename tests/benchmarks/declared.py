"""What a declared column costs: an extract of 60 declared columns beside the 21 of the public sample, per cell.

uv run python -m tests.benchmarks.declared [CUSTOMERS]     (default: 100,000)

Both extracts have the same customers. Each is loaded and its features are refreshed by a process of its own, with a
home of its own, in turns; the figures are medians of three turns (of one from a million customers on). A cell is a
value of a row. CPU seconds are those of the process; Postgres works beside it.
"""

import json
import statistics
import subprocess
import sys
import tempfile
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl

from churn.contracts.extract import EXTRACT_COLUMNS
from tests.benchmarks.load import measure
from tests.support.factories import make_extract, write_extract
from tests.support.workplaces import at

DAY = date(2026, 1, 31)
KINDS = ("count", "number", "word", "flag", "share", "money")
COLUMNS = 60
CORE = """
[extract]
reviewed_by = "benchmark"

[core]
who = "customerID"
value = "MonthlyCharges"
since = { tenure = "tenure" }

[churn]
left = { flag = "Churn", words = ["Yes"], stayed = ["No"] }
"""


def write_declared(folder: Path, customers: int) -> None:
    """The core of the same customers, with 60 columns of their own, and its declaration."""
    random = np.random.default_rng(7)
    core = pl.read_csv(folder / "plain.csv", infer_schema=False)
    own = [_make(f"own_{place}", KINDS[place % len(KINDS)], random, customers) for place in range(COLUMNS)]
    core.select("customerID", "MonthlyCharges", "tenure", "Churn").with_columns(own).write_csv(folder / "declared.csv")
    sections = [f'[columns.own_{place}]\ntype = "{KINDS[place % len(KINDS)]}"' for place in range(COLUMNS)]
    (folder / "declared.toml").write_text("\n\n".join([CORE, *sections]), encoding="utf-8")


def _make(name: str, kind: str, random: np.random.Generator, customers: int) -> pl.Series:
    match kind:
        case "count":
            return pl.Series(name, random.poisson(3, customers))
        case "word":
            return pl.Series(name, random.choice(["Basic", "Pro", "Team"], customers))
        case "flag":
            return pl.Series(name, random.choice(["yes", "no"], customers))
        case "share":
            return pl.Series(name, random.random(customers).round(3))
        case _:
            return pl.Series(name, random.gamma(2, 20, customers).round(2))


def take_in(folder: str, name: str) -> dict[str, dict[str, float]]:
    """Loads the extract and refreshes its features, after a small one that pays for what is paid once."""
    from churn.settings import Settings
    from churn.stages import history, intake
    from churn.stores.postgres.embedded import stop_embedded

    here = Path(folder)
    settings = Settings(home=here / f"home-{name}")
    declaration = here / "declared.toml" if name == "declared" else None
    small = here / f"small-{name}.csv"
    pl.read_csv(here / f"{name}.csv", infer_schema=False, n_rows=500).write_csv(small)
    before = date(2026, 1, 30)
    try:
        intake.load_extract(at(settings), small, before, declaration)
        history.rebuild_features(at(settings), [before])
        # A day of 500 customers and one of many are no trend: only the limits of growth compare them.
        settings = settings.model_copy(update={"row_growth_limit": 1e6, "wholesale_changes": "warn"})
        load = measure(lambda: intake.load_extract(at(settings), here / f"{name}.csv", DAY, declaration))
        refresh = measure(lambda: history.rebuild_features(at(settings), [DAY]))
    finally:
        stop_embedded(settings.home_dir)
    return {"load": load, "refresh": refresh}


def in_a_process(folder: Path, name: str) -> dict[str, dict[str, float]]:
    """Calls `take_in` in a fresh interpreter, in whose environment SQLMesh finds the home."""
    subprocess.run(["rm", "-rf", str(folder / f"home-{name}")], check=True)
    call = (
        f"import os; os.environ['CHURN_HOME'] = '{folder}/home-{name}'; from tests.benchmarks.declared import *; "
        f"print(json.dumps(take_in({str(folder)!r}, {name!r})))"
    )
    done = subprocess.run([sys.executable, "-c", call], check=True, stdout=subprocess.PIPE, text=True)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def main(customers: int) -> None:
    """Prints the table."""
    with tempfile.TemporaryDirectory() as kept:
        folder = Path(kept)
        write_extract(folder / "plain.csv", make_extract(customers))
        write_declared(folder, customers)
        turns = 3 if customers < 1_000_000 else 1
        runs = [{name: in_a_process(folder, name) for name in ("plain", "declared")} for _ in range(turns)]
    widths = {"plain": len(EXTRACT_COLUMNS), "declared": 4 + COLUMNS}
    print(f"{customers:,} customers, medians of {turns}; microseconds a cell, by the clock")
    print(f"{'':10}{'21 columns':>12}{'64 columns':>12}{'ratio':>8}{'seconds':>16}{'CPU seconds':>16}{'peak MB':>14}")
    for stage in ("load", "refresh"):
        found = {
            name: {
                figure: statistics.median(run[name][stage][figure] for run in runs) for figure in runs[0][name][stage]
            }
            for name in widths
        }
        cell = {name: found[name]["seconds"] / customers / widths[name] * 1e6 for name in widths}
        pairs = [
            f"{found['plain'][figure]:.1f} / {found['declared'][figure]:.1f}" for figure in ("seconds", "cpu_seconds")
        ]
        memory = f"{found['plain']['peak_mb']:.0f} / {found['declared']['peak_mb']:.0f}"
        ratio = cell["declared"] / cell["plain"]
        print(
            f"{stage:10}{cell['plain']:>12.3f}{cell['declared']:>12.3f}{ratio:>8.2f}"
            f"{pairs[0]:>16}{pairs[1]:>16}{memory:>14}"
        )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
