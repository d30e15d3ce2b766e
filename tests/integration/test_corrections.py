"""A corrected extract of an old day changes what it must, says what, and leaves the rest byte for byte."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest

from churn.settings import Settings
from churn.stages import history, intake, past_days
from tests.conftest import DAY
from tests.support.days import ask, execute, name_rule_of_thumb_champion, run_backfill, run_day
from tests.support.factories import make_extract, write_extract
from tests.support.telecoms import Telecoms
from tests.support.workplaces import at

BEFORE = DAY - timedelta(days=1)
CUSTOMERS = make_extract(400, seed=7)
Rows = list[tuple[object, ...]]


@dataclass(frozen=True)
class Story:
    """Two days are published live, two before them rewound; then the older live one is corrected, then backfilled.

    Attributes:
        said_of_same: what loading the same file again gave to say.
        said: what the correction gave to say.
        old: the scores of all days before the correction; corrected, after it; new, after the backfill too.
    """

    settings: Settings
    said_of_same: str
    said: str
    old: Rows
    corrected: Rows
    new: Rows


@pytest.fixture(scope="module")
def story(telecoms: Telecoms, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    folder = tmp_path_factory.mktemp("corrections")
    with telecoms.copy("deployed", folder / "home") as settings:
        name_rule_of_thumb_champion(settings)
        execute(settings, "ALTER TABLE ops.promotions DISABLE TRIGGER ALL")
        execute(settings, f"UPDATE ops.promotions SET as_of_date = '{BEFORE}'")
        extract = write_extract(folder / "extract.csv", CUSTOMERS)
        for day in (BEFORE, DAY):
            run_day(settings, extract, day)
        run_backfill(settings, 4)
        execute(settings, _NEXT_CHAMPION)
        said_of_same, old = correct(settings, extract, BEFORE), read_scores(settings)
        said, corrected = correct(settings, write_correction(folder), BEFORE), read_scores(settings)
        run_backfill(settings, 4)
        yield Story(settings, said_of_same, said, old, corrected, read_scores(settings))


_NEXT_CHAMPION = """
    INSERT INTO ops.promotions (decided_at, as_of_date, model_name, model_version, family, decision, decided_by,
                                reasons, training_fingerprint, mlflow_run_id, evidence)
    SELECT now(), as_of_date + 1, model_name, 2, family, decision, decided_by, reasons, 'other', mlflow_run_id, evidence
    FROM ops.promotions
"""


def write_correction(folder: Path) -> Path:
    """Three customers pay more, the last one is somebody else."""
    is_dearer = pl.int_range(pl.len()) < 3
    kept = CUSTOMERS[:-1].with_columns(
        pl.when(is_dearer).then(pl.lit("99.95")).otherwise("MonthlyCharges").alias("MonthlyCharges"),
        pl.when(is_dearer).then(pl.lit("9000")).otherwise("TotalCharges").alias("TotalCharges"),
    )
    other = CUSTOMERS[-1:].with_columns(pl.lit("NEW-ONE").alias("customerID"))
    return write_extract(folder / "corrected.csv", pl.concat([kept, other]))


def correct(settings: Settings, extract: Path, day: date) -> str:
    """Loads a corrected extract and makes the day anew, as a run of the flow does; returns what was said."""
    intake.load_extract(at(settings), extract, day)
    portions, newest = past_days.part_days(at(settings), [day])
    assert newest is None
    said = []
    for portion in portions:
        history.rebuild_features(at(settings), portion)
    for portion in past_days.plan_days(at(settings), [day]).portions:
        said.append(history.score_history(at(settings), portion, "correction").summary)
        history.publish_history(at(settings), portion)
    return "; ".join(said)


def read_scores(settings: Settings) -> Rows:
    query = """SELECT prediction_date, customer_id, churn_probability, risk_tier, revenue_at_risk_usd, reasons,
                      lifetime_value_usd, scored_at FROM analytics.predictions ORDER BY 1, 2"""
    return ask(settings, query)


def on(day: date, rows: Rows) -> dict[object, tuple[object, ...]]:
    """Scores of a day by customer, without the moment they were made at."""
    return {row[1]: row[2:-1] for row in rows if row[0] == day}


def test_the_same_file_again_revises_nothing(story: Story) -> None:
    assert story.said_of_same == ""


def test_only_corrected_customers_change(story: Story) -> None:
    old, new = on(BEFORE, story.old), on(BEFORE, story.corrected)

    assert {one for one in old.keys() & new.keys() if old[one] != new[one]} == set(CUSTOMERS[:3]["customerID"])
    assert (new.keys() - old.keys(), old.keys() - new.keys()) == ({"NEW-ONE"}, set(CUSTOMERS[-1:]["customerID"]))


def test_every_other_day_stays_byte_for_byte(story: Story) -> None:
    assert [row for row in story.old if row[0] != BEFORE] == [row for row in story.corrected if row[0] != BEFORE]


def test_the_run_says_what_changed_and_the_ledger_keeps_it(story: Story) -> None:
    assert f"{BEFORE} revised: 3 customers changed, 1 added, 1 removed, 396 unchanged" in story.said
    assert ask(
        story.settings,
        f"""SELECT basis_before, basis_after, changed_count, added_count, removed_count, unchanged_count,
                   load_id_after > load_id_before FROM ops.revisions WHERE prediction_date = '{BEFORE}'""",
    ) == [("live", "replayed", 3, 1, 1, 396, True)]


def test_an_old_day_is_scored_by_the_champion_of_that_day(story: Story) -> None:
    versions = "SELECT model_version, status FROM ops.publications WHERE prediction_date = '{}'"

    assert ask(story.settings, versions.format(BEFORE)) == [(1, "published")]


def test_days_rewound_from_the_corrected_snapshot_are_made_again(story: Story) -> None:
    rewound = BEFORE - timedelta(days=1)

    assert on(rewound, story.corrected) == on(rewound, story.old)
    assert on(rewound, story.new).keys() - on(rewound, story.old).keys() == {"NEW-ONE"}
    assert on(BEFORE, story.new) == on(BEFORE, story.corrected)
    assert ask(story.settings, "SELECT count(*), min(added_count), max(added_count) FROM ops.revisions") == [(3, 1, 1)]


def test_the_ledger_of_revisions_takes_no_change(story: Story) -> None:
    with pytest.raises(Exception, match="append-only"):
        execute(story.settings, "DELETE FROM ops.revisions")


def test_a_corrected_newest_day_says_what_changed_too(story: Story, tmp_path: Path) -> None:
    said = run_day(story.settings, write_correction(tmp_path), DAY)

    assert f"{DAY} revised: 3 customers changed, 1 added, 1 removed, 396 unchanged" in said


def test_an_old_day_that_is_made_is_left_alone(story: Story) -> None:
    assert past_days.part_days(at(story.settings), [BEFORE]) == ([], None)
