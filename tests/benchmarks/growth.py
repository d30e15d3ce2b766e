"""How much a home grows with each daily run, and whether it stops growing when one date is run again and again.

uv run python -m tests.benchmarks.growth [CUSTOMERS [DAYS [AGAIN]]]

The champion is a rule of thumb: MLflow's part of the growth is one training and is printed by `du` of a real home.
Postgres' write-ahead log is printed by itself, because Postgres uses its space again.
"""

import sys
import tempfile
from pathlib import Path

from churn.settings import Settings
from churn.stages import scoring
from tests.support.days import ask, day_number, execute, name_rule_of_thumb_champion, run_day
from tests.support.factories import make_extract, write_extract
from tests.support.homes import opened
from tests.support.workplaces import at

TABLES = """
    SELECT coalesce(sum(pg_total_relation_size(tables.oid)), 0)
    FROM pg_class AS tables JOIN pg_namespace AS schemas ON schemas.oid = tables.relnamespace
    WHERE tables.relkind = 'r' AND schemas.nspname NOT IN ('pg_catalog', 'information_schema')
"""
LARGEST = """
    SELECT schemaname || '.' || relname, pg_total_relation_size(relid) / 1e6, n_dead_tup, autovacuum_count
    FROM pg_stat_user_tables ORDER BY 2 DESC LIMIT 6
"""


def measure(settings: Settings) -> dict[str, float]:
    """Returns the megabytes of the tables with their indexes, of the write-ahead log, and of the other files."""
    (tables,), (log,) = ask(settings, TABLES)[0], ask(settings, "SELECT sum(size) FROM pg_ls_waldir()")[0]
    files = sum(
        file.stat().st_size
        for file in settings.home_dir.rglob("*")
        if file.is_file() and "postgres" not in file.relative_to(settings.home_dir).parts
    )
    return {"tables": float(str(tables)) / 1e6, "log": float(str(log)) / 1e6, "files": files / 1e6}


def print_sizes(what: str, settings: Settings) -> None:
    """Prints one line."""
    sizes = measure(settings)
    print(f"{what:32}" + "".join(f"{name} {size:8.1f} MB   " for name, size in sizes.items()), flush=True)


def run_again(settings: Settings, number: int) -> None:
    """Scores and publishes the last date again, as a correction would."""
    day = day_number(number)
    execute(
        settings, f"UPDATE ops.publications SET status = 'staged', published_at = NULL WHERE prediction_date = '{day}'"
    )
    scoring.score_customers(at(settings), day, "again")
    scoring.publish(at(settings), day)


def main(customers: int, days: int, again: int) -> None:
    """Prints the sizes after each day, and after each tenth of the runs of one date."""
    with tempfile.TemporaryDirectory() as folder, opened(Path(folder) / "home") as settings:
        name_rule_of_thumb_champion(settings)
        for number in range(days):
            extract = write_extract(Path(folder) / "extract.csv", make_extract(customers, seed=number))
            run_day(settings, extract, day_number(number))
            print_sizes(f"day {number + 1}", settings)
        for number in range(1, again + 1):
            run_again(settings, days - 1)
            if number % max(1, again // 10) == 0:
                print_sizes(f"last day run again {number} times", settings)
        for name, size, dead, vacuums in ask(settings, LARGEST):
            print(f"{name!s:60}{float(str(size)):8.1f} MB   {dead} dead rows, {vacuums} autovacuums")


if __name__ == "__main__":
    given = [int(argument) for argument in sys.argv[1:]]
    main(*(given + [7043, 10, 100][len(given) :]))
