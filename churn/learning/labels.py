"""Chooses the label: who left within 30 days after the as-of date, if that is known, else the label of the extract.

Worked example: a folder has every day from 2026-01-01 to 2026-04-10. On 2026-04-10 the newest day whose 30 days are
over is 2026-03-11. The model is trained on 2026-03-11, 2026-02-09 and 2026-01-10: three windows that do not overlap.
With a single extract no label has matured, so the model is trained on the label of the extract: who left within the
month that the extract covers.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from churn.contracts.decisions import TrainedLabels
from churn.contracts.horizons import Horizon

WINDOW_DAYS = 30
MOST_WINDOWS = 3
FEWEST_MATURED_LEAVERS = 100
"""With fewer matured leavers, the label of the extract has more information. An extract that never changes has none."""

LabelKind = Literal["matured", "snapshot"]


@dataclass(frozen=True)
class Labels:
    """The labels of a training. They are stored with its model.

    Attributes:
        kind: matured (left within 30 days after the date) or snapshot (left within the month that the extract covers).
        as_of_dates: the dates of the examples, the newest first.
        leaver_share: the share of the examples that left. The base rate of the model's lift.
    """

    kind: LabelKind
    as_of_dates: tuple[date, ...]
    leaver_share: float = 0.0

    @property
    def horizon(self) -> Horizon | None:
        """The horizon; None for the label of an extract, which has no horizon of its own."""
        return Horizon(WINDOW_DAYS) if self.kind == "matured" else None

    def evidence(self) -> TrainedLabels:
        """Returns the labels for the ledger."""
        horizon = None if self.horizon is None else str(self.horizon)
        return TrainedLabels(self.kind, self.as_of_dates, horizon, self.leaver_share)

    def told(self) -> str:
        """Returns the labels in words, for the summary of a training."""
        if self.kind == "snapshot":
            return "trained on who left within the month of the extract"
        windows = len(self.as_of_dates)
        return f"trained on who left within {WINDOW_DAYS} days, {windows} window{'' if windows == 1 else 's'}"


def find_matured_days(as_of_date: date, snapshots: Collection[date]) -> tuple[date, ...]:
    """Returns the as-of dates to train on, the newest first: their windows are over and do not overlap.

    Args:
        as_of_date: the date of the training; later extracts are not known yet.
        snapshots: the dates that have an extract.
    """
    window = timedelta(days=WINDOW_DAYS)
    matured = [
        day for day in sorted(snapshots, reverse=True) if day + window in snapshots and day + window <= as_of_date
    ]
    chosen: list[date] = []
    for day in matured:
        if len(chosen) < MOST_WINDOWS and (not chosen or day + window <= chosen[-1]):
            chosen.append(day)
    return tuple(chosen)
