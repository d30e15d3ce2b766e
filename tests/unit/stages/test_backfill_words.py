"""What a backfill says that it did."""

from datetime import date

from churn.stages import Outcome
from churn.stages.past_days import Backfill, summarise

FIRST, SECOND, THIRD = (date(2026, 1, day) for day in (1, 2, 3))


def test_a_backfill_names_each_day_that_it_published() -> None:
    done = summarise(Backfill([[FIRST, SECOND], [THIRD]], 4, []))

    assert done == Outcome(
        "3 days scored and published, 4 unchanged",
        details=({"day": "2026-01-01"}, {"day": "2026-01-02"}, {"day": "2026-01-03"}),
    )


def test_a_single_day_is_one_day_and_a_gap_is_named() -> None:
    assert summarise(Backfill([[SECOND]], 0, [FIRST])).summary == (
        "1 day scored and published, 0 unchanged; "
        "1 left out, without an extract or without a customer (the first: 2026-01-01)"
    )


def test_a_backfill_without_a_day_to_score_is_skipped() -> None:
    assert summarise(Backfill([], 7, [])).is_skipped
