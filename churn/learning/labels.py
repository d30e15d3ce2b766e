"""Chooses the label: who left within the horizon after the as-of date, if that is known, else the label of the extract.

Worked example: a folder has every day from 2026-01-01 to 2026-04-10, and the horizon is 30 days. On 2026-04-10 the
newest window that has matured begins on 2026-03-11. The windows are 2026-03-11, 2026-02-09 and 2026-01-10: they do not
overlap, so the labels of each had matured before the next one began. With a single extract no label has matured, so the
model is trained on the label of the extract: who left within the month that the extract covers.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from churn.contracts.decisions import TrainedLabels, TrainedWindow
from churn.contracts.horizons import Horizon
from churn.learning.windows import Window

MOST_WINDOWS = 3
FEWEST_MATURED_LEAVERS = 100
"""Older windows are added until so many customers left. With fewer, the label of the extract may know more of them."""

LabelKind = Literal["matured", "snapshot"]


def to_window(probability: float, days: float, other_days: float) -> float:
    """Returns the probability of leaving within other_days, given the one within days.

    Example: 4% within 28 days is 1 - 0.96 ** (30 / 28) = 4.28% within 30 days.
    """
    return float(1 - (1 - probability) ** (other_days / days))


@dataclass(frozen=True)
class LabelledWindow:
    """A window with the counts of its labels: of the active customers, how many left, and how each was labelled."""

    window: Window
    horizon: str
    customers_count: int
    leavers_count: int
    by_mark_count: int
    by_date_count: int
    by_absence_count: int
    censored_count: int
    contacted_count: int = 0
    involuntary_count: int = 0

    @property
    def leaver_share(self) -> float:
        """The share of the labelled customers who left, brought to the horizon."""
        share = self.leavers_count / max(self.customers_count - self.censored_count - self.involuntary_count, 1)
        return to_window(share, self.window.window_days, Horizon.read(self.horizon).days)

    def evidence(self) -> TrainedWindow:
        """Returns the window for the ledger."""
        return TrainedWindow(
            as_of_date=self.window.as_of_date,
            label_date=self.window.label_date,
            window_days=self.window.window_days,
            customers=self.customers_count,
            leavers=self.leavers_count,
            by_mark=self.by_mark_count,
            by_date=self.by_date_count,
            by_absence=self.by_absence_count,
            censored=self.censored_count,
            contacted=self.contacted_count,
            involuntary=self.involuntary_count,
        )


@dataclass(frozen=True)
class Labels:
    """The labels of a training. They are stored with its model.

    Attributes:
        kind: matured (left within the horizon after the date) or snapshot (left within the month that the extract
            covers).
        as_of_dates: the dates of the examples, the newest first.
        leaver_share: the share of the newest window's customers who left, brought to the horizon; for a snapshot, the
            share of its customers. The base rate of the model's lift.
        windows: the windows of matured labels, the newest first.
        unknown_count: windows that are left out, from before a feature was declared.
        involuntary_count: of a snapshot, the leavers who did not decide to leave; each window counts its own.
    """

    kind: LabelKind
    as_of_dates: tuple[date, ...]
    leaver_share: float = 0.0
    windows: tuple[LabelledWindow, ...] = ()
    unknown_count: int = 0
    involuntary_count: int = 0

    @property
    def horizon(self) -> str | None:
        """The horizon; None for the label of an extract, which has no horizon of its own."""
        return self.windows[0].horizon if self.windows else None

    def is_split_by_time(self, fewest_leavers: int) -> bool:
        """Returns whether the newest window is the test part: there are two windows or more, with enough leavers."""
        older = sum(one.leavers_count for one in self.windows[1:])
        return len(self.windows) > 1 and min(older, self.windows[0].leavers_count) >= fewest_leavers

    def evidence(self) -> TrainedLabels:
        """Returns the labels for the ledger."""
        windows = tuple(one.evidence() for one in self.windows)
        return TrainedLabels(self.kind, self.as_of_dates, self.horizon, self.leaver_share, windows)

    def told(self) -> str:
        """Returns the labels in words, for the summary of a training."""
        involuntary = self.involuntary_count + sum(one.involuntary_count for one in self.windows)
        no_label = f"; {involuntary:,} did not decide to leave and are no label" if involuntary else ""
        if not self.windows:
            return f"trained on who left within the month of the extract{no_label}"
        count = len(self.windows)
        censored = sum(one.censored_count for one in self.windows)
        contacted = sum(one.contacted_count for one in self.windows)
        could_not = f"; {censored:,} customers could not be labelled" if censored else ""
        left_out = f"; without {contacted:,} whom campaigns contacted: those held out count for them"
        windows = f"{count} window{'' if count == 1 else 's'}"
        if self.unknown_count:
            windows += f", without {self.unknown_count} from before a feature was declared"
        rest = f"{could_not}{no_label}{left_out if contacted else ''}"
        return f"trained on who left within {self.horizon}, {windows}{rest}"


NO_HORIZON = Labels("snapshot", ())
"""The labels of an extract: who left within the month that it covers."""


def choose_windows(
    matured: Sequence[LabelledWindow], as_of_date: date, fewest_leavers: int = FEWEST_MATURED_LEAVERS
) -> tuple[LabelledWindow, ...]:
    """Returns the windows to train on, the newest first; none if too few customers left in all of them.

    The labels of each window had matured before the next one began. Three windows are used, and more until enough
    customers left.

    Args:
        matured: the windows in order of date.
        as_of_date: the date of the training; labels that matured later are not known yet.
        fewest_leavers: how many customers must have left in the windows together.
    """
    chosen: list[LabelledWindow] = []
    end = as_of_date
    for one in reversed(matured):
        leavers = sum(other.leavers_count for other in chosen)
        if len(chosen) >= MOST_WINDOWS and leavers >= FEWEST_MATURED_LEAVERS:
            break
        # Known before the later window began: otherwise a model of that day could not have been trained on it.
        if one.window.known_on <= end:
            chosen.append(one)
            end = one.window.as_of_date
    leavers = sum(one.leavers_count for one in chosen)
    return tuple(chosen) if leavers >= fewest_leavers else ()
