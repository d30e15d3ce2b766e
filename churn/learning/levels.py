"""Sets the level of fitted candidates by the newest window, and the length of time that their probabilities are for.

A model of several windows has the mean of their rates, but tomorrow resembles the newest window most. So older windows
give the slopes and the newest one the level. For the test the newest window is unknown: there the newest of the older
windows sets the level. So the test measures the procedure, and not a level that was taken from its own labels.
"""

import polars as pl

from churn.contracts.horizons import Horizon
from churn.learning.bounded import BoundedModel, Ranges, bound, find_level
from churn.learning.candidates import Model
from churn.learning.labels import Labels
from churn.learning.params import Family
from churn.learning.splitting import Split

Models = dict[Family, Model]


def bring_to_test(models: Models, ranges: Ranges, split: Split, labels: Labels) -> Models:
    """Returns the candidates with the level of the newest window that they were fitted on, for the test's window."""
    # Of the training part only: the level must not come from the labels that the test measures it by.
    rows, days = _newest(split.train, labels)
    power = _days_of(split.test, labels) / days
    return {family: _leveled(model, ranges, rows, power, len(labels.windows) > 1) for family, model in models.items()}


def bring_to_horizon(models: Models, ranges: Ranges, split: Split, labels: Labels) -> Models:
    """Returns the candidates with the level of the newest window, for the horizon."""
    rows, days = _newest(pl.concat([split.train, split.test]), labels)
    power = Horizon.read(str(labels.horizon)).days / days
    return {family: _leveled(model, ranges, rows, power, len(labels.windows) > 1) for family, model in models.items()}


def _leveled(model: Model, ranges: Ranges, rows: pl.DataFrame, power: float, has_several: bool) -> BoundedModel:
    # With a single window the fit itself has the window's level.
    shift = find_level(bound(model, ranges), rows) if has_several else 0.0
    return bound(model, ranges, shift, power)


def _newest(rows: pl.DataFrame, labels: Labels) -> tuple[pl.DataFrame, int]:
    """Returns the rows of the newest window among these rows, and its days."""
    newest = rows.filter(pl.col("as_of_date") == rows["as_of_date"].max())
    return newest, _days_of(newest, labels)


def _days_of(rows: pl.DataFrame, labels: Labels) -> int:
    days = {one.window.as_of_date: one.window.window_days for one in labels.windows}
    return days[rows["as_of_date"].max()]  # type: ignore[index]
