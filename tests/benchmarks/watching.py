"""What monitoring adds to a daily run: the seconds of each stage of the third day, and of the parts of monitoring.

uv run python -m tests.benchmarks.watching [CUSTOMERS]

The champion is a rule of thumb with a profile of its features. The labels of the first day mature with the third.
"""

import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import polars as pl

from churn.contracts.features import FEATURES
from churn.monitoring.profiles import profile_features
from churn.settings import Settings
from churn.stages import drift, intake, scoring, transforms
from churn.stages.monitoring import judge_matured
from churn.stores.ledgers import promotions
from churn.stores.postgres.database import open_engine
from churn.stores.rows import changes
from churn.stores.rows.features import read_features
from tests.support.days import day_number, execute, name_rule_of_thumb_champion, run_day
from tests.support.factories import make_extract, write_extract
from tests.support.homes import opened
from tests.support.workplaces import at

DAYS = [day_number(number) for number in (0, 29, 30)]
SECONDS: dict[str, float] = {}


@contextmanager
def measuring(what: str) -> Iterator[None]:
    """Adds the seconds of the block to those of what it does."""
    began = time.perf_counter()
    yield
    SECONDS[what] = SECONDS.get(what, 0) + time.perf_counter() - began


def measure_part(module: object, name: str) -> None:
    """Measures a function of a stage."""
    function = getattr(module, name)

    def measured(*given: object, **named: object) -> object:
        with measuring(f"  {name}"):
            return function(*given, **named)

    setattr(module, name, measured)


def keep_profile(settings: Settings) -> None:
    """Gives the champion a profile of the first day."""
    engine = open_engine(settings)
    champion = promotions.require_champion(engine)
    rows = pl.concat(read_features(engine, DAYS[0])).filter(~pl.col("has_churned"))
    evidence = replace(champion.evidence, profiles=profile_features(rows, FEATURES))
    promotions.record_promotion(engine, replace(champion, evidence=evidence))


def run_last_day(settings: Settings, source: str) -> None:
    """Runs the stages of a daily run, without the training."""
    day = DAYS[-1]
    with measuring("load"):
        intake.load_extract(at(settings), source, day)
        intake.validate_extract(at(settings), day)
    with measuring("transforms"):
        transforms.run_transforms(at(settings), day)
        transforms.audit_transforms(at(settings), day)
    with measuring("score"):
        scoring.score_customers(at(settings), day, "benchmark")
    with measuring("publish"):
        scoring.publish(at(settings), day)
    execute(settings, "UPDATE ops.publications SET horizon = '30 days'")
    with measuring("judge_matured"):
        judge_matured(at(settings))
    for module, name in (
        (drift, "compare_features"), (changes, "take_apart"), (drift, "watch_segments"), (drift, "store_moves"),
        (drift, "estimate"), (drift, "read_cells"),
    ):  # fmt: skip
        measure_part(module, name)
    with measuring("watch_newest"):
        drift.watch_newest(at(settings))


def main(customers: int = 1_000_000) -> None:
    """Prints the seconds, and the share of monitoring."""
    with tempfile.TemporaryDirectory() as folder, opened(Path(folder) / "home") as settings:
        name_rule_of_thumb_champion(settings)
        sources = [write_extract(Path(folder) / f"{day}.csv", make_extract(customers, seed=7)) for day in DAYS]
        for day, source in zip(DAYS[:-1], sources[:-1], strict=True):
            run_day(settings, source, day)
            if day == DAYS[0]:
                keep_profile(settings)
        drift.watch_newest(at(settings))
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        run_last_day(settings, str(sources[-1]))
        after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    for what, seconds in SECONDS.items():
        print(f"{what:24}{seconds:8.1f} s")
    run = sum(SECONDS[what] for what in ("load", "transforms", "score", "publish"))
    monitoring = SECONDS["judge_matured"] + SECONDS["watch_newest"]
    print(f"{customers:,} customers: the run {run:.1f} s, monitoring {monitoring:.1f} s, {monitoring / run:.0%} more")
    print(f"largest memory of Python {before:.0f} MB before, {after:.0f} MB after")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
