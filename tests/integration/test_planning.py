"""Which dates a run makes: its scheduled one, and those nobody published before it."""

import hashlib
from datetime import date
from pathlib import Path

import pytest

from churn.errors import NotThere, WrongUsage
from churn.settings import Settings
from churn.stages import arrivals, intake, planning
from tests.support.days import day_number, show_day
from tests.support.factories import make_extract, write_extract
from tests.support.workplaces import at

YESTERDAY, TODAY = day_number(0), day_number(4)
MISSED = [day_number(1), day_number(2), day_number(3)]


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is TODAY."""
    monkeypatch.setattr(planning, "today_utc", lambda: TODAY)
    monkeypatch.setattr(arrivals, "today", lambda: TODAY)


@pytest.fixture
def landing(tmp_path: Path) -> Path:
    (tmp_path / "landing").mkdir()
    return tmp_path / "landing"


def put(landing: Path, *days: date) -> None:
    for day in days:
        write_extract(landing / f"customers-{day}.csv", make_extract(5, seed=day.day))


def days_of(plan: planning.Plan) -> list[date]:
    return [day for _, day in plan.days]


def test_a_file_is_run_for_the_scheduled_date_on_that_day(settings: Settings) -> None:
    assert planning.plan_run(at(settings), "extract.csv", None, TODAY) == planning.Plan([("extract.csv", TODAY)])


def test_dates_that_a_file_cannot_give_back_are_named_with_the_reason(settings: Settings) -> None:
    show_day(settings, YESTERDAY)

    plan = planning.plan_run(at(settings), "extract.csv", None, TODAY)

    assert days_of(plan) == [TODAY]
    assert plan.notes == [
        "Missing: 2026-02-01 to 2026-02-03. The run cannot catch them up, since extract.csv has only the latest "
        "extract. If you have the extracts, run `churn run --source FILE --as-of DATE` for each. From a folder of "
        "daily files a run catches up missed dates by itself."
    ]


def test_a_file_that_is_read_a_day_late_is_not_taken_for_the_day_before(settings: Settings) -> None:
    show_day(settings, YESTERDAY)

    late = planning.plan_run(at(settings), "extract.csv", None, MISSED[0])
    done = planning.plan_run(at(settings), "extract.csv", None, YESTERDAY)

    assert (late.days, done.days) == ([], [])
    assert late.notes[0].startswith(
        "Missing: 2026-02-01. Its run started only on 2026-02-04, when extract.csv may have"
    )
    assert done.notes == ["2026-01-31 is already published: this run started late and has nothing to do."]


def test_a_date_that_was_asked_for_is_never_late(settings: Settings) -> None:
    assert days_of(planning.plan_run(at(settings), "extract.csv", MISSED[0], TODAY)) == [MISSED[0]]


def test_a_folder_is_caught_up_in_order_and_gaps_in_it_are_named(settings: Settings, landing: Path) -> None:
    show_day(settings, YESTERDAY)
    put(landing, TODAY, MISSED[2], MISSED[0])

    plan = planning.plan_run(at(settings), str(landing), None, TODAY)

    assert days_of(plan) == [MISSED[0], MISSED[2], TODAY]
    assert plan.notes == [
        "Catching up 2026-02-01, 2026-02-03, in order.",
        f"Missing: 2026-02-02. Put the missing extracts into {landing}: the next run loads them.",
    ]


def test_an_odd_file_holds_up_its_date_alone_and_the_run_ends_as_failed(settings: Settings, landing: Path) -> None:
    put(landing, YESTERDAY, MISSED[0], TODAY)
    for name in (f"customers-{YESTERDAY} (1).csv", f"customers-{MISSED[1]}.txt"):
        (landing / name).touch()

    plan = planning.plan_run(at(settings), str(landing), None, TODAY)

    assert days_of(plan) == [MISSED[0], TODAY]
    twice = f"there are two files of {YESTERDAY}: customers-{YESTERDAY} (1).csv and customers-{YESTERDAY}.csv"
    other = f"customers-{MISSED[1]}.txt is neither CSV nor Parquet by its name"
    assert plan.notes[-2:] == [f"Not loaded from {landing}: {other}.", f"Not loaded from {landing}: {twice}."]
    assert plan.refusal is not None
    assert plan.refusal.fact == f"The folder {landing} has files that were not loaded: {other}; {twice}."


def test_a_first_run_of_a_daily_folder_names_its_gaps(settings: Settings, landing: Path) -> None:
    put(landing, YESTERDAY, MISSED[0], TODAY)

    plan = planning.plan_run(at(settings), str(landing), None, TODAY)

    assert plan.notes[-1].startswith("Missing: 2026-02-02 to 2026-02-03. Put the missing extracts into ")


def test_a_date_that_was_asked_for_says_why_its_file_is_odd(settings: Settings, landing: Path) -> None:
    put(landing, YESTERDAY, TODAY)
    (landing / f"copy-of-{YESTERDAY}.csv").touch()

    with pytest.raises(WrongUsage, match=f"two files of {YESTERDAY}"):
        planning.plan_run(at(settings), str(landing), YESTERDAY, TODAY)
    assert planning.plan_run(at(settings), str(landing), TODAY, TODAY).refusal is None


def test_a_day_of_a_folder_that_was_loaded_but_not_published_is_made_again(settings: Settings, landing: Path) -> None:
    put(landing, YESTERDAY)
    extract = str(landing / f"customers-{YESTERDAY}.csv")
    intake.load_extract(at(settings), extract, YESTERDAY)

    assert days_of(planning.plan_run(at(settings), str(landing), None, TODAY)) == [YESTERDAY]


def test_a_late_run_of_a_folder_says_that_its_date_is_published(settings: Settings, landing: Path) -> None:
    put(landing, YESTERDAY)
    with (landing / f"customers-{YESTERDAY}.csv").open("rb") as stream:
        show_day(settings, YESTERDAY, hashlib.file_digest(stream, "sha256").hexdigest())

    plan = planning.plan_run(at(settings), str(landing), None, YESTERDAY)

    assert plan == planning.Plan([], ["2026-01-31 is already published: nothing to do."])


def test_a_scheduled_run_whose_extract_has_not_arrived_fails_and_says_when_it_is_made_up_for(
    settings: Settings, landing: Path
) -> None:
    put(landing, YESTERDAY)

    with pytest.raises(NotThere, match=r"No extract of 2026-02-04 has arrived in .*landing\. Next: .* by itself"):
        planning.check_arrived(at(settings), str(landing), TODAY)

    show_day(settings, TODAY)
    planning.check_arrived(at(settings), str(landing), TODAY)
