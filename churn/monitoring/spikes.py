"""Finds the segments whose expected loss rose in the last days: which one, since when, how many customers, what money.

Every segment has a level on every date: the expected loss of a customer, or the probability where the extract has no
value a month. A day's step of that level is compared with the earlier steps of the same segment. Many segments on many
days are looked at, so Benjamini-Hochberg decides which steps count: of those that are named, 5% are chance.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy import special

from churn.contracts.spikes import DAYS_LOOKED_AT, FEWEST_STEPS, Spike

Floats = NDArray[np.float64]

ALL = ""
"""The column of the row that adds up the whole day, and the second column of a segment of one column."""
KEYS = ("first_column", "first_word", "second_column", "second_word")
SUMS = ("customers_count", "expected_leavers", "expected_loss_usd")
FEWEST_CUSTOMERS = 100
FALSE_SHARE = 0.05
_LARGEST_SHARE = 0.9
"""A segment with more of the customers than this is everybody."""
_SMALLEST_RISE = 0.03
_SMALLEST_SHARE = 0.01
"""The smallest part of the expected loss that is named, as in `causes`: a large base moves somewhere every day."""
_CLEARLY = 1.25
_MOST_DEGREES = 4
"""Degrees of freedom of the comparison: one customer who leaves moves a small segment by more than a normal step."""
_SMALLEST_SPREAD = 0.002
"""Steps of a base that hardly changes have a spread of nothing, and any step would be certain."""


def count_steps(days: pl.DataFrame) -> int:
    """Returns the steps from one date to the next with the same model: what a look at segments needs."""
    versions = days.select("prediction_date", "model_version").unique().sort("prediction_date")["model_version"]
    return int((versions == versions.shift(1)).sum())


def find_spikes(days: pl.DataFrame) -> list[Spike]:
    """Returns the segments that rose, by money and sharpness; each stands for those inside and around it.

    Args:
        days: prediction_date, model_version, KEYS and SUMS of the segments of the last published dates, with the row of
            the whole day (ALL). expected_loss_usd is NULL without a value a month.
    """
    grid = _Grid.of(days)
    steps = grid.steps()
    looked = min(DAYS_LOOKED_AT, count_steps(days) - FEWEST_STEPS)
    if looked < 1:
        return []
    chances = _compare_steps(steps, looked)
    certain = chances <= _find_bound(chances)
    found = [
        _measure(grid, place, int(np.argmin(chances[place])) + len(grid.dates) - looked, float(chances[place].min()))
        for place in map(int, np.flatnonzero(certain.any(axis=1)))
    ]
    smallest = _SMALLEST_SHARE * grid.whole_total[-1]
    risen = [one for one in found if one.rise >= _SMALLEST_RISE and one.excess >= smallest]
    return [one.spike for one in _leave_out_shadows(grid, sorted(risen, key=_Risen.rank))]


@dataclass(frozen=True)
class _Grid:
    """The segments of the newest date, large enough and no more than most of the customers, by date.

    Attributes:
        keys: the segments, in the order of the rows.
        customers, levels: by segment and date; NaN where a date has no such segment.
        whole: the levels of all customers, and their number, by date.
        pairs: customers and total of every stored segment on each date, to take one segment out of another.
    """

    dates: list[date]
    versions: list[int]
    keys: list[tuple[str, ...]]
    customers: Floats
    totals: Floats
    leavers: Floats
    whole_customers: Floats
    whole_total: Floats
    stored: dict[tuple[str, ...], int]
    has_money: bool

    @classmethod
    def of(cls, days: pl.DataFrame) -> "_Grid":
        dated = days.select("prediction_date", "model_version").unique().sort("prediction_date")
        dates = dated["prediction_date"].to_list()
        has_money = days["expected_loss_usd"].null_count() == 0
        places = {day: place for place, day in enumerate(dates)}
        keys = {key: place for place, key in enumerate(days.select(KEYS).unique(maintain_order=True).iter_rows())}
        customers, totals, leavers = (np.full((len(keys), len(dates)), np.nan) for _ in range(3))
        rows = np.array([keys[key] for key in days.select(KEYS).iter_rows()], dtype=np.int64)
        columns = np.array([places[day] for day in days["prediction_date"]], dtype=np.int64)
        customers[rows, columns] = days["customers_count"].to_numpy()
        leavers[rows, columns] = days["expected_leavers"].to_numpy()
        totals[rows, columns] = days["expected_loss_usd" if has_money else "expected_leavers"].to_numpy()
        whole = keys[(ALL,) * len(KEYS)]
        return cls(
            dates,
            dated["model_version"].to_list(),
            list(keys),
            customers,
            totals,
            leavers,
            customers[whole],
            totals[whole],
            keys,
            has_money,
        )

    def steps(self) -> Floats:
        """The relative step of each segment to each date but the first, of one day; NaN where none can be compared."""
        fits = (self.customers >= FEWEST_CUSTOMERS) & (self.customers <= _LARGEST_SHARE * self.whole_customers)
        with np.errstate(divide="ignore", invalid="ignore"):
            levels = np.where(fits & (self.totals > 0), np.log(self.totals / self.customers), np.nan)
        gaps = np.array([(after - before).days for before, after in zip(self.dates, self.dates[1:], strict=False)])
        same = np.array([a == b for a, b in zip(self.versions, self.versions[1:], strict=False)])
        # A step over several days moves by the root of their number, as a walk of independent steps does.
        return np.where(same, np.diff(levels, axis=1) / np.sqrt(np.maximum(gaps, 1)), np.nan)


def _compare_steps(steps: Floats, looked: int) -> Floats:
    """Returns how likely each of the last steps of each segment is by chance; 1 where nothing can be compared."""
    base, last = steps[:, :-looked], steps[:, -looked:]
    counts = np.sum(~np.isnan(base), axis=1)
    known = np.maximum(counts, 2)
    means = np.nansum(base, axis=1) / known
    spread = np.sqrt(np.nansum((base - means[:, None]) ** 2, axis=1) / (known - 1))
    spread = np.maximum(spread, _SMALLEST_SPREAD) * np.sqrt(1 + 1 / known)
    degrees = np.minimum(known - 1, _MOST_DEGREES)
    chances = special.stdtr(degrees[:, None], -(last - means[:, None]) / spread[:, None])
    return np.where(np.isnan(last) | (counts < FEWEST_STEPS)[:, None], 1.0, chances)


def _find_bound(chances: Floats) -> float:
    """Returns the largest chance that Benjamini-Hochberg lets pass; below 0 if none does."""
    ordered = np.sort(chances[chances < 1], axis=None)
    passing = np.flatnonzero(ordered <= FALSE_SHARE * np.arange(1, len(ordered) + 1) / max(len(ordered), 1))
    return float(ordered[passing[-1]]) if len(passing) else -1.0


@dataclass(frozen=True)
class _Risen:
    """A spike with what ranks it: its rise beyond that of the other customers, in money (or leavers)."""

    key: tuple[str, ...]
    onset: int
    rise: float
    excess: float
    spike: Spike

    def rank(self) -> tuple[float, int]:
        """The order of spikes. All who rose, and others beside them, cost the same: the sharper rise names them."""
        return (-self.excess * self.rise**0.5, len(self.spike.segment))


def _measure(grid: _Grid, place: int, onset: int, chance: float) -> _Risen:
    key, before = grid.keys[place], onset - 1
    customers, totals = grid.customers[place], grid.totals[place]
    rise = _rise(customers, totals, before)
    rest = _rise(grid.whole_customers - customers, grid.whole_total - totals, before)
    added = totals[-1] * rise / (1 + rise)
    segment = tuple((column, word) for column, word in (key[:2], key[2:]) if column)
    spike = Spike(
        segment,
        grid.dates[onset],
        int(customers[-1]),
        rise,
        float(grid.leavers[place][-1]),
        float(added) if grid.has_money else None,
        chance,
    )
    return _Risen(key, onset, rise, float(totals[-1] * (rise - rest) / (1 + rise)), spike)


def _rise(customers: Floats, totals: Floats, before: int) -> float:
    """Returns by which share the level of the last date is above that of an earlier one."""
    if min(customers[-1], customers[before], totals[before]) <= 0:
        return 0.0
    return float(totals[-1] / customers[-1] / (totals[before] / customers[before]) - 1)


def _leave_out_shadows(grid: _Grid, ranked: Sequence[_Risen]) -> list[_Risen]:
    """Leaves out the segments that rose only because they share customers with one before them."""
    kept: list[_Risen] = []
    for one in ranked:
        if not any(_is_shadow(grid, one, source) for source in kept):
            kept.append(one)
    return kept


def _is_shadow(grid: _Grid, one: _Risen, source: _Risen) -> bool:
    """Returns whether a rise is explained by the customers that a segment shares with another."""
    mine, others = set(one.spike.segment), set(source.spike.segment)
    if mine > others:
        return True
    shared = sorted(mine | others)
    place = grid.stored.get(tuple(part for pair in shared for part in pair)) if len(shared) == 2 else None
    if place is None:  # Three columns are not stored: the other's rise among the same words is what it may explain.
        return one.rise <= _CLEARLY * max(source.rise, *_rises_beside(grid, mine, source))
    here = grid.stored[one.key]
    customers = grid.customers[here] - np.nan_to_num(grid.customers[place])
    totals = grid.totals[here] - np.nan_to_num(grid.totals[place])
    return _rise(customers, totals, source.onset - 1) < max(_SMALLEST_RISE, one.rise / 2)


def _rises_beside(grid: _Grid, words: set[tuple[str, str]], source: _Risen) -> list[float]:
    """Returns the rises of a segment of one column within each word of another segment."""
    rises = [source.rise]
    for word in words:
        key = tuple(part for pair in sorted({word, *source.spike.segment}) for part in pair)
        if (place := grid.stored.get(key)) is not None:
            rises.append(_rise(grid.customers[place], grid.totals[place], source.onset - 1))
    return rises
