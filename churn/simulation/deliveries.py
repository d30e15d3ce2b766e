"""Delivers extracts the way they really arrive: some late, some twice, some with errors that are corrected later."""

import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl

from churn.errors import WrongUsage

WRONG_SHARE = 0.02
WRONG_FACTOR = 1.5


def deliver_untidily(folder: Path, extracts: Sequence[Path], days: int, seed: int) -> Path:
    """Makes a tidy delivery untidy: `days` files arrive late, `days` files twice and `days` files with errors.

    The late and corrected files go to `<folder>-later` under the same names. After a run of the folder and a run of
    `<folder>-later` the result is the same as after a tidy delivery. A late file is missing from the folder; a file
    with errors bills 2% of its customers 1.5 times too much.

    Args:
        folder: the folder of the extracts.
        extracts: the files, in order of date. The first and the last file stay unchanged.
        days: the number of files of each kind.
        seed: decides which days are chosen.

    Raises:
        WrongUsage: there are too few days between the first and the last.
    """
    between = list(extracts[1:-1])
    if len(between) < 3 * days:
        raise WrongUsage(
            f"{len(extracts)} extracts are too few for {days} late, {days} repeated and {days} faulty files.",
            f"simulate at least {3 * days + 2} days.",
        )
    later = folder.with_name(f"{folder.name}-later")
    later.mkdir(parents=True, exist_ok=True)
    generator = np.random.default_rng(seed)
    chosen = [between[position] for position in generator.permutation(len(between))[: 3 * days]]
    for path in chosen[:days]:
        shutil.move(path, later / path.name)
    for path in chosen[days : 2 * days]:
        shutil.copy(path, later / path.name)
    for path in chosen[2 * days :]:
        shutil.move(path, later / path.name)
        _write_wrong(later / path.name, path, generator)
    return later


def _write_wrong(right: Path, path: Path, generator: np.random.Generator) -> None:
    rows = pl.read_csv(right, infer_schema=False)
    is_wrong = pl.Series(generator.random(rows.height) < WRONG_SHARE)
    amounts = [
        pl.when(is_wrong)
        .then((pl.col(name).str.strip_chars().cast(pl.Float64, strict=False) * WRONG_FACTOR).round(2).cast(pl.String))
        .otherwise(name)
        .fill_null(" ")
        .alias(name)
        for name in ("MonthlyCharges", "TotalCharges")
    ]
    rows.with_columns(amounts).write_csv(path)
