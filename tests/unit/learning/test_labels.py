"""Which days are learned from, once it is known who left."""

from datetime import date, timedelta

import polars as pl

from churn.learning.folds import split_folds
from churn.learning.labels import Labels, find_matured_days
from churn.learning.splitting import split_examples


def days(first: date, count: int) -> list[date]:
    return [first + timedelta(days=number) for number in range(count)]


def test_the_worked_example() -> None:
    stored = days(date(2026, 1, 1), 100)

    assert stored[-1] == date(2026, 4, 10)
    assert find_matured_days(date(2026, 4, 10), stored) == (date(2026, 3, 11), date(2026, 2, 9), date(2026, 1, 10))


def test_nothing_matures_within_thirty_days() -> None:
    assert find_matured_days(date(2026, 1, 30), days(date(2026, 1, 1), 30)) == ()


def test_what_was_not_known_yet_on_a_date_is_not_learned_on_it() -> None:
    stored = days(date(2026, 1, 1), 100)

    assert find_matured_days(date(2026, 2, 1), stored) == (date(2026, 1, 2),)


def test_a_day_without_its_closing_extract_gives_way_to_the_one_before() -> None:
    stored = [day for day in days(date(2026, 1, 1), 40) if day != date(2026, 2, 9)]

    assert find_matured_days(date(2026, 2, 9), stored) == (date(2026, 1, 9),)


def test_labels_are_told_in_words() -> None:
    assert Labels("matured", (date(2026, 3, 11), date(2026, 2, 9))).told() == (
        "trained on who left within 30 days, 2 windows"
    )


def test_a_customer_of_several_dates_is_never_learned_from_and_tested_on() -> None:
    examples = pl.DataFrame(
        {
            "as_of_date": [day for day in days(date(2026, 1, 1), 3) for _ in range(500)],
            "customer_id": [f"C{number}" for _ in range(3) for number in range(500)],
            "has_churned": [number % 7 == month for month in range(3) for number in range(500)],
        }
    )

    split = split_examples(examples, seed=20)
    parts = [set(part["customer_id"]) for part in (split.train, split.validation, split.test)]
    folds = split_folds(split.train, seed=20)

    assert [part.height for part in (split.train, split.validation, split.test)] == [1050, 150, 300]
    assert not parts[0] & parts[1] | parts[0] & parts[2] | parts[1] & parts[2]
    assert all(not set(learned["customer_id"]) & set(tried["customer_id"]) for learned, tried in folds)
    assert sum(tried.height for _, tried in folds) == split.train.height
