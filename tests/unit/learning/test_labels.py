"""Which windows are learned from, once it is known who left."""

from dataclasses import replace
from datetime import date, timedelta

import polars as pl
import pytest

from churn.contracts.decisions import TrainedWindow
from churn.contracts.horizons import LabelRules
from churn.learning.folds import split_folds
from churn.learning.labels import LabelledWindow, Labels, choose_windows, to_window
from churn.learning.splitting import split_examples, split_windows
from churn.learning.windows import find_windows


def days(first: date, count: int) -> list[date]:
    return [first + timedelta(days=number) for number in range(count)]


def labelled(snapshots: list[date], leavers: int = 300) -> list[LabelledWindow]:
    found = find_windows(snapshots, LabelRules())
    return [LabelledWindow(window, "30 days", 7000, leavers, 6990, 0, 0, 10) for window in found]


def as_of_dates(windows: tuple[LabelledWindow, ...]) -> list[date]:
    return [one.window.as_of_date for one in windows]


def test_the_worked_example() -> None:
    windows = labelled(days(date(2026, 1, 1), 100))

    assert as_of_dates(choose_windows(windows, date(2026, 4, 10))) == [
        date(2026, 3, 11),
        date(2026, 2, 9),
        date(2026, 1, 10),
    ]


def test_what_was_not_known_yet_on_a_date_is_not_learned_on_it() -> None:
    windows = labelled(days(date(2026, 1, 1), 100))

    assert as_of_dates(choose_windows(windows, date(2026, 2, 1))) == [date(2026, 1, 2)]
    assert choose_windows(windows, date(2026, 1, 30)) == ()


def test_older_windows_are_added_until_enough_customers_left() -> None:
    windows = labelled(days(date(2026, 1, 1), 200), leavers=21)

    assert len(choose_windows(windows, date(2026, 7, 19))) == 5
    assert choose_windows(windows, date(2026, 4, 10)) == (), "63 leavers are too few"
    assert len(choose_windows(windows, date(2026, 4, 10), fewest_leavers=1)) == 3, "unless there is no other label"


def test_labels_are_told_in_words_and_counted_for_the_ledger() -> None:
    windows = choose_windows(labelled(days(date(2026, 1, 1), 100)), date(2026, 4, 10))
    labels = Labels("matured", tuple(as_of_dates(windows)), windows[0].leaver_share, windows)

    assert labels.told() == "trained on who left within 30 days, 3 windows; 30 customers could not be labelled"
    assert labels.evidence().windows[0] == TrainedWindow(
        as_of_date=date(2026, 3, 11),
        label_date=date(2026, 4, 10),
        window_days=30,
        customers=7000,
        leavers=300,
        by_mark=6990,
        by_date=0,
        by_absence=0,
        censored=10,
    )


def test_the_leaver_share_is_brought_to_the_horizon() -> None:
    assert to_window(0.04, 28, 30) == pytest.approx(0.0428, abs=1e-4)
    (one,) = labelled(days(date(2026, 1, 1), 31))
    shorter = replace(one, window=replace(one.window, window_days=28))

    assert one.leaver_share == pytest.approx(300 / 6990)
    assert shorter.leaver_share == pytest.approx(1 - (1 - 300 / 6990) ** (30 / 28))


def make_months() -> pl.DataFrame:
    return pl.DataFrame(
        {
            "as_of_date": [day for day in days(date(2026, 1, 1), 3) for _ in range(500)],
            "customer_id": [f"C{number}" for _ in range(3) for number in range(500)],
            "has_churned": [number % 7 == month for month in range(3) for number in range(500)],
        }
    )


def test_a_customer_of_several_dates_is_never_learned_from_and_tested_on() -> None:
    split = split_examples(make_months(), seed=20)
    parts = [set(part["customer_id"]) for part in (split.train, split.validation, split.test)]
    folds = split_folds(split.train, seed=20)

    assert [part.height for part in (split.train, split.validation, split.test)] == [1050, 150, 300]
    assert not parts[0] & parts[1] | parts[0] & parts[2] | parts[1] & parts[2]
    assert all(not set(learned["customer_id"]) & set(tried["customer_id"]) for learned, tried in folds)
    assert sum(tried.height for _, tried in folds) == split.train.height


def test_from_two_windows_on_the_newest_one_is_the_test() -> None:
    split = split_windows(make_months(), date(2026, 1, 3), seed=20)

    assert split.test["as_of_date"].unique().to_list() == [date(2026, 1, 3)]
    assert (split.train.height, split.validation.height, split.test.height) == (900, 100, 500)
    assert not set(split.train["customer_id"]) & set(split.validation["customer_id"])
    assert date(2026, 1, 3) not in split.train["as_of_date"].to_list()
