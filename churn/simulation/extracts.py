"""Writes synthetic customers to files: extracts with the columns, words and quirks of the public sample."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl

from churn.errors import WrongUsage
from churn.simulation.customers import simulate_customers
from churn.simulation.living import live
from churn.simulation.world import World

DEFAULT_CUSTOMERS = 7043
DEFAULT_SEED = 20
_MARK = "synthetic-"
_BATCH_ROWS = 100_000


def write_synthetic_extract(path: Path, customers: int, seed: int) -> Path:
    """Writes an extract of synthetic customers. The same arguments give the same bytes.

    The memory in use does not grow with the number of customers. The file has the quirks of the sample: TotalCharges is
    one space at tenure 0, and whole amounts have no decimals.

    Returns:
        The path. The file appears only when it is complete.

    Raises:
        WrongUsage: the path is a folder.
    """
    return _write(path, simulate_batches(customers, seed))


def write_daily_extracts(folder: Path, world: World, days: int, until: date, every: int = 1) -> list[Path]:
    """Writes one extract every `every` days of a multi-day simulation, named synthetic-YYYY-MM-DD.csv.

    The last day is `until`. Two files lie beside the folder, where no pipeline reads them. `<folder>-truth.parquet` has
    the truth about the active customers: as_of_date, customerID, monthly_hazard, response (to calls), contact_effect
    (on the hazard). If customers are called, `<folder>-contacts.csv` lists the calls: as_of_date, customerID. If a
    campaign contacts customers, `<folder>-effects.parquet` has as_of_date, customerID, profile, is_reached, and effect:
    the change of the probability of leaving within 60 days.

    Returns:
        The paths of the extracts, in order of date.
    """
    written, truths, calls, effects = [], [], [], []
    for day in live(world, days, every):
        as_of_date = until - timedelta(days=days - 1 - day.number)
        written.append(_write(folder / f"{_MARK}{as_of_date}.csv", iter([day.extract])))
        dated = pl.lit(as_of_date).alias("as_of_date")
        truths.append(day.truth.select(dated, pl.all()))
        calls.append(day.called.select(dated, pl.all()))
        effects.append(day.contacted.select(dated, pl.all()))
    pl.concat(truths).write_parquet(folder.with_name(f"{folder.name}-truth.parquet"))
    if world.contacts.share:
        pl.concat(calls).write_csv(folder.with_name(f"{folder.name}-contacts.csv"))
    if len(world.campaign.numbers):
        pl.concat(effects).write_parquet(folder.with_name(f"{folder.name}-effects.parquet"))
    return written


def _write(path: Path, batches: Iterator[pl.DataFrame]) -> Path:
    if path.is_dir():
        raise WrongUsage(f"{path} is a folder.", "name a file, or add --days N to write one file a day.")
    path.parent.mkdir(parents=True, exist_ok=True)
    # A pipeline may watch the folder: the file gets its real name only when it is complete.
    unfinished = path.with_name(f"{path.name}.unfinished")
    with unfinished.open("wb") as stream:
        for number, batch in enumerate(batches):
            batch.with_columns(_amount("MonthlyCharges"), _amount("TotalCharges")).write_csv(
                stream, include_header=number == 0, null_value=" "
            )
    return unfinished.rename(path)


def provide_synthetic_extract(home_dir: Path) -> Path:
    """Returns the extract for a run without a source: 7,043 synthetic customers, always the same. Writes it once."""
    path = home_dir / "synthetic" / f"{_MARK}{DEFAULT_CUSTOMERS}-customers-seed-{DEFAULT_SEED}.csv"
    return path if path.exists() else write_synthetic_extract(path, DEFAULT_CUSTOMERS, DEFAULT_SEED)


def simulate_batches(customers: int, seed: int) -> Iterator[pl.DataFrame]:
    """Yields customers in batches. Each batch has a random stream of its own, so batches can be drawn in any order."""
    starts = range(0, customers, _BATCH_ROWS)
    for start, stream in zip(starts, np.random.SeedSequence(seed).spawn(len(starts)), strict=True):
        count = min(_BATCH_ROWS, customers - start)
        yield simulate_customers(count, np.random.default_rng(stream), first_number=start)


def _amount(name: str) -> pl.Expr:
    return pl.col(name).cast(pl.String).str.strip_suffix(".0")
