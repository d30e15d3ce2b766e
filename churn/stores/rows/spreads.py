"""Counts how the features of a date are spread, over the bins of the model's profile. Two passes, no row leaves.

Missing values and means are those of all customers; the bins of a large base are counted on a sample of it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from sqlalchemy import Connection

from churn.contracts.features import PRICE_CHANGE
from churn.contracts.profiles import FeatureProfile
from churn.stores.rows.features import name_source
from churn.stores.rows.out_of_range import as_number, find_flags

SAMPLE = 200_000
"""Of a base of twice as many customers and more, the bins are of about so many: enough for a PSI of 0.001."""


@dataclass(frozen=True)
class Spread:
    """How a feature is spread on a date.

    Attributes:
        bins: the customers of the sample in each bin of the profile; () without a profile.
        mean: of the known values; None for words, or if no value is known.
    """

    bins: tuple[int, ...]
    missing_share: float
    mean: float | None


def count_spreads(
    connection: Connection,
    as_of_date: date,
    names: Sequence[str],
    words: Sequence[str],
    profiles: Mapping[str, FeatureProfile],
) -> dict[str, Spread]:
    """Returns the spread of each feature over the active customers of a date.

    Args:
        connection: the connection.
        as_of_date: the date, whose features are stored.
        names: the features of the model.
        words: those of them that are words.
        profiles: the profiles of the model; a feature without one has no bins.
    """
    flags = find_flags(connection)
    known, means = _measure(connection, as_of_date, names, words, flags)
    active = known.pop("")
    profiled = {name: profiles[name] for name in names if name in profiles}
    bins = _count_bins(connection, as_of_date, profiled, flags, max(active // SAMPLE, 1))
    return {
        name: Spread(bins.get(name, ()), 1 - known[name] / active if active else 0.0, means.get(name)) for name in names
    }


def _measure(
    connection: Connection, day: date, names: Sequence[str], words: Sequence[str], flags: set[str]
) -> tuple[dict[str, int], dict[str, float | None]]:
    """Returns the known values of each feature, of "" all customers; and the mean of each number."""
    numbers = [name for name in names if name not in words]
    columns = [
        "count(*)",
        *(f"count({_as_given(name, flags) if name not in words else _quote(name)})" for name in names),
        *(f"avg({_as_given(name, flags)})" for name in numbers),
    ]
    query = f"SELECT {', '.join(columns)} FROM {name_source(names)} WHERE {_ACTIVE}"
    row = connection.execute(sa.text(query), {"day": day}).one()
    counts, means = row[: len(names) + 1], row[len(names) + 1 :]
    return dict(zip(["", *names], map(int, counts), strict=True)), dict(zip(numbers, means, strict=True))


_ACTIVE = "as_of_date = :day AND NOT has_churned"


def _count_bins(
    connection: Connection, day: date, profiles: Mapping[str, FeatureProfile], flags: set[str], every: int
) -> dict[str, tuple[int, ...]]:
    """Returns the customers in each bin, of one customer in `every`."""
    if not profiles:
        return {}
    names = list(profiles)
    # By a hash of the number: the same customers every day, so that two days differ by their values only. As bigint,
    # because the smallest int has no absolute value.
    chosen = f"AND abs(CAST(hashtext(customer_id) AS bigint)) % {every} = 0" if every > 1 else ""
    parameters: dict[str, object] = {"day": day}
    for place, name in enumerate(names):
        parameters[f"bins_{place}"] = list(profiles[name].words or profiles[name].edges)
    binned = ", ".join(f"{_bin(name, place, profiles[name], flags)} AS b{place}" for place, name in enumerate(names))
    places = " ".join(f"WHEN grouping(b{place}) = 0 THEN {place}" for place in range(len(names)))
    groups = [f"b{place}" for place in range(len(names))]
    # Grouping sets: one pass counts every feature. A missing value is a group without a bin.
    query = f"""
        SELECT CASE {places} END AS place, coalesce({", ".join(groups)}) AS bin, count(*) AS customers
        FROM (SELECT {binned} FROM {name_source(names)} WHERE {_ACTIVE} {chosen}) AS binned
        GROUP BY GROUPING SETS ({", ".join(f"({group})" for group in groups)})
    """
    counted: dict[str, list[int]] = {name: [0] * len(profiles[name].shares) for name in names}
    for place, number, customers in connection.execute(sa.text(query), parameters):
        if number is not None:
            counted[names[place]][number] = int(customers)
    return {name: tuple(counts) for name, counts in counted.items()}


def _as_given(name: str, flags: set[str]) -> str:
    """Returns a feature as the model is given it: 0 for a price change that is not known."""
    value = as_number(name, flags)
    return f"coalesce({value}, 0)" if name == PRICE_CHANGE else value


def _quote(name: str) -> str:
    return f'"{name}"'


def _bin(name: str, place: int, profile: FeatureProfile, flags: set[str]) -> str:
    if profile.edges:
        return f"width_bucket({_as_given(name, flags)}, CAST(:bins_{place} AS float8[]))"
    listed = f'coalesce(array_position(CAST(:bins_{place} AS text[]), CAST("{name}" AS text)), 0)'
    return f'CASE WHEN "{name}" IS NULL THEN NULL ELSE {listed} END'
