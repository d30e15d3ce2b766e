"""Extracts as they really arrive: some late, some twice, some with mistakes that are corrected later."""

import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl

from churn.errors import WrongUsage

WRONG_SHARE = 0.02
WRONG_FACTOR = 1.5


def deliver_untidily(folder: Path, extracts: Sequence[Path], days: int, seed: int) -> Path:
    """Spoils what was delivered: that many days arrive late, as many twice, as many wrong at first.

    What comes later lies in `<folder>-later` under the same names: run the folder, then that one, and everything is as
    if it had been tidy. Late files are missing in the folder; a wrong one bills 2 % of its customers half too much.

    Args:
        folder: where the extracts are.
        extracts: in order of date; the first and the last stay as they are.
        days: of each kind.
        seed: which days.

    Raises:
        WrongUsage: there are too few days in between.
    """
    between = list(extracts[1:-1])
    if len(between) < 3 * days:
        raise WrongUsage(f"{len(extracts)} extracts are too few for {days} of each kind.", f"simulate {3 * days + 2}.")
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
