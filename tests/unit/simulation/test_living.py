"""A telecom whose hazards are known: what it does must agree with them."""

from datetime import date
from itertools import pairwise
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from typer.testing import CliRunner

from churn.errors import WrongUsage
from churn.simulation.contacts import RESPONSES, Contacts
from churn.simulation.deliveries import deliver_untidily
from churn.simulation.extracts import write_daily_extracts
from churn.simulation.living import Day, live
from churn.simulation.shocks import Shock, competitor_of, outage_of, price_rise_of, season_of
from churn.simulation.world import World, monthly_hazard
from churn.terminal.commands.simulation import app


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
        monkeypatch.setattr("churn.simulation.world.log_odds", lambda name, columns: np.zeros(1))
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
    with pytest.raises(WrongUsage, match="'soon' is not in the format DAY:SHARE"):
        price_rise_of("soon")


def test_daily_extracts_are_named_by_date_and_the_truth_lies_beside(tmp_path: Path) -> None:
    written = write_daily_extracts(tmp_path / "landing", World(customers=200, seed=1), 3, date(2026, 3, 1))

    assert [path.name for path in written] == [
        f"synthetic-{day}.csv" for day in ("2026-02-27", "2026-02-28", "2026-03-01")
    ]
    truth = pl.read_parquet(tmp_path / "landing-truth.parquet")
    assert truth.columns == ["as_of_date", "customerID", "monthly_hazard", "response", "contact_effect"]
    assert truth["monthly_hazard"].is_between(0, 1, closed="none").all()


def test_more_leave_in_the_season_and_fewer_half_a_year_later() -> None:
    season = season_of(0.2, date(2026, 1, 15))

    assert [round(season.log_odds(day), 2) for day in (0, 91, 183)] == [0.18, 0.0, -0.18]
    assert season_of(0.2, date(2026, 3, 1)).log_odds(0) < 0.14


@pytest.mark.parametrize(
    ("shock", "hit", "spared"),
    [(outage_of("3:2"), "Fiber optic", "DSL"), (competitor_of("3:2"), "Month-to-month", "Two year")],
)
def test_a_shock_hits_whom_it_should_and_only_while_it_lasts(shock: Shock, hit: str, spared: str) -> None:
    calm = list(live(World(customers=600, seed=4), 6))
    column = "InternetService" if hit == "Fiber optic" else "Contract"

    def mean_hazard(day: Day, group: str) -> float:
        customers = day.extract.filter(pl.col(column) == group).join(day.truth, on="customerID")
        return float(customers["monthly_hazard"].mean())

    shocked = list(live(World(customers=600, seed=4, shocks=(shock,)), 6))

    assert mean_hazard(shocked[3], hit) > 1.3 * mean_hazard(calm[3], hit)
    assert mean_hazard(shocked[3], spared) == pytest.approx(mean_hazard(calm[3], spared))
    assert mean_hazard(shocked[5], hit) < 1.2 * mean_hazard(calm[5], hit)


def test_called_customers_leave_as_the_known_effects_say() -> None:
    """Calls are drawn at random: who was called and who was not differ in their hazard by the mean effect."""
    first, *_, later = live(World(customers=6_000, seed=4, contacts=Contacts(0.5)), 21, every=10)
    there = later.truth.join(first.truth, on="customerID", how="semi")  # those who joined since are unlike the others
    truth = there.join(first.called.with_columns(is_called=True), on="customerID", how="left")
    hazard = truth.group_by(pl.col("is_called").fill_null(value=False)).agg(pl.col("monthly_hazard").mean())
    by_call = dict(hazard.iter_rows())
    shares = later.truth["response"].value_counts(normalize=True).sort("response")

    assert first.called.height == pytest.approx(3_000, rel=0.05)
    assert later.called.is_empty()
    assert by_call[True] - by_call[False] == pytest.approx(there["contact_effect"].mean(), abs=0.004)
    assert dict(shares.iter_rows()) == pytest.approx({name: share for name, (share, _) in RESPONSES.items()}, abs=0.03)
    effects = dict(later.truth.group_by("response").agg(pl.col("contact_effect").mean()).iter_rows())
    assert effects["persuadable"] < 0 == effects["sure"] == effects["lost"] < effects["do_not_disturb"]


def test_late_repeated_and_corrected_files_end_up_as_if_tidy(tmp_path: Path) -> None:
    world = World(customers=300, seed=1)
    tidy = write_daily_extracts(tmp_path / "tidy", world, 8, date(2026, 3, 8))
    landing = write_daily_extracts(tmp_path / "landing", world, 8, date(2026, 3, 8))

    later = deliver_untidily(tmp_path / "landing", landing, 2, seed=3)

    there = {path.name for path in (tmp_path / "landing").iterdir()}
    assert {path.name for path in tidy} - there == {path.name for path in later.iterdir()} - there != set()
    changed = [
        path
        for path in tidy
        if (tmp_path / "landing" / path.name).exists()
        and (tmp_path / "landing" / path.name).read_bytes() != path.read_bytes()
    ]
    assert len(changed) == 2
    assert all((later / path.name).read_bytes() == path.read_bytes() for path in tidy if (later / path.name).exists())
    assert len(list(later.iterdir())) == 6
    with pytest.raises(WrongUsage, match="too few"):
        deliver_untidily(tmp_path / "tidy", tidy, 3, seed=3)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--every", "3", "--calls", "0.1"], "--every, --calls need a multi-day simulation."),
        (["--days", "5", "--months", "1"], "--days and --months both set the length."),
    ],
)
def test_options_that_would_do_nothing_are_refused(options: list[str], told: str, tmp_path: Path) -> None:
    refused = CliRunner().invoke(app, ["simulate", "--out", str(tmp_path / "x.csv"), *options])

    assert refused.exit_code == 2
    assert told in refused.output
    assert not list(tmp_path.iterdir())
