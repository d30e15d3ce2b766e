"""A telecom whose hazards are known: what it does must agree with them."""

from datetime import date
from itertools import pairwise
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from churn.errors import WrongUsage
from churn.simulation.extracts import write_daily_extracts
from churn.simulation.living import Day, Shock, World, live, monthly_hazard, price_rise_of


def mix(day: Day) -> dict[str, float]:
    active = day.extract.filter(pl.col("Churn") == "No")
    return {
        "customers": active.height,
        "monthly": (active["Contract"] == "Month-to-month").mean(),
        "fiber": (active["InternetService"] == "Fiber optic").mean(),
        "no internet": (active["InternetService"] == "No").mean(),
    }


def test_the_base_stays_within_a_fifth_of_its_size_and_mix_for_two_years() -> None:
    first, last = (mix(day) for day in live(World(customers=7_043, seed=20), 721, every=720))

    assert last == pytest.approx(first, rel=0.2)


def test_as_many_leave_as_the_hazards_say() -> None:
    days = list(live(World(customers=3_000, seed=20), 181))
    gone = [set(day.extract.filter(pl.col("Churn") == "Yes")["customerID"]) for day in days]
    leavers = sum(len(later - earlier) for earlier, later in pairwise(gone))
    daily = [1 - (1 - day.truth["monthly_hazard"].to_numpy()) ** (1 / 30) for day in days[:-1]]
    expected = sum(hazard.sum() for hazard in daily)
    spread = np.sqrt(sum((hazard * (1 - hazard)).sum() for hazard in daily))

    assert expected > 600
    assert abs(leavers - expected) < 3 * spread


def test_who_left_is_shown_for_thirty_days_and_then_gone() -> None:
    days = list(live(World(customers=800, seed=4), 75))
    gone_on: dict[str, list[int]] = {}
    for day in days:
        for customer in day.extract.filter(pl.col("Churn") == "Yes")["customerID"]:
            gone_on.setdefault(customer, []).append(day.number)

    whole = [shown for shown in gone_on.values() if shown[0] > 0 and shown[-1] < 74]
    assert len(whole) > 20
    assert all(shown == list(range(shown[0], shown[0] + 30)) for shown in whole)


def test_nobody_who_is_gone_comes_back() -> None:
    days = list(live(World(customers=500, seed=4), 60))
    left: set[str] = set()

    for day in days:
        active = set(day.extract.filter(pl.col("Churn") == "No")["customerID"])
        assert not active & left
        left |= set(day.extract.filter(pl.col("Churn") == "Yes")["customerID"])


def test_customers_age_and_keep_their_household() -> None:
    first, last = (day.extract for day in live(World(customers=500, seed=4), 61) if day.number in (0, 60))
    both = first.join(last, on="customerID", suffix="_later").filter(pl.col("Churn_later") == "No")

    assert (both["tenure_later"] - both["tenure"]).unique().to_list() == [2]
    assert both["InternetService"].equals(both["InternetService_later"].alias("InternetService"))


def test_services_change_rarely() -> None:
    first, last = (day.extract for day in live(World(customers=2_000, seed=4), 31) if day.number in (0, 30))
    both = first.join(last, on="customerID", suffix="_later")

    assert (both["OnlineSecurity"] != both["OnlineSecurity_later"]).mean() < 0.03


def test_the_hazard_of_the_worked_example() -> None:
    even = {name: np.zeros(1) for name in ("senior", "tenure")}
    world = World(customers=1, seed=0)

    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr("churn.simulation.living.log_odds", lambda name, columns: np.zeros(1))
        hazard = monthly_hazard(world, even, day=0)

    assert hazard == pytest.approx([0.0563], abs=0.0002)


def test_a_price_rise_is_paid_from_its_day_and_drives_people_away() -> None:
    world = World(customers=1_500, seed=4, shocks=(price_rise_of("5:0.1"),))
    before, after = (day for day in live(world, 7) if day.number in (4, 5))
    both = before.extract.join(after.extract, on="customerID", suffix="_after").filter(pl.col("Churn_after") == "No")

    assert (both["MonthlyCharges_after"] / both["MonthlyCharges"]).median() == pytest.approx(1.1, abs=0.002)
    assert after.truth["monthly_hazard"].mean() > 1.2 * before.truth["monthly_hazard"].mean()


def test_a_price_rise_is_read_from_the_command_line() -> None:
    assert price_rise_of("30:0.1") == Shock(30, 60, 0.5, "month_to_month", 0.1)
    with pytest.raises(WrongUsage, match="no price rise"):
        price_rise_of("soon")


def test_daily_extracts_are_named_by_date_and_the_truth_lies_beside(tmp_path: Path) -> None:
    written = write_daily_extracts(tmp_path / "landing", World(customers=200, seed=1), 3, date(2026, 3, 1))

    assert [path.name for path in written] == [
        f"synthetic-{day}.csv" for day in ("2026-02-27", "2026-02-28", "2026-03-01")
    ]
    truth = pl.read_parquet(tmp_path / "landing-truth.parquet")
    assert truth.columns == ["as_of_date", "customerID", "monthly_hazard"]
    assert truth["monthly_hazard"].is_between(0, 1, closed="none").all()
