"""History, promise by promise: live days untouched, replays equal, rewound days honest, a kill -9 without a trace."""

import os
import signal
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest

from churn.errors import WrongUsage
from churn.settings import Settings, load_settings
from churn.stages import history, past_days, scoring
from churn.stores.rows import features, predictions
from tests.conftest import DAY
from tests.support import processes
from tests.support.days import ask, execute, name_rule_of_thumb_champion, run_backfill, run_day, write_day
from tests.support.factories import make_customer, write_extract
from tests.support.telecoms import Telecoms
from tests.support.workplaces import at

SCORES = """customer_id, churn_probability, at_risk_flag, risk_tier, revenue_at_risk_usd, expected_annual_loss_usd,
            lifetime_value_usd, is_active, has_unseen_plan, reasons, model_name, model_version"""


@pytest.fixture
def telecom(deployed: Settings) -> Settings:
    """Models and a champion, but no day."""
    name_rule_of_thumb_champion(deployed)
    return deployed


@pytest.fixture
def begun(telecoms: Telecoms, tmp_path: Path) -> Iterator[Settings]:
    """DAY is published."""
    with telecoms.copy("published", tmp_path / "home") as settings:
        name_rule_of_thumb_champion(settings)
        yield settings


def rows_of(settings: Settings, columns: str = f"prediction_date, basis, {SCORES}") -> list[tuple[object, ...]]:
    return ask(settings, f"SELECT {columns} FROM analytics.predictions ORDER BY prediction_date, customer_id")


def test_live_days_stay_and_earlier_ones_are_rewound_and_published(begun: Settings) -> None:
    before = rows_of(begun, f"{SCORES}, scored_at, run_id")

    plan = run_backfill(begun, 60)

    assert (sum(map(len, plan.portions)), plan.kept_count, plan.gaps) == (59, 1, [])
    kept = f"SELECT {SCORES}, scored_at, run_id FROM analytics.predictions WHERE prediction_date = '{DAY}' ORDER BY 1"
    assert ask(begun, kept) == before
    shown = ask(begun, "SELECT basis, count(*), min(prediction_date) FROM reporting.kpi_daily GROUP BY 1 ORDER BY 1")
    assert shown == [("live", 1, DAY), ("reconstructed", 59, DAY - timedelta(days=59))]
    assert ask(begun, "SELECT count(*) FROM raw_data.telco_churn_raw") == [(len(before),)]
    assert ask(begun, "SELECT count(*) FROM ops.publications WHERE eligible_count <> customers_count") == [(0,)]
    assert run_backfill(begun, 60).portions == []


def test_rewound_days_have_nobody_who_had_not_joined_and_nobody_who_left_by_the_extract(
    telecom: Settings, tmp_path: Path
) -> None:
    customers = [
        make_customer(customerID="ONE", tenure="1", TotalCharges="45.00"),
        make_customer(customerID="TWO", tenure="2", TotalCharges="90.00"),
        make_customer(customerID="SIXTY", tenure="60", TotalCharges="2700.00"),
        make_customer(customerID="LEFT", Churn="Yes"),
    ]
    run_day(telecom, write_extract(tmp_path / "four.csv", customers), DAY)

    run_backfill(telecom, 63)

    def known(days_back: int) -> list[tuple[object, ...]]:
        return ask(
            telecom,
            f"""SELECT customer_id, tenure_months, total_charges, is_active FROM analytics.customer_risk
                WHERE prediction_date = '{DAY - timedelta(days=days_back)}' ORDER BY 1""",
        )

    assert known(30) == [
        ("LEFT", 10, 450.0, False),
        ("ONE", 1, 45.0, True),
        ("SIXTY", 60, 2700.0, True),
        ("TWO", 2, 90.0, True),
    ]
    assert known(31) == [
        ("ONE", 0, 0.0, True),
        ("SIXTY", 59, 2655.0, True),
        ("TWO", 1, 45.0, True),
    ]
    assert known(62) == [("SIXTY", 58, 2610.0, True), ("TWO", 0, 0.0, True)]


def test_days_before_anybody_had_joined_are_left_out(telecom: Settings, tmp_path: Path) -> None:
    rows = [make_customer(customerID=str(number), tenure="1", TotalCharges="45.00") for number in range(5)]
    run_day(telecom, write_extract(tmp_path / "extract.csv", rows), DAY)

    plan = run_backfill(telecom, 70)

    assert (plan.gaps[0], plan.gaps[-1]) == (DAY - timedelta(days=69), date(2025, 11, 30))  # two whole months before
    shown = "SELECT min(prediction_date), min(customers_count), max(customers_count) FROM reporting.kpi_daily"
    assert ask(telecom, shown) == [(date(2025, 12, 1), 5, 5)]
    assert run_backfill(telecom, 70).portions == []


def test_words_that_were_accepted_at_the_door_are_rewound_too(
    telecom: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHURN_NEW_CATEGORIES", "accept")
    rows = [make_customer(customerID=str(number), Contract="Three year") for number in range(5)]
    run_day(load_settings(), write_extract(tmp_path / "extract.csv", rows), DAY)

    run_backfill(telecom, 40)

    assert ask(telecom, "SELECT count(*), count(DISTINCT contract) FROM analytics.customer_risk") == [(200, 1)]


def test_the_trend_of_a_base_to_which_nothing_happens_is_flat(telecom: Settings, tmp_path: Path) -> None:
    """Old customers who stay, and some who left by the extract: no figure falls where its month begins."""
    customers = [
        make_customer(
            customerID=f"C{tenure:02d}",
            tenure=str(tenure),
            TotalCharges=f"{45 * tenure:.2f}",
            Churn="Yes" if tenure % 4 == 0 else "No",
        )
        for tenure in range(31, 71)
    ]
    run_day(telecom, write_extract(tmp_path / "still.csv", customers), DAY)

    run_backfill(telecom, 60)

    figures = """
        SELECT DISTINCT active_customers_count, at_risk_customers_count, annual_revenue_usd, revenue_at_risk_usd
        FROM reporting.kpi_daily
    """
    average = "SELECT min(average_churn_probability), max(average_churn_probability) FROM reporting.kpi_daily"
    assert ask(telecom, "SELECT count(*) FROM reporting.kpi_daily") == [(60,)]
    assert [row[0] for row in ask(telecom, figures)] == [30]
    ((lowest, highest),) = ask(telecom, average)
    assert highest == pytest.approx(lowest, rel=0.03)  # the customers were two months younger


def test_a_replayed_day_has_the_rows_that_were_published(begun: Settings) -> None:
    live = rows_of(begun, SCORES)
    execute(begun, "DELETE FROM ops.publications")
    execute(begun, "DELETE FROM analytics.predictions")

    run_backfill(begun, 1)

    assert ask(begun, "SELECT basis, status FROM ops.publications") == [("replayed", "published")]
    assert rows_of(begun, SCORES) == live


def test_a_stored_day_before_the_first_champion_is_scored_as_if(begun: Settings, tmp_path: Path) -> None:
    earlier = DAY - timedelta(days=2)
    run_day(begun, write_day(tmp_path, earlier), earlier)
    execute(begun, f"DELETE FROM ops.publications WHERE prediction_date = '{earlier}'")

    plan = run_backfill(begun, 4)

    assert plan.gaps == [DAY - timedelta(days=1)]
    assert ask(begun, "SELECT prediction_date, basis FROM reporting.kpi_daily ORDER BY 1") == [
        (earlier - timedelta(days=1), "reconstructed"),
        (earlier, "as_if"),
        (DAY, "live"),
    ]


def test_an_earlier_extract_takes_the_place_of_what_was_rewound(begun: Settings, tmp_path: Path) -> None:
    run_backfill(begun, 4)
    earlier = DAY - timedelta(days=2)

    run_day(begun, write_day(tmp_path, earlier), earlier)
    run_backfill(begun, 4)

    assert ask(begun, "SELECT prediction_date, basis FROM reporting.kpi_daily ORDER BY 1") == [
        (DAY - timedelta(days=3), "reconstructed"),
        (DAY - timedelta(days=2), "as_if"),
        (DAY, "live"),
    ]
    rewound = ask(begun, "SELECT DISTINCT snapshot_date FROM raw_data.telco_churn_reconstructed ORDER BY 1")
    assert rewound == [(earlier - timedelta(days=1),)]


def test_days_in_the_future_are_refused(begun: Settings) -> None:
    with pytest.raises(WrongUsage, match="today"):
        past_days.plan_backfill(at(begun), 5, DAY.replace(year=2099))


def backfill_and_die(kill_at: str) -> None:
    """Runs in a process of its own, which dies at one of its steps."""
    genuine = {
        "rewound": (history.history, "replace_reconstructed"),
        "features": (history.sql_models, "refresh"),
        "scores": (predictions, "copy_in"),
        "staged": (predictions, "stage_predictions"),
        "shown": (predictions, "publish"),
    }
    owner, name = genuine[kill_at]
    if kill_at == "shown":
        setattr(owner, name, lambda *_: os.kill(os.getpid(), signal.SIGKILL))
    else:
        processes._die_after(owner, name)
    settings = load_settings()
    name_rule_of_thumb_champion(settings)
    past_days.ROWS_AT_ONCE = 4000
    run_backfill(settings, 21)


@pytest.mark.parametrize(
    "steps",
    [
        ("features", "staged"),
        pytest.param(("rewound", "features", "scores", "staged", "shown"), marks=pytest.mark.slow),
    ],
    ids=["two steps", "every step"],
)
def test_killed_at_any_step_and_started_again_it_ends_in_the_same_rows(
    telecoms: Telecoms, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, steps: tuple[str, ...]
) -> None:
    with telecoms.copy("published", tmp_path / "undisturbed") as telecom:
        name_rule_of_thumb_champion(telecom)
        run_backfill(telecom, 21)
        undisturbed = rows_of(telecom)
    monkeypatch.setattr(past_days, "ROWS_AT_ONCE", 4000)
    with telecoms.copy("published", tmp_path / "disturbed") as disturbed:
        name_rule_of_thumb_champion(disturbed)

        for step in steps:
            assert processes.finish(processes.start(backfill_and_die, step)) == -signal.SIGKILL
        assert ask(disturbed, "SELECT count(*) FROM reporting.kpi_daily") == [(1,)]
        run_backfill(disturbed, 21)

        assert rows_of(disturbed) == undisturbed
        assert ask(disturbed, "SELECT count(*) FROM reporting.kpi_daily") == [(21,)]


def test_every_customer_is_scored_or_refused_with_a_reason(telecom: Settings, tmp_path: Path) -> None:
    customers = [make_customer(customerID=f"C{number:03d}") for number in range(200)]
    customers[7]["MonthlyCharges"] = "-5"
    run_day(telecom, write_extract(tmp_path / "one-bad.csv", customers), DAY)

    counts = ask(telecom, "SELECT eligible_count, customers_count, refused_count FROM ops.publications")
    assert counts == [(200, 199, 1)]


def test_a_customer_lost_on_the_way_stops_the_publication(begun: Settings) -> None:
    from churn.errors import AuditFailed

    before = rows_of(begun)
    execute(begun, "UPDATE ops.publications SET status = 'staged', published_at = NULL")
    lost = features.stream_features

    def lose_one(*arguments: object) -> Iterator[pl.DataFrame]:
        yield from (batch.slice(1) for batch in lost(*arguments))  # type: ignore[arg-type]

    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(features, "stream_features", lose_one)
        with pytest.raises(AuditFailed) as failure:
            scoring.score_customers(at(begun), DAY, "test run")

    assert (failure.value.audit, failure.value.count) == ("eligible_is_scored_and_refused", 1)
    assert rows_of(begun) == before
